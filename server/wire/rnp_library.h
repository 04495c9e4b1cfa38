/* SPDX-License-Identifier: Apache-2.0 */
/*
 * librnp, loaded when the first PGP message comes: with all that it needs
 * (Botan, the C++ library) it takes as long to load as the rest of the program,
 * and most runs of the program meet no PGP.
 */
#ifndef MH_WIRE_RNP_LIBRARY_H
#define MH_WIRE_RNP_LIBRARY_H

#include <rnp/rnp.h>
#include <rnp/rnp_err.h>

#define RNP_CALLS(X)                                                           \
    X(ffi_create)                                                              \
    X(ffi_destroy)                                                             \
    X(ffi_set_pass_provider)                                                   \
    X(get_secret_key_count)                                                    \
    X(import_keys)                                                             \
    X(input_from_callback)                                                     \
    X(input_from_memory)                                                       \
    X(input_destroy)                                                           \
    X(op_verify_create)                                                        \
    X(op_verify_destroy)                                                       \
    X(op_verify_execute)                                                       \
    X(op_verify_get_protection_info)                                           \
    X(op_verify_get_signature_at)                                              \
    X(op_verify_get_signature_count)                                           \
    X(op_verify_set_flags)                                                     \
    X(op_verify_signature_get_status)                                          \
    X(output_destroy)                                                          \
    X(output_to_callback)                                                      \
    X(result_to_string)

/* rnp_ffi_create as ffi_create, and so on. */
struct rnp_library {
#define X(name) __typeof__(&rnp_##name) name;
    RNP_CALLS(X)
#undef X
};

/* NULL: it cannot be loaded, and `why` says so. */
const struct rnp_library *rnp_library(char why[512]);

#endif
