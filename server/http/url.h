/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths and forms as they stand on the wire.  Decoding is strict: a bad or
 * needless-to-guess form is refused, never repaired, so that every reader of
 * one request sees the same path.
 */
#ifndef MH_HTTP_URL_H
#define MH_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "server/base/buf.h"

/* Decodes a raw path of n bytes into `to` (n + 1 bytes).  False for a path
 * without a leading slash, bad escapes, an escaped slash or NUL, control
 * characters, bad UTF-8, empty, "." or ".." segments. */
bool url_path_decode(char *to, const char *raw, size_t n);
/* Decodes one name or value of a urlencoded form in place (+ is a blank).
 * False for bad escapes, NUL, control characters but tab, CR and LF, and bad
 * UTF-8. */
bool url_form_decode(char *text, size_t *n);
/* Escapes everything but unreserved characters; with `path`, slashes stay. */
void url_encode(struct buf *to, const char *text, bool path);
/* A path (with query) of this site that is safe to redirect to. */
bool url_is_local(const char *path);

#endif
