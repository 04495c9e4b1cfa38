/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes sources that are PGP: wild bytes, and texts that are encrypted to our
 * key and then altered.  Reading ends, with the reason where it failed, and
 * what comes to a sound end is the text that was encrypted.
 *
 * The first byte says which: 0 takes the rest as it is; else so many
 * alterations (at most 3) of three bytes each follow, where and by what, and
 * then the text.  Most messages are to our passphrase, which takes a fraction
 * of the time of public keys: one first byte in 64 asks for these.
 */
#include "config.h"

#include <rnp/rnp.h>
#include <rnp/rnp_err.h>

#include "server/base/file.h"
#include "server/base/log.h"
#include "server/wire/pgp.h"
#include "server/wire/source.h"
#include "tests/fuzz/fuzz_file.h"

#define EDIT_MOST  3
#define PASSPHRASE "ours"

static char folder[] = "/tmp/fuzz-pgp-XXXXXX";
static rnp_ffi_t ffi;
static rnp_key_handle_t key;

/* A key for this run, in a folder as an installation has one. */
static void
key_make(void)
{
    char path[64];
    rnp_output_t out;

    log_init(LOG_ERROR_);
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/ours.gpg", folder);
    REQUIRE(rnp_ffi_create(&ffi, "GPG", "GPG") == RNP_SUCCESS);
    REQUIRE(rnp_generate_key_25519(ffi, "feed", NULL, &key) == RNP_SUCCESS);
    REQUIRE(rnp_output_to_path(&out, path) == RNP_SUCCESS);
    REQUIRE(rnp_save_keys(ffi, "GPG", out, RNP_LOAD_SAVE_SECRET_KEYS) ==
            RNP_SUCCESS);
    rnp_output_destroy(out);
    snprintf(path, sizeof path, "%s/passphrase", folder);
    REQUIRE(file_write(path, PASSPHRASE, strlen(PASSPHRASE), 0600));
}

/* Encrypted to our key or passphrase; to be freed by rnp. */
static uint8_t *
encrypt(const uint8_t *text, size_t n, bool to_key, size_t *size)
{
    rnp_input_t in;
    rnp_output_t out;
    rnp_op_encrypt_t op;
    uint8_t *bytes = NULL;

    REQUIRE(rnp_input_from_memory(&in, text, n, false) == RNP_SUCCESS);
    REQUIRE(rnp_output_to_memory(&out, 0) == RNP_SUCCESS);
    REQUIRE(rnp_op_encrypt_create(&op, ffi, in, out) == RNP_SUCCESS);
    if (to_key)
        REQUIRE(rnp_op_encrypt_add_recipient(op, key) == RNP_SUCCESS);
    else
        REQUIRE(rnp_op_encrypt_add_password(op, PASSPHRASE, "SHA256", 1024,
                                            "AES256") == RNP_SUCCESS);
    REQUIRE(rnp_op_encrypt_execute(op) == RNP_SUCCESS);
    REQUIRE(rnp_output_memory_get_buf(out, &bytes, size, true) == RNP_SUCCESS);
    rnp_op_encrypt_destroy(op);
    rnp_output_destroy(out);
    rnp_input_destroy(in);
    return bytes;
}

struct read {
    uint8_t *text;
    size_t n;
    bool sound;
};

/* Reads a file of those bytes to its end. */
static struct read
file_read_all(const uint8_t *bytes, size_t n)
{
    static char block[65536];
    char why[512] = "";
    struct read r = {0};
    struct source *s;
    ssize_t some = -1;

    s = source_open(fuzz_file(bytes, n), folder, why);
    REQUIRE(s != NULL || why[0] != '\0');
    while (s != NULL && (some = source_read(s, block, sizeof block)) > 0) {
        r.text = realloc(r.text, r.n + (size_t)some);
        memcpy(r.text + r.n, block, (size_t)some);
        r.n += (size_t)some;
    }
    REQUIRE(s == NULL || some == 0 || source_why(s)[0] != '\0');
    REQUIRE(r.n <= 200 * (n + 65536) + (1 << 20));
    r.sound = s != NULL && some == 0;
    source_close(s);
    return r;
}

static void
try_altered(const uint8_t *edit, size_t edits, bool to_key, const uint8_t *text,
            size_t n)
{
    size_t size = 0;
    uint8_t *bytes = encrypt(text, n, to_key, &size);
    bool altered = false;
    struct read r;

    for (size_t i = 0; i < edits; i++, edit += 3) {
        bytes[(edit[0] << 8 | edit[1]) % size] ^= edit[2];
        altered |= edit[2] != 0;
    }
    r = file_read_all(bytes, size);
    REQUIRE(altered || r.sound);
    /* what no longer looks like PGP is given as it lies there */
    REQUIRE(!r.sound ||
            (r.n == n && (n == 0 || memcmp(r.text, text, n) == 0)) ||
            (!pgp_is(bytes, size) && r.n == size &&
             memcmp(r.text, bytes, size) == 0));
    free(r.text);
    rnp_buffer_destroy(bytes);
}

/* Not what is unpacked, or refused, once it is decrypted. */
static bool
is_plain(const uint8_t *text, size_t n)
{
    return text[0] != 'P' && !pgp_is(text, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    size_t edits = n > 0 ? bytes[0] % (EDIT_MOST + 1) : 0;

    const uint8_t *text = bytes + 1 + 3 * edits;

    if (!key)
        key_make();
    if (n == 0)
        return 0;
    n -= 1;
    if (bytes[0] == 0)
        free(file_read_all(bytes + 1, n).text);
    else if (n > 3 * edits && is_plain(text, n - 3 * edits))
        try_altered(bytes + 1, edits, bytes[0] >= 252, text, n - 3 * edits);
    return 0;
}
