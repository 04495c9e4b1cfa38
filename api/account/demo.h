/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The demo's log-ins, shown on the home page where the setting `demo` is on:
 * data_dir/demo-logins.json, [{"login", "password", "en", "es"}], the last
 * two saying who that is.
 */
#ifndef MH_ACCOUNT_DEMO_H
#define MH_ACCOUNT_DEMO_H

#include <jansson.h>

#include "server/base/conf.h"
#include "server/text/catalog.h"

/* [{login, password, who}]; NULL when there is no such file. */
json_t *account_demo_list(const struct conf *conf, enum lang lang);

#endif
