/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes and people to try the server with, without store or product.  The
 * session cookie begins with the person's name and a dot: ana is a customer,
 * ada an administrator, luz a customer whose profile says Spanish.
 */
#ifndef MH_TESTS_HTTP_OWN_APP_H
#define MH_TESTS_HTTP_OWN_APP_H

#include <stdatomic.h>

#include "server/http/server.h"

#define OWN_COOKIE(name) name ".0123456789abcdef0123456789abcdef"

extern const struct http_app OWN_APP;
/* States of streams that were made and were freed. */
extern atomic_int own_streams_made, own_streams_freed;

#endif
