/* SPDX-License-Identifier: Apache-2.0 */
/* The SQL of jobs. */
#include "db/job.h"

#include "server/base/clock.h"

#define COLUMNS                                                                \
    "id, kind, key, argument, due_utc, attempts, owner, lease_utc, "           \
    "made_utc, ended_utc, failed, note"
#define JOB_OUT(j)                                                             \
    OUT(out_i64(&(j)->id), out_text((j)->kind, sizeof(j)->kind),               \
        out_text((j)->key, sizeof(j)->key),                                    \
        out_text((j)->argument, sizeof(j)->argument), out_i64(&(j)->due_utc),  \
        out_i64(&(j)->attempts), out_text((j)->owner, sizeof(j)->owner),       \
        out_i64(&(j)->lease_utc), out_i64(&(j)->made_utc),                     \
        out_i64(&(j)->ended_utc), out_bool(&(j)->failed),                      \
        out_text((j)->note, sizeof(j)->note))

enum db_rc
db_job_add(struct db *db, struct job_row *j, int64_t now)
{
    int64_t changed = 0;
    enum db_rc rc = db_job_find(db, j->kind, j->key, &(struct job_row){0});

    if (rc != DB_NONE) /* draws no number for what stands already */
        return rc == DB_OK ? DB_NONE : rc;
    rc = db_next_id(db, DB_ACCOUNT, "job", 1, &j->id);
    if (rc != DB_OK)
        return rc;
    rc = db_run(db, DB_ACCOUNT,
                "INSERT INTO job (" COLUMNS ") "
                "VALUES ($1, $2, $3, $4, $5, 0, '', 0, $6, 0, $7, '') "
                "ON CONFLICT DO NOTHING",
                IN(in_i64(j->id), in_text(j->kind), in_text(j->key),
                   in_text(j->argument), in_i64(j->due_utc), in_i64(now),
                   in_bool(false)),
                &changed);
    return rc == DB_OK && changed == 0 ? DB_NONE : rc;
}

enum db_rc
db_job_find(struct db *db, const char *kind, const char *key, struct job_row *j)
{
    return db_one(db, DB_ACCOUNT,
                  "SELECT " COLUMNS " FROM job "
                  "WHERE kind = $1 AND key = $2 AND ended_utc = 0",
                  IN(in_text(kind), in_text(key)), JOB_OUT(j));
}

enum db_rc
db_job_get(struct db *db, int64_t id, struct job_row *j)
{
    return db_one(db, DB_ACCOUNT, "SELECT " COLUMNS " FROM job WHERE id = $1",
                  IN(in_i64(id)), JOB_OUT(j));
}

enum db_rc
db_job_get_due(struct db *db, const char *kind, int64_t due, int64_t now,
               struct job_row *j)
{
    return db_one(
        db, DB_ACCOUNT,
        "SELECT " COLUMNS " FROM job WHERE ended_utc = 0 AND kind = $1 "
        "AND due_utc <= $2 AND lease_utc <= $3 ORDER BY due_utc, id LIMIT 1",
        IN(in_text(kind), in_i64(due), in_i64(now)), JOB_OUT(j));
}

enum db_rc
db_job_each(struct db *db, int64_t most, struct job_row *j,
            bool (*row)(void *arg), void *arg)
{
    return db_each(
        db, DB_ACCOUNT,
        "SELECT " COLUMNS " FROM job ORDER BY "
        "CASE WHEN ended_utc = 0 THEN 0 ELSE 1 END, "
        "CASE WHEN ended_utc = 0 THEN due_utc ELSE -ended_utc END, id "
        "LIMIT $1",
        IN(in_i64(most)), JOB_OUT(j), row, arg);
}

/* One row, or somebody else has it. */
static enum db_rc
one_changed(enum db_rc rc, int64_t changed)
{
    return rc == DB_OK && changed == 0 ? DB_NONE : rc;
}

enum db_rc
db_job_claim(struct db *db, int64_t id, const char *owner, int64_t now,
             int64_t until_utc)
{
    int64_t changed = 0;
    enum db_rc rc = db_run(
        db, DB_ACCOUNT,
        "UPDATE job SET owner = $2, lease_utc = $4, attempts = attempts + 1 "
        "WHERE id = $1 AND ended_utc = 0 AND lease_utc <= $3",
        IN(in_i64(id), in_text(owner), in_i64(now), in_i64(until_utc)),
        &changed);

    return one_changed(rc, changed);
}

enum db_rc
db_job_renew(struct db *db, int64_t id, const char *owner, int64_t until_utc)
{
    int64_t changed = 0;
    enum db_rc rc = db_run(
        db, DB_ACCOUNT,
        "UPDATE job SET lease_utc = CASE WHEN lease_utc < $3 THEN $3 "
        "ELSE lease_utc + 1 END WHERE id = $1 AND owner = $2 AND ended_utc = 0",
        IN(in_i64(id), in_text(owner), in_i64(until_utc)), &changed);

    return one_changed(rc, changed);
}

enum db_rc
db_job_each_held(struct db *db, int64_t most, struct job_row *j,
                 bool (*row)(void *arg), void *arg)
{
    return db_each(db, DB_ACCOUNT,
                   "SELECT " COLUMNS " FROM job "
                   "WHERE ended_utc = 0 AND owner <> '' ORDER BY id LIMIT $1",
                   IN(in_i64(most)), JOB_OUT(j), row, arg);
}

enum db_rc
db_job_free(struct db *db, int64_t id, int64_t lease_utc)
{
    int64_t changed = 0;
    enum db_rc rc = db_run(db, DB_ACCOUNT,
                           "UPDATE job SET owner = '', lease_utc = 0 "
                           "WHERE id = $1 AND lease_utc = $2 AND ended_utc = 0",
                           IN(in_i64(id), in_i64(lease_utc)), &changed);

    return one_changed(rc, changed);
}

enum db_rc
db_job_mend(struct db *db, const char *kind, int64_t now, int64_t latest,
            int64_t *count)
{
    return db_run(db, DB_ACCOUNT,
                  "UPDATE job SET due_utc = $2 WHERE kind = $1 "
                  "AND ended_utc = 0 AND owner = '' AND due_utc > $3",
                  IN(in_text(kind), in_i64(now), in_i64(latest)), count);
}

enum db_rc
db_job_clock(struct db *db, int64_t *utc)
{
    *utc = clock_now();
    if (db_engine(db) == DB_SQLITE)
        return DB_OK;
    return db_one(db, DB_ACCOUNT,
                  "SELECT CAST(floor(extract(epoch FROM clock_timestamp())) "
                  "AS BIGINT)",
                  IN_NONE, OUT(out_i64(utc)));
}

enum db_rc
db_job_again(struct db *db, const char *owner, const struct job_row *j)
{
    int64_t changed = 0;
    enum db_rc rc =
        db_run(db, DB_ACCOUNT,
               "UPDATE job SET owner = '', lease_utc = 0, due_utc = $3, "
               "attempts = $4, note = $5 "
               "WHERE id = $1 AND owner = $2 AND ended_utc = 0",
               IN(in_i64(j->id), in_text(owner), in_i64(j->due_utc),
                  in_i64(j->attempts), in_text(j->note)),
               &changed);

    return one_changed(rc, changed);
}

enum db_rc
db_job_end(struct db *db, const char *owner, int64_t now,
           const struct job_row *j)
{
    int64_t changed = 0;
    enum db_rc rc =
        db_run(db, DB_ACCOUNT,
               "UPDATE job SET owner = '', lease_utc = 0, ended_utc = $3, "
               "failed = $4, note = $5 "
               "WHERE id = $1 AND owner = $2 AND ended_utc = 0",
               IN(in_i64(j->id), in_text(owner), in_i64(now),
                  in_bool(j->failed), in_text(j->note)),
               &changed);

    return one_changed(rc, changed);
}

enum db_rc
db_job_move(struct db *db, int64_t id, int64_t now, int64_t due_utc)
{
    int64_t changed = 0;
    enum db_rc rc =
        db_run(db, DB_ACCOUNT,
               "UPDATE job SET due_utc = $3 "
               "WHERE id = $1 AND ended_utc = 0 AND lease_utc <= $2",
               IN(in_i64(id), in_i64(now), in_i64(due_utc)), &changed);

    return one_changed(rc, changed);
}

enum db_rc
db_job_purge(struct db *db, int64_t utc, int64_t *count)
{
    return db_run(db, DB_ACCOUNT,
                  "DELETE FROM job WHERE ended_utc > 0 AND ended_utc < $1",
                  IN(in_i64(utc)), count);
}
