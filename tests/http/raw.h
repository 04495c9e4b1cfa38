/* SPDX-License-Identifier: Apache-2.0 */
/* TLS connections that send any bytes: what a careful client would not. */
#ifndef MH_TESTS_HTTP_RAW_H
#define MH_TESTS_HTTP_RAW_H

#include <stdbool.h>
#include <stddef.h>

#include "server/base/buf.h"

struct raw;

/* NULL when the server does not take the connection. */
struct raw *raw_open(int port);
/* The same with a GnuTLS priority string. */
struct raw *raw_open_with(int port, const char *priority);
/* The same with a small receive buffer, for readers that stall. */
struct raw *raw_open_narrow(int port);
void raw_close(struct raw *r);
bool raw_send(struct raw *r, const void *bytes, size_t n);
/* Reads what comes within `seconds`, until the server closes or nothing comes
 * for a quarter of a second after an answer began.  True when closed. */
bool raw_read(struct raw *r, double seconds, struct buf *to);
/* Takes at most n bytes, now; how many came. */
size_t raw_sip(struct raw *r, size_t n);
/* SHA-256 of the server's certificate. */
void raw_certificate(struct raw *r, char hex[65]);
/* Shuts the socket without a word. */
void raw_vanish(struct raw *r);

#endif
