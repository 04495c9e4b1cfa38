/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every URL of the product.  A row says who may enter, which face a fault
 * wears, and which parameters exist; add rows under your ability's heading.
 * /healthz, /metrics, /language and /static/ belong to the server itself.
 */
#include "api/routes.h"

/* clang-format off */
const struct route ROUTES[] = {
    /* method, path, who, face, function, params, body_most */
    {0},
};
/* clang-format on */
