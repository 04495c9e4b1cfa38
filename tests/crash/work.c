/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/account/account.h"
#include "api/account/login.h"
#include "api/admin/retention.h"
#include "api/feed/load.h"
#include "db/backup.h"
#include "db/migrate.h"
#include "db/scrub.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/str.h"
#include "tests/crash/power.h"

const char *const STEP_NAME[STEP_COUNT] = {
    "create",  "load",      "unload",  "checkpoint", "backup",
    "restore", "account",   "sign-in", "revoke",     "lock",
    "compact", "retention", "scrub"};

/* ---- drawing ---------------------------------------------------------------
 */

static void
add(struct work *w, enum step_kind kind, int a, int b)
{
    if (w->n < WORK_STEPS)
        w->step[w->n++] = (struct step){kind, a, b};
}

/* What the steps drawn so far have made. */
struct drawn {
    int backups, people;
};

static void
draw_one(struct work *w, struct drawn *d, uint64_t *seed)
{
    int file = (int)power_dice(seed, (uint64_t)w->files);
    int last = file + (int)power_dice(seed, 3);
    int person = d->people ? (int)power_dice(seed, (uint64_t)d->people) : 0;

    switch (power_dice(seed, 20)) {
    case 0:
        if (d->people < 4)
            add(w, STEP_ACCOUNT, d->people++, 0);
        return;
    case 1:
    case 2:
        if (d->people)
            add(w, STEP_SIGN_IN, person, w->n);
        return;
    case 3:
        for (int i = w->n - 1; i >= 0; i--) {
            if (w->step[i].kind != STEP_SIGN_IN)
                continue;
            add(w, STEP_REVOKE, w->step[i].a, w->step[i].b);
            break;
        }
        return;
    case 4:
        if (d->people && power_dice(seed, 2))
            add(w, STEP_LOCK, person, 0);
        return;
    case 5:
        add(w, STEP_CHECKPOINT, 0, 0);
        return;
    case 6:
        if (d->backups < 2)
            add(w, STEP_BACKUP, d->backups++, 0);
        return;
    case 7:
        if (d->backups)
            add(w, STEP_RESTORE, (int)power_dice(seed, (uint64_t)d->backups),
                0);
        return;
    case 8:
    case 9:
    case 10:
        add(w, STEP_UNLOAD, file, 0);
        return;
    case 11:
    case 12:
        add(w, STEP_COMPACT, (int)power_dice(seed, 2), 0);
        return;
    case 13:
        add(w, STEP_SCRUB, 0, 0);
        return;
    case 14:
        add(w, STEP_RETENTION, 0, 0);
        return;
    default:
        if (last >= w->files)
            last = w->files - 1;
        add(w, STEP_LOAD, file, last);
    }
}

void
work_draw(struct work *w, uint64_t *seed)
{
    struct drawn d = {.people = 0};
    int steps = 0;

    w->n = 0;
    /* A third begins with a store of an older schema. */
    w->old = power_dice(seed, 3) ? 0 : 1 + (int)power_dice(seed, 8);
    while (MIGRATIONS[steps].name)
        steps++;
    if (w->old >= steps)
        w->old = 0;
    add(w, STEP_CREATE, 0, 0);
    add(w, STEP_LOAD, 0, (int)power_dice(seed, 3));
    add(w, STEP_ACCOUNT, d.people++, 0);
    for (int tries = 0; tries < 40 && w->n < 11; tries++)
        draw_one(w, &d, seed);
}

void
work_core(struct work *w)
{
    int last = w->files - 1;

    w->n = 0;
    w->old = 0;
    add(w, STEP_CREATE, 0, 0);
    add(w, STEP_LOAD, 0, last - 2);
    add(w, STEP_ACCOUNT, 0, 0);
    add(w, STEP_SIGN_IN, 0, 1);
    add(w, STEP_SIGN_IN, 0, 2);
    add(w, STEP_BACKUP, 0, 0);
    add(w, STEP_LOAD, last - 1, last);
    add(w, STEP_REVOKE, 0, 1);
    add(w, STEP_UNLOAD, 2, 0);
    add(w, STEP_CHECKPOINT, 0, 0);
    add(w, STEP_LOCK, 0, 0);
    add(w, STEP_COMPACT, 0, 0);
    add(w, STEP_COMPACT, 1, 0);
    add(w, STEP_SCRUB, 0, 0);
    add(w, STEP_RETENTION, 0, 0);
    add(w, STEP_BACKUP, 1, 0);
    add(w, STEP_RESTORE, 0, 0);
    add(w, STEP_LOAD, last - 1, last - 1);
}

/* ---- the store -------------------------------------------------------------
 */

void
work_store(const char *data, char to[512])
{
    snprintf(to, 512, "sqlite:%.480s/store", data);
}

static bool
old_home(const char *folder, enum db_home home, int steps, char why[512])
{
    struct migration list[64] = {{NULL, NULL, NULL}};
    struct db_conn *c;

    for (int i = 0; i < steps; i++)
        list[i] = MIGRATIONS[i];
    if (sqlite_home_open(folder, db_home_name(home), DB_CREATE, &c, why) !=
        DB_OK)
        return false;
    steps = migrate_up(c, home, list, why);
    conn_close(c);
    return steps == DB_OK;
}

bool
work_before(const struct work *w, const char *data, char why[512])
{
    char folder[512];

    if (!file_make_dir(data, 0700)) {
        snprintf(why, 512, "%.400s cannot be made", data);
        return false;
    }
    if (!w->old)
        return true;
    snprintf(folder, sizeof folder, "%.480s/store", data);
    return old_home(folder, DB_ACCOUNT, w->old, why) &&
           old_home(folder, DB_MARKET, w->old, why);
}

/* ---- loads ------------------------------------------------------------------
 */

struct result {
    char *why;
    bool ok;
};

static bool
load_done(void *arg, const struct feed_result *r)
{
    struct result *to = arg;

    if (r->state == FEED_LOADED || r->state == FEED_KNOWN)
        return true;
    to->ok = false;
    snprintf(to->why, 512, "%.200s: %.300s", strrchr(r->path, '/'),
             r->state == FEED_FAILED ? r->why
             : r->n_rejects          ? r->rejects[0].note
                                     : "refused");
    return false;
}

static bool
step_load(const struct work *w, const struct step *s, struct db *db,
          const struct conf *conf, char why[512])
{
    struct result r = {why, true};
    bool ok =
        feed_load_files(db, conf, NULL, (size_t)(s->b - s->a + 1),
                        (const char *const *)w->file + s->a, load_done, &r);

    return ok && r.ok;
}

struct finding {
    struct load row;
    const char *name;
    bool found;
};

static bool
load_named(void *arg)
{
    struct finding *f = arg;

    f->found =
        str_eq(f->row.name, f->name) &&
        (f->row.state == LOAD_COMMITTED || f->row.state == LOAD_UNLOADED);
    return !f->found;
}

/* The newest load of the file: when a step that was cut off had already taken
 * it back, one before it stays. */
static bool
step_unload(const struct work *w, const struct step *s, struct db *db,
            char why[512])
{
    struct finding f = {.name = strrchr(w->file[s->a], '/') + 1};
    struct load l;
    enum feed_unload u;

    if (db_load_each(db, 1000, &f.row, load_named, &f) != DB_OK) {
        snprintf(why, 512, "%.500s", db_error(db));
        return false;
    }
    if (!f.found || f.row.state == LOAD_UNLOADED)
        return true;
    u = feed_unload(db, f.row.id, 5, &l, why);
    /* A registry that a newer one stands on stays, always. */
    return u == UNLOAD_DONE || u == UNLOAD_NOT_NEWEST;
}

/* ---- people -----------------------------------------------------------------
 */

static void
person(int a, char to[ACCOUNT_LOGIN])
{
    snprintf(to, ACCOUNT_LOGIN, "person%d@example.org", a);
}

static enum db_rc
step_account(struct db *db, int a)
{
    struct account p = {.name = "Ana", .role = "customer", .password = "-"};
    enum db_rc rc;

    person(a, p.login);
    p.created_utc = p.password_utc = clock_now();
    rc = db_account_add(db, &p);
    return rc == DB_NONE ? DB_OK : rc;
}

struct seeking {
    struct session row;
    char agent[32];
    int64_t id;
};

static bool
session_with(void *arg)
{
    struct seeking *s = arg;

    if (str_eq(s->row.agent, s->agent))
        s->id = s->row.id;
    return s->id == 0;
}

/* The person, and the session of that browser or 0. */
static enum db_rc
session_find(struct db *db, const struct step *s, struct account *p,
             struct seeking *k)
{
    char name[ACCOUNT_LOGIN];
    enum db_rc rc;

    person(s->a, name);
    snprintf(k->agent, sizeof k->agent, "browser%d", s->b);
    rc = db_account_by_login(db, name, p);
    return rc == DB_OK ? db_session_each(db, p->id, clock_now(), &k->row,
                                         session_with, k)
                       : rc;
}

static bool
step_sign_in(struct db *db, const struct conf *conf, const struct step *s)
{
    struct seeking k = {.id = 0};
    struct login l = {.peer = "192.0.2.7", .now_utc = clock_now()};
    enum db_rc rc = session_find(db, s, &l.account, &k);

    if (rc != DB_OK || k.id)
        return rc == DB_OK || rc == DB_NONE;
    l.agent = k.agent;
    return login_session_add(db, conf, &l) == FAULT_NONE;
}

static bool
step_revoke(struct db *db, const struct step *s)
{
    struct seeking k = {.id = 0};
    struct account p;
    struct login_by by = {.peer = "192.0.2.7", .now_utc = clock_now()};
    enum db_rc rc = session_find(db, s, &p, &k);

    if (rc != DB_OK || !k.id)
        return rc == DB_OK || rc == DB_NONE;
    by.account_id = p.id;
    return login_session_end(db, &by, k.id) == FAULT_NONE;
}

static bool
step_lock(struct db *db, int a)
{
    struct login_by by = {.now_utc = clock_now()};
    struct account p;
    char name[ACCOUNT_LOGIN];
    enum db_rc rc;

    person(a, name);
    rc = db_account_by_login(db, name, &p);
    if (rc != DB_OK)
        return rc == DB_NONE;
    return account_locked_set(db, &p, true, &by) == FAULT_NONE;
}

/* ---- steps ------------------------------------------------------------------
 */

static bool
step_backup(struct db *db, const char *data, int a, char why[512])
{
    struct backup_facts facts;
    char folder[512], since[512];

    snprintf(folder, sizeof folder, "%.480s/backup%d", data, a);
    snprintf(since, sizeof since, "%.480s/backup%d", data, a - 1);
    if (file_exists(folder))
        return true;
    return db_backup(db, folder, file_exists(since) ? since : NULL, 5, &facts,
                     why) == DB_OK;
}

static bool
step_restore(const char *data, int a, char why[512])
{
    struct backup_facts facts;
    char folder[512], store[512];

    work_store(data, store);
    snprintf(folder, sizeof folder, "%.480s/backup%d", data, a);
    return db_restore(store, folder, 5, &facts, why) == DB_OK;
}

static bool
step_compact(struct db *db, int a, char why[512])
{
    struct reading_rewritten r;
    int32_t *month, ask = day_from_civil(2026, a ? 3 : 2, 1);
    struct arena arena = {0};
    size_t n = 0;
    enum db_rc rc = reading_compact_due(db, (int32_t)(clock_now() / 86400),
                                        &arena, &month, &n);

    for (size_t i = 0; i < n && rc == DB_OK; i++) {
        if (month[i] == ask)
            rc = reading_compact(db, ask, 5, &r);
    }
    if (rc != DB_OK)
        snprintf(why, 512, "%.500s", db_error(db));
    arena_clear(&arena);
    return rc == DB_OK;
}

static bool
step_retention(struct db *db, struct conf *conf, char why[512])
{
    struct retention r;

    /* The clock stands in the month after the second. */
    str_copy(conf->keep, sizeof conf->keep, "1");
    return retention_run(db, conf, false, &r, NULL, NULL, why) == DB_OK;
}

static enum db_rc
scrub_once(struct db *db)
{
    struct scrub_step s = {0};
    /* DB_NONE: one that was cut off goes on */
    enum db_rc rc = db_scrub_begin(db, clock_now());

    if (rc == DB_NONE)
        rc = DB_OK;
    while (rc == DB_OK && !s.ended)
        rc = db_scrub_step(db, clock_now(), 0, &s);
    return rc;
}

/* Until a pass that found nothing has ended.  What could not be read once is a
 * finding until a later pass has read it. */
static bool
step_scrub(struct db *db, char why[512])
{
    struct upkeep u;
    enum db_rc rc = scrub_once(db);

    if (rc == DB_OK)
        rc = db_upkeep_get(db, &u);
    if (rc == DB_OK && u.findings)
        rc = scrub_once(db);
    if (rc == DB_OK)
        rc = db_upkeep_get(db, &u);
    if (rc == DB_OK && u.findings)
        snprintf(why, 512, "the scrub found damage");
    return rc == DB_OK && !u.findings;
}

static bool
step_on(const struct work *w, const struct step *s, struct db *db,
        const char *data, char why[512])
{
    struct conf conf;

    conf_init(&conf);
    str_copy(conf.data_dir, sizeof conf.data_dir, data);
    switch (s->kind) {
    case STEP_LOAD:
        return step_load(w, s, db, &conf, why);
    case STEP_UNLOAD:
        return step_unload(w, s, db, why);
    case STEP_CHECKPOINT:
        return db_checkpoint(db) != DB_FAIL;
    case STEP_BACKUP:
        return step_backup(db, data, s->a, why);
    case STEP_ACCOUNT:
        return step_account(db, s->a) == DB_OK;
    case STEP_SIGN_IN:
        return step_sign_in(db, &conf, s);
    case STEP_REVOKE:
        return step_revoke(db, s);
    case STEP_LOCK:
        return step_lock(db, s->a);
    case STEP_COMPACT:
        return step_compact(db, s->a, why);
    case STEP_RETENTION:
        return step_retention(db, &conf, why);
    case STEP_SCRUB:
        return step_scrub(db, why);
    case STEP_CREATE:
    case STEP_RESTORE:
    case STEP_COUNT:
        break;
    }
    return true;
}

bool
work_step(const struct work *w, int at, const char *data, char why[512])
{
    const struct step *s = &w->step[at];
    char store[512];
    struct db *db;
    bool ok;

    why[0] = '\0';
    if (s->kind == STEP_RESTORE)
        return step_restore(data, s->a, why);
    work_store(data, store);
    if (db_open(store, s->kind == STEP_CREATE ? DB_CREATE : DB_WRITE, &db,
                why) != DB_OK)
        return false;
    ok = step_on(w, s, db, data, why);
    if (!ok && !why[0])
        snprintf(why, 512, "%.500s", db_error(db));
    db_close(db);
    return ok;
}
