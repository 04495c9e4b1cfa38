/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Made-up meter data that looks like a Texan year: air conditioning in August,
 * electric heat on a cold front, shops that close on Sunday, solar roofs that
 * send their noon surplus back.  Everything a record says is a pure function
 * of (seed, ESI ID, day), so any part can be made again, in any order, on any
 * number of threads.  Whole numbers only: the same seed gives the same bytes
 * on every machine.
 *
 * Energy is in Wh (suffix _wh) here: the files carry three places of a kWh.
 */
#ifndef MH_FEED_GENERATE_H
#define MH_FEED_GENERATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "server/base/buf.h"
#include "server/base/tz.h"

#define GENERATE_TDSPS 4
#define GENERATE_REPS  60
/* Registers count from here; no day before it can be made. */
#define GENERATE_EPOCH_YEAR 2008

struct generate_plan {
    uint64_t seed;
    int64_t meters;
    int32_t from_day, to_day; /* operating days, both included */
    int tdsps, reps;
    int estimated_ppm;           /* of all intervals */
    int replaced_ppm;            /* of the days with estimates, sent again */
    int solar_ppm, business_ppm; /* of all meters */
    int gap_ppm;                 /* of all meter-days, not sent at all */
    int file_days;               /* days of one LSE file; 0: a month a file */
    int64_t file_records;        /* most records of one LSE file */
    int jobs;                    /* threads */
    bool lse, registry, billed;
    const char *out; /* folder */
};

struct generate_tdsp {
    const char *name;
    const char *duns;
    const char *prefix; /* of its ESI IDs */
    int digits;         /* of its ESI IDs: 17 or 22 */
    bool reads;         /* sends midnight register reads */
    int warmer;         /* tenths of a degree against Dallas */
    const char *city[4], *zip[4];
};
extern const struct generate_tdsp GENERATE_TDSP[GENERATE_TDSPS];

enum generate_kind {
    GENERATE_GAS_HOME,      /* gas heat */
    GENERATE_ELECTRIC_HOME, /* heat pump and strips */
    GENERATE_CAR_HOME,      /* charges a car at night */
    GENERATE_SHOP,
    GENERATE_OFFICE,
    GENERATE_KINDS
};

struct generate_meter {
    uint64_t key; /* hash of seed and ESI ID */
    char esiid[24];
    int esiid_len;
    int tdsp;
    enum generate_kind kind;
    bool solar;
    int32_t base, active;       /* Wh of a quarter hour */
    int32_t cool, heat;         /* Wh per 25.6 degrees of a quarter hour */
    int32_t car;                /* Wh of a day */
    int32_t wobble;             /* Wh by which a midnight read may stray */
    int32_t own_wh, surplus_wh; /* solar: used at home, sent back, best day */
};

/* One meter-day of one channel. */
struct generate_day {
    int n; /* 92, 96 or 100 */
    int32_t wh[100];
    int estimated_from, estimated_to; /* intervals [from, to) are E */
    int64_t start_wh, stop_wh;        /* register at both midnights */
};

/* Weather, sun, calendar and digits, computed once; then only read. */
struct generate_world;
struct generate_world *generate_world_new(const struct generate_plan *p);
void generate_world_free(struct generate_world *w);
const struct generate_plan *generate_world_plan(const struct generate_world *w);

/* The meter behind a number 0…meters-1. */
void generate_meter_get(const struct generate_plan *p, int64_t number,
                        struct generate_meter *m);
/* False when the day is a gap.  revision 0 holds estimates as they were first
 * sent; 1 has them replaced. */
bool generate_day_get(const struct generate_world *w,
                      const struct generate_meter *m, int32_t day, int channel,
                      int revision, struct generate_day *d);
/* Days after which a record with estimates is sent again; 0: never. */
int generate_day_resent(const struct generate_plan *p,
                        const struct generate_meter *m, int32_t day);
/* Wh by the register of a channel over days, gaps included. */
int64_t
generate_taken(const struct generate_world *w, const struct generate_meter *m,
               int32_t from, int32_t to, int channel);
/* True when the first sending of the day holds estimated intervals. */
bool generate_day_estimated(const struct generate_world *w,
                            const struct generate_meter *m, int32_t day);
bool generate_day_gap(const struct generate_plan *p,
                      const struct generate_meter *m, int32_t day);
/* Number of the REP of record on a day, and the days it stays. */
int
generate_rep_on(const struct generate_plan *p, const struct generate_meter *m,
                int32_t day, int32_t *from, int32_t *to);
/* DUNS of a REP; `to` holds 16 bytes. */
char *generate_rep_duns(char *to, int rep);
/* Which device hangs on a day (0, 1, …) and the days it hangs. */
int generate_device_on(const struct generate_meter *m, int32_t day,
                       int32_t *from, int32_t *to);
uint64_t generate_mix(uint64_t z);

/* ---- files ---------------------------------------------------------------*/
struct generate_result {
    int64_t files, records, bytes;
    double seconds;
};
/* Writes everything the plan asks for below plan->out (lse/, registry/,
 * billed/); on failure says which file and why.  progress may be NULL. */
bool generate_write(const struct generate_plan *p, FILE *progress,
                    struct generate_result *r, char why[512]);
/* The text of one TDSP's registry and billed usage. */
/* The own meters first to last (excluded) of a TDSP. */
void generate_registry(const struct generate_plan *p, int tdsp, int64_t first,
                       int64_t last, struct buf *to);
void
generate_billed(const struct generate_plan *p, const struct generate_world *w,
                int tdsp, int64_t first, int64_t last, struct buf *to);
/* The records of one meter over days [from, to]; revision 1 takes only the
 * days that are sent again.  Returns how many. */
int64_t
generate_lse(const struct generate_world *w, const struct generate_meter *m,
             int32_t from, int32_t to, int revision, struct buf *out);

#endif
