/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over the catalog of loads and over loads that run. */
#include "db/load_tally.h"

#include "db/load_run.h"

struct state_row {
    struct load_tally *t;
    int32_t state;
    int64_t loads, read, rejected, bytes;
};

static bool
state_row(void *arg)
{
    struct state_row *r = arg;

    if (r->state < LOAD_OPEN || r->state > LOAD_REJECTED)
        return true;
    r->t->loads[r->state] = r->loads;
    r->t->read[r->state] = r->read;
    r->t->rejected[r->state] = r->rejected;
    r->t->bytes[r->state] = r->bytes;
    return true;
}

struct run_row {
    struct load_tally *t;
    struct load_run run;
};

static bool
run_row(void *arg)
{
    struct run_row *r = arg;

    if (r->t->running++ == 0 || r->run.left_seconds > r->t->run_left)
        r->t->run_left = r->run.left_seconds;
    r->t->run_records += r->run.records;
    r->t->run_text += r->run.text;
    r->t->run_rate += r->run.rate;
    r->t->run_bytes += r->run.bytes;
    r->t->run_bytes_done += r->run.bytes_done;
    return true;
}

enum db_rc
db_load_tally_get(struct db *db, int64_t now_utc, struct load_tally *t)
{
    struct state_row s = {.t = t};
    struct run_row r = {.t = t};
    enum db_rc rc;

    *t = (struct load_tally){0};
    rc = db_each(db, DB_MARKET,
                 "SELECT state, count(*), sum(n_read), sum(n_rejected), "
                 "sum(bytes) FROM load GROUP BY state",
                 IN_NONE,
                 OUT(out_i32(&s.state), out_i64(&s.loads), out_i64(&s.read),
                     out_i64(&s.rejected), out_i64(&s.bytes)),
                 state_row, &s);
    return rc == DB_OK ? db_load_run_each(db, now_utc, &r.run, run_row, &r)
                       : rc;
}
