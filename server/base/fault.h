/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults: every way a request or a job can fail, in one table.
 *
 * Functions return enum fault; FAULT_NONE is 0.  No handler renders an error:
 * the dispatcher turns a fault into a page, a problem+json or a SOAP fault,
 * from the row below.  The key finds the words in templates/en.json and
 * es.json under "fault" ("fault.not_found.title", "fault.not_found.text").
 */
#ifndef MH_BASE_FAULT_H
#define MH_BASE_FAULT_H

/*    id             HTTP  SOAP      key */
/* clang-format off */
#define FAULT_TABLE(X)                                                         \
    X(NONE,          200, "",       "none")                                    \
    X(BAD_REQUEST,   400, "Client", "bad_request")                             \
    X(BAD_FIELD,     400, "Client", "bad_field")                               \
    X(PAST_LIMIT,    400, "Client", "past_limit")                              \
    X(SIGNED_OUT,    401, "Client", "signed_out")                              \
    X(BAD_LOGIN,     401, "Client", "bad_login")                               \
    X(FORBIDDEN,     403, "Client", "forbidden")                               \
    X(BAD_TOKEN,     403, "Client", "bad_token")                               \
    X(NOT_FOUND,     404, "Client", "not_found")                               \
    X(BAD_METHOD,    405, "Client", "bad_method")                              \
    X(CONFLICT,      409, "Client", "conflict")                                \
    X(TOO_LARGE,     413, "Client", "too_large")                               \
    X(BAD_TYPE,      415, "Client", "bad_type")                                \
    X(TOO_MANY,      429, "Client", "too_many")                                \
    X(HEADERS_LARGE, 431, "Client", "headers_large")                           \
    X(OURS,          500, "Server", "ours")                                    \
    X(BUSY,          503, "Server", "busy")                                    \
    X(AWAY,          503, "Server", "away")                                    \
    X(READ_ONLY,     503, "Server", "read_only")                               \
    X(DISK_FULL,     507, "Server", "disk_full")
/* clang-format on */

enum fault {
#define X(id, http, soap, key) FAULT_##id,
    FAULT_TABLE(X)
#undef X
        FAULT_COUNT
};

/* HTTP status of a fault; 500 for a number that is not in the table. */
int fault_http(enum fault f);
/* "Client" or "Server"; "" for FAULT_NONE. */
const char *fault_soap(enum fault f);
/* The last part of its message keys, and its name in JSON. */
const char *fault_key(enum fault f);

#endif
