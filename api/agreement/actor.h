/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is asking.  Every function in api/ that reads customer data takes a
 * const struct actor * first and asks agreement_may_read.
 */
#ifndef MH_AGREEMENT_ACTOR_H
#define MH_AGREEMENT_ACTOR_H

#include <stdbool.h>
#include <stdint.h>

enum role {
    ROLE_NOBODY = 0,
    ROLE_CUSTOMER,
    ROLE_REP,
    ROLE_TDSP,
    ROLE_HELPDESK,
    ROLE_REGULATOR,
    ROLE_ADMIN,
    ROLE_OPERATOR,  /* the command line: whoever can read the store */
};

struct actor {
    enum role role;
    int64_t account_id;    /* 0 for nobody and the operator */
    int64_t session_id;
    const char *user;      /* log-in name */
    const char *name;      /* how the page greets them */
    const char *duns;      /* of a REP or TDSP, else "" */
};

extern const struct actor ACTOR_NOBODY;
extern const struct actor ACTOR_OPERATOR;

#endif
