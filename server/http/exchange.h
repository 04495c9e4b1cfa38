/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd's callbacks for one request. */
#ifndef MH_HTTP_EXCHANGE_H
#define MH_HTTP_EXCHANGE_H

#include "server/http/http.h"

/* The target is known, the headers are not yet; makes the exchange. */
void *
exchange_target(void *server, const char *target, struct MHD_Connection *mhd);
enum MHD_Result
exchange_answer(void *server, struct MHD_Connection *mhd, const char *url,
                const char *method, const char *version, const char *data,
                size_t *size, void **exchange);
void exchange_end(void *server, struct MHD_Connection *mhd, void **exchange,
                  enum MHD_RequestTerminationCode why);

/* builtin.c: answers that need no worker (static files, /healthz, /metrics);
 * false when the path is none of them. */
bool builtin_answer(struct exchange *x);
extern const struct route BUILTIN_ROUTES[];

#endif
