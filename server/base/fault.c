/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of the fault table, by number. */
#include "server/base/fault.h"

static const struct {
    int http;
    const char *soap, *key;
} ROWS[FAULT_COUNT] = {
#define X(id, http, soap, key) [FAULT_##id] = {http, soap, key},
    FAULT_TABLE(X)
#undef X
};

/* A number that is not in the table is a bug of ours. */
static enum fault
known(enum fault f)
{
    return (unsigned)f < FAULT_COUNT ? f : FAULT_OURS;
}

int
fault_http(enum fault f)
{
    return ROWS[known(f)].http;
}

const char *
fault_soap(enum fault f)
{
    return ROWS[known(f)].soap;
}

const char *
fault_key(enum fault f)
{
    return ROWS[known(f)].key;
}
