/* SPDX-License-Identifier: Apache-2.0 */
/* People for tests of the whole product: accounts that can sign in. */
#ifndef MH_TESTS_HTTP_PEOPLE_H
#define MH_TESTS_HTTP_PEOPLE_H

#include "db/db.h"
#include "tests/http/http_case.h"

#define PASSWORD "bluebonnet-patio-9"

/* The site's store, to be filled; db_close it. */
struct db *people_store(struct site *s);
/* Adds an account called "Ana Reyes" with that password; `duns` and `lang` may
 * be "". */
int64_t people_add(struct db *db, const char *login, const char *role,
                   const char *duns, const char *lang);

#endif
