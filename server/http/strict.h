/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refuses requests that two programs could read in two ways (request
 * smuggling), which libmicrohttpd 0.9 lets through: doubled or contradictory
 * Host, Content-Length and Transfer-Encoding, blanks in header names, NUL
 * bytes, folded lines, bare LF.
 */
#ifndef MH_HTTP_STRICT_H
#define MH_HTTP_STRICT_H

#include "server/http/http.h"

/* What the headers say of the body. */
struct strict {
    bool has_body;
    bool has_length;
    uint64_t length;
};

enum fault
strict_check(struct exchange *x, const char *version, struct strict *s);

#endif
