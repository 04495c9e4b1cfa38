/* SPDX-License-Identifier: Apache-2.0 */
/* Every URL of the product: one table, one row an URL and method. */
#ifndef MH_API_ROUTES_H
#define MH_API_ROUTES_H

#include "server/http/route.h"

extern const struct route ROUTES[]; /* ended by a row with no method */

#endif
