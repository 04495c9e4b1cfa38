/* SPDX-License-Identifier: Apache-2.0 */
/* meterhouse generate: the options of a plan, and what was written. */
#include "config.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "api/feed/generate.h"
#include "api/feed/generate_cmd.h"
#include "server/base/clock.h"
#include "server/base/decimal.h"
#include "server/base/str.h"
#include "server/base/tz.h"

/* --name N within [least, most]; what stands in *to is the default. */
static bool
number(struct cmd *c, const char *name, int64_t least, int64_t most,
       int64_t *to)
{
    const char *text = cmd_option(c, name);
    int64_t n;

    if (!text)
        return true;
    if (!str_to_i64(text, &n) || n < least || n > most) {
        fprintf(c->err,
                "meterhouse: --%s %s: wants a number from %" PRId64
                " to %" PRId64 "\n",
                name, text, least, most);
        return false;
    }
    *to = n;
    return true;
}

static bool
number_int(struct cmd *c, const char *name, int least, int most, int *to)
{
    int64_t n = *to;

    if (!number(c, name, least, most, &n))
        return false;
    *to = (int)n;
    return true;
}

/* --name P, a percentage; kept in millionths. */
static bool
percent(struct cmd *c, const char *name, int *ppm)
{
    const char *text = cmd_option(c, name);
    struct decimal d;

    if (!text)
        return true;
    if (decimal_parse(text, strlen(text), &d) != DECIMAL_OK ||
        d.micro > 100 * (int64_t)DECIMAL_ONE) {
        fprintf(c->err,
                "meterhouse: --%s %s: wants a percentage from 0 to "
                "100\n",
                name, text);
        return false;
    }
    *ppm = (int)(d.micro / 100);
    return true;
}

static bool
date(struct cmd *c, const char *name, int32_t *to)
{
    const char *text = cmd_option(c, name);

    if (!text)
        return true;
    if (!day_parse(text, to) ||
        *to < day_from_civil(GENERATE_EPOCH_YEAR + 2, 1, 1)) {
        fprintf(c->err,
                "meterhouse: --%s %s: wants a date YYYY-MM-DD from "
                "%d on\n",
                name, text, GENERATE_EPOCH_YEAR + 2);
        return false;
    }
    return true;
}

/* A day's records are stamped in the night after it and sent at 09:15. */
#define SENT_AFTER (9 * 3600 + 15 * 60)

/* --from and --to, or --days back from --to; --to is the newest day whose
 * files would have come by now. */
static bool
period(struct cmd *c, struct generate_plan *p)
{
    const struct tz *zone = tz_get("America/Chicago");
    int64_t days = 30;

    if (!zone) {
        fputs("meterhouse: the system has no zone America/Chicago\n", c->err);
        return false;
    }
    p->to_day = tz_day_of(zone, clock_now() - SENT_AFTER) - 1;
    p->from_day = DAY_NONE;
    if (!date(c, "from", &p->from_day) || !date(c, "to", &p->to_day) ||
        !number(c, "days", 1, 36600, &days))
        return false;
    if (p->from_day == DAY_NONE)
        p->from_day = p->to_day - (int32_t)days + 1;
    if (p->from_day > p->to_day) {
        fputs("meterhouse: the first day lies after the last\n", c->err);
        return false;
    }
    return true;
}

/* The switch of a kind of files that is named at `name`; NULL for no kind. */
static bool *
part(struct generate_plan *p, const char *name, size_t n)
{
    if (n == 3 && str_starts(name, "lse"))
        return &p->lse;
    if (n == 8 && str_starts(name, "registry"))
        return &p->registry;
    return n == 6 && str_starts(name, "billed") ? &p->billed : NULL;
}

/* --only lse,registry: the kinds of files to write; all of them without it. */
static bool
parts(struct cmd *c, struct generate_plan *p)
{
    const char *only = cmd_option(c, "only"), *end;

    p->lse = p->registry = p->billed = !only;
    for (const char *at = only; at; at = *end ? end + 1 : NULL) {
        bool *wanted = part(p, at, strcspn(at, ","));

        end = at + strcspn(at, ",");
        if (!wanted) {
            fprintf(
                c->err,
                "meterhouse: --only %s: wants some of lse,registry,billed\n",
                only);
            return false;
        }
        *wanted = true;
    }
    return true;
}

static bool
plan_read(struct cmd *c, struct generate_plan *p)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t seed = 1;
    bool by_month = cmd_flag(c, "monthly-files");

    *p = (struct generate_plan){.meters = 100,
                                .tdsps = GENERATE_TDSPS,
                                .reps = 3,
                                .estimated_ppm = 10000,
                                .replaced_ppm = 500000,
                                .solar_ppm = 80000,
                                .business_ppm = 100000,
                                .gap_ppm = 2000,
                                .file_days = 1,
                                .file_records = 50000,
                                .jobs = cores > 8 ? 8 : (int)cores};
    p->out = cmd_option(c, "out");
    if (!parts(c, p) || !number(c, "seed", 0, INT64_MAX, &seed) ||
        !number(c, "meters", 1, 20000000, &p->meters) ||
        !number_int(c, "tdsps", 1, GENERATE_TDSPS, &p->tdsps) ||
        !number_int(c, "reps", 1, GENERATE_REPS, &p->reps) ||
        !number_int(c, "file-days", 1, 366, &p->file_days) ||
        !number(c, "file-records", 100, 50000, &p->file_records) ||
        !number_int(c, "jobs", 1, 64, &p->jobs) ||
        !percent(c, "estimated", &p->estimated_ppm) ||
        !percent(c, "replaced", &p->replaced_ppm) ||
        !percent(c, "solar", &p->solar_ppm) ||
        !percent(c, "business", &p->business_ppm) ||
        !percent(c, "gaps", &p->gap_ppm) || !period(c, p))
        return false;
    p->seed = generate_mix((uint64_t)seed);
    if (by_month)
        p->file_days = 0;
    return true;
}

enum cmd_rc
generate_cmd(struct cmd *c)
{
    bool progress = cmd_flag(c, "progress");
    struct generate_result r;
    struct generate_plan p;
    char why[512];

    if (!plan_read(c, &p) || !cmd_no_more_options(c))
        return CMD_USAGE;
    if (!p.out || c->argc > 0) {
        fputs("meterhouse: generate wants --out DIR and no other words\n",
              c->err);
        return CMD_USAGE;
    }
    if (!generate_write(&p, progress ? c->err : NULL, &r, why)) {
        fprintf(c->err, "meterhouse: %s\n", why);
        return CMD_FAILED;
    }
    fprintf(c->out,
            "%" PRId64 " files, %" PRId64 " records, %" PRId64
            " bytes, %.2f s, %.0f MB/s\n",
            r.files, r.records, r.bytes, r.seconds,
            r.seconds > 0 ? (double)r.bytes / 1e6 / r.seconds : 0.0);
    return CMD_DONE;
}
