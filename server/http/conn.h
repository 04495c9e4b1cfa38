/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections and the janitor that cuts those which dawdle: libmicrohttpd's
 * own timeout counts silence only, so a byte a second would keep a request
 * open for ever.
 */
#ifndef MH_HTTP_CONN_H
#define MH_HTTP_CONN_H

#include "server/http/http.h"

/* For MHD_OPTION_NOTIFY_CONNECTION. */
void conn_notify(void *server, struct MHD_Connection *mhd, void **context,
                 enum MHD_ConnectionNotificationCode what);
struct conn *conn_of(struct MHD_Connection *mhd);
void conn_phase(struct conn *c, enum conn_phase phase);
/* Whether the other side has closed, asked of the socket itself: nobody
 * watches a suspended connection.  Only while it is suspended. */
bool conn_gone(const struct conn *c);

bool janitor_start(struct http_server *s);
void janitor_stop(struct http_server *s);

#endif
