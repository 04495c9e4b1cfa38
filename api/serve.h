/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The running product: store, words, server and jobs put together.  The
 * command `serve` and the tests start the same thing.
 */
#ifndef MH_API_SERVE_H
#define MH_API_SERVE_H

#include <stdbool.h>

#include "api/account/account.h"
#include "api/commands.h"
#include "server/base/conf.h"

struct route;
struct serve;

/* Makes or migrates the store, then answers requests; `conf` must outlive it.
 * NULL with the reason in `why`. */
struct serve *serve_start(const struct conf *conf, char why[512]);
/* The same with another table of routes, for tests. */
struct serve *serve_start_routes(const struct conf *conf,
                                 const struct route *routes, char why[512]);
/* -1 when it has no role that answers requests. */
int serve_port(const struct serve *s);
/* A fresh token for the first administrator, to be printed once; false where
 * there is one already. */
bool serve_first_token(struct serve *s, char token[FIRST_ADMIN_TOKEN]);
/* Takes changed certificate, templates and static files. */
bool serve_reload(struct serve *s, char why[512]);
/* Looks after its health every few seconds; from the thread that started it. */
void serve_watch(struct serve *s);
/* Finishes running requests, at most `seconds`; false when a handler would
 * not end and the process should exit. */
bool serve_stop(struct serve *s, double seconds);

enum cmd_rc serve_cmd(struct cmd *c);

#endif
