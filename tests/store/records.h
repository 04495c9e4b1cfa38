/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings in short for the store tests: records whose intervals follow from
 * one number, files of them, and what the store then says as text.
 */
#ifndef MH_TEST_STORE_RECORDS_H
#define MH_TEST_STORE_RECORDS_H

#include "db/reading.h"
#include "tests/store/engines.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A record: `value` makes its intervals, so equal values mean equal identity.
 */
struct rec {
    int point, day; /* day counts from 2026-10-20 */
    int channel;
    int64_t stamp;
    int value;
    const char *transaction;
};

struct file {
    int64_t stamp;
    int counter;
    const struct rec *rec;
    size_t n;
};

#define FILE_OF(stamp, counter, ...)                                           \
    (&(struct file){stamp, counter, (const struct rec[]){__VA_ARGS__},         \
                    sizeof((const struct rec[]){__VA_ARGS__}) /                \
                        sizeof(struct rec)})

struct outcomes {
    int at[2000]; /* enum reading_outcome; -1 until told */
    size_t n;
    struct load_counts *counts;
};

/* 2026-10-20 */
int32_t records_day0(void);
/* Random numbers, the same in every run. */
uint64_t dice(uint64_t faces);
/* Stops the clock at a day when all records are past; to be called first. */
void records_init(void);
void day_make(const struct rec *r, struct reading_day *d);
/* Points 1 … n, which must exist for the store's own check. */
void points_make(struct db *db, int n);
/* Collects a file's records under a new load, and writes them. */
struct reading_load *
records_collect(struct db *db, const struct file *f, struct load *l);
enum db_rc
records_finish(struct reading_load *rl, struct load *l, struct outcomes *out);
/* Both; the load stays open. */
void records_write(struct db *db, const struct file *f, struct load *l,
                   struct outcomes *out);
/* The same, committed; the load's id.  `out` may be NULL. */
int64_t records_load(struct db *db, const struct file *f, struct outcomes *out);
/* A line for one version, added to the struct buf that is `arg`. */
bool dump_row(void *arg, const struct reading_day *d,
              const struct reading_version *v);
/* Every version of points 1 … n. */
void dump(struct db *db, int points, struct buf *b);
void assert_check_clean(struct db *db);
/* The same of the whole store: catalog, completeness, registry, audit. */
void assert_store_clean(struct db *db);
int check_findings(struct db *db);
/* The value of the current version of that day, or -1. */
int current(struct db *db, int point, int day, int64_t *stamp);
/* Reading it fails. */
void assert_unreadable(struct db *db, int point, int day);

#endif
