/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: a table of rows.  Who may enter and which parameters exist stand in
 * the row; its zero value is WHO_NOBODY.
 */
#ifndef MH_HTTP_ROUTE_H
#define MH_HTTP_ROUTE_H

#include <stddef.h>

#include "server/http/req.h"

enum who {
    WHO_NOBODY = 0, /* closed */
    WHO_ANYONE,     /* signed in or not */
    WHO_SIGNED_IN,  /* any account */
    WHO_CUSTOMER,   /* residents and businesses; administrators too */
    WHO_RETAILER,
    WHO_UTILITY,
    WHO_HELPDESK,
    WHO_REGULATOR,
    WHO_OVERSEER, /* administrators and regulators */
    WHO_ADMIN,
};

enum face { FACE_PAGE, FACE_JSON, FACE_FILE, FACE_SOAP };

struct route {
    const char *method;
    const char *path; /* "{}" matches one segment */
    enum who who;
    enum face face;
    enum fault (*fn)(struct req *r);
    const char *params; /* names separated by blanks, or NULL */
    size_t body_most;   /* bytes of a body; 0 is 16 KiB */
};

#endif
