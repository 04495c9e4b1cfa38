/* SPDX-License-Identifier: Apache-2.0 */
/* The headers that every answer carries, and the names of our cookies. */
#ifndef MH_HTTP_HEADERS_H
#define MH_HTTP_HEADERS_H

#include <microhttpd.h>

#define COOKIE_SESSION "session"
#define COOKIE_FORM    "form" /* ties forms of people without a session */
#define COOKIE_LANG    "lang"

void headers_secure(struct MHD_Response *r);

#endif
