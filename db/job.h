/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs: work that waits, runs under a lease, and ends.  One open job a (kind,
 * key), so that asking twice for the same work is asking once.
 */
#ifndef MH_DB_JOB_H
#define MH_DB_JOB_H

#include "db/db.h"

struct job_row {
    int64_t id;
    char kind[32];
    char key[256];
    char argument[1024];
    int64_t due_utc;   /* not before, within a day; 0: as soon as can be */
    int64_t attempts;  /* begun since it last went well */
    char owner[96];    /* who holds the lease, "" nobody */
    int64_t lease_utc; /* until then */
    int64_t made_utc;
    int64_t ended_utc; /* 0: open */
    bool failed;
    char note[512]; /* what the newest try said */
};

/* Adds a job of `kind`, `key`, `argument`, due at `due_utc`, and gives it the
 * next id; DB_NONE when an open one of that kind and key stands. */
enum db_rc db_job_add(struct db *db, struct job_row *j, int64_t now);
/* The open job of that kind and key. */
enum db_rc db_job_find(struct db *db, const char *kind, const char *key,
                       struct job_row *j);
enum db_rc db_job_get(struct db *db, int64_t id, struct job_row *j);
/* Of one kind, the job that has waited longest: due at `due`, free at `now`. */
enum db_rc db_job_get_due(struct db *db, const char *kind, int64_t due,
                          int64_t now, struct job_row *j);
/* The open ones by due time, then the ended ones, newest first. */
enum db_rc db_job_each(struct db *db, int64_t most, struct job_row *j,
                       bool (*row)(void *arg), void *arg);

/* The clock that all programs of a store share, in UTC seconds: PostgreSQL's;
 * on SQLite, where they are on one machine, its own. */
enum db_rc db_job_clock(struct db *db, int64_t *utc);

/* Every open job that somebody holds, at most `most`. */
enum db_rc db_job_each_held(struct db *db, int64_t most, struct job_row *j,
                            bool (*row)(void *arg), void *arg);
/* Frees a job whose holder fell silent: its lease must be what it was. */
enum db_rc db_job_free(struct db *db, int64_t id, int64_t lease_utc);
/* Open, free jobs of a kind that are due later than `latest` are due at `now`:
 * a clock was wrong when they were made. */
enum db_rc db_job_mend(struct db *db, const char *kind, int64_t now,
                       int64_t latest, int64_t *count);

/* Takes the lease of a free, open job and counts the attempt; DB_NONE when
 * somebody else was faster. */
enum db_rc db_job_claim(struct db *db, int64_t id, const char *owner,
                        int64_t now, int64_t until_utc);
/* These do nothing and say DB_NONE when `owner` holds the lease no more.  A
 * lease that is renewed is never what it was before. */
enum db_rc
db_job_renew(struct db *db, int64_t id, const char *owner, int64_t until_utc);
/* Gives the lease back; j says when it is due again (due_utc), how many
 * attempts count (attempts) and why (note). */
enum db_rc
db_job_again(struct db *db, const char *owner, const struct job_row *j);
/* Ends it; j says how (failed, note). */
enum db_rc db_job_end(struct db *db, const char *owner, int64_t now,
                      const struct job_row *j);
/* Moves a waiting job; DB_NONE when it runs or has ended. */
enum db_rc db_job_move(struct db *db, int64_t id, int64_t now, int64_t due_utc);
/* Forgets jobs that ended before `utc`. */
enum db_rc db_job_purge(struct db *db, int64_t utc, int64_t *count);

#endif
