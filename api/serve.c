/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the product, put together and taken apart in order. */
#include "api/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "api/account/account.h"
#include "api/account/frame_page.h"
#include "api/agreement/actor.h"
#include "api/feed/load_metrics.h"
#include "api/jobs.h"
#include "api/routes.h"
#include "api/usage/usage_kept_page.h"
#include "db/db.h"
#include "db/session.h"
#include "db/shard.h"
#include "db/upkeep.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/log.h"
#include "server/base/str.h"
#include "server/http/metrics.h"
#include "server/http/server.h"
#include "server/text/catalog.h"

#define JOB_STOP_SECONDS 10
#define DISK_LEAST       (64UL << 20) /* bytes free, to be ready */

struct serve {
    const struct conf *conf;
    char store[1024], templates_dir[1024], static_dir[1024];
    int lock; /* descriptor of the lock file, -1 without */
    bool catalog, kept;
    struct db *db; /* of the thread that started it */
    struct http_server *http;
    unsigned roles;
    struct job_kind *kinds; /* of these roles */
    struct runner *jobs;
    const char *_Atomic ill; /* why it is not ready, NULL when it is */
    struct upkeep upkeep;    /* as serve_watch saw it last, for /metrics */
    struct load_tally tally; /* the same */
    int64_t away;            /* the same: servers of readings */
    pthread_mutex_t upkeep_lock;
};

static void
dir_of(char *to, size_t size, const char *given, const char *installed)
{
    str_copy(to, size, given[0] ? given : installed);
}

/* One serve for an embedded store: two would disagree about its writer. */
static bool
lock_take(struct serve *s, char why[512])
{
    char path[1024], holder[32] = "";

    if (!file_make_dir(s->conf->data_dir, 0750)) {
        snprintf(why, 512, "%.400s: %m", s->conf->data_dir);
        return false;
    }
    if (!str_starts(s->store, "sqlite:"))
        return true;
    snprintf(path, sizeof path, "%s/serve.lock", s->conf->data_dir);
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (s->lock < 0) {
        snprintf(why, 512, "%.400s: %m", path);
        return false;
    }
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
        ssize_t n = read(s->lock, holder, sizeof holder - 1);

        holder[n > 0 ? n : 0] = '\0';
        snprintf(why, 512, "another serve (process %s) runs on %.400s",
                 holder[0] ? holder : "unknown", s->conf->data_dir);
        return false;
    }
    if (ftruncate(s->lock, 0) == 0)
        dprintf(s->lock, "%ld", (long)getpid());
    return true;
}

static struct db *
worker_open(void *arg)
{
    struct serve *s = arg;
    struct db *db = NULL;
    char why[512] = "";

    if (db_open(s->store, DB_WRITE, &db, why) == DB_OK)
        return db;
    log_ours("store not opened", "reason=%s", why);
    return NULL;
}

static struct runner *
jobs_start(struct serve *s, char why[512])
{
    struct runner_app app = {.conf = s->conf,
                             .kinds = s->kinds,
                             .threads = JOB_THREADS,
                             .open = worker_open,
                             .close = db_close,
                             .arg = s,
                             .clock = db_job_clock};

    return runner_start(&app, why);
}

static const char *
serve_health(void *arg)
{
    struct serve *s = arg;

    return atomic_load(&s->ill);
}

/* What was known of upkeep a few seconds ago. */
static void
serve_metrics(void *arg, struct buf *to)
{
    struct serve *s = arg;
    struct load_tally tally;
    struct upkeep u;
    int64_t away;

    pthread_mutex_lock(&s->upkeep_lock);
    u = s->upkeep;
    tally = s->tally;
    away = s->away;
    pthread_mutex_unlock(&s->upkeep_lock);
    feed_metrics_write(&tally, to);
    metrics_value(to, "meterhouse_backup_timestamp_seconds", "gauge",
                  "When the newest backup was made; 0: none is known of.",
                  u.backup_utc);
    metrics_value(to, "meterhouse_backup_bytes", "gauge",
                  "Bytes of the newest backup.", u.backup_bytes);
    metrics_value(to, "meterhouse_scrub_done_timestamp_seconds", "gauge",
                  "When the scrub last verified the whole store; 0: not yet.",
                  u.done_utc);
    metrics_value(to, "meterhouse_scrub_records", "gauge",
                  "Records verified by the pass of the scrub under way, or by "
                  "the last one.",
                  u.running ? u.checked : u.done_checked);
    metrics_value(to, "meterhouse_scrub_findings", "gauge",
                  "Places of the store that are known to be damaged.",
                  u.findings);
    metrics_value(to, "meterhouse_shards_away", "gauge",
                  "Servers of readings that do not answer.", away);
    usage_kept_metrics(to);
}

static void
upkeep_look(struct serve *s)
{
    struct load_tally tally;
    struct upkeep u;
    int64_t away;

    if (db_upkeep_get(s->db, &u) != DB_OK ||
        db_load_tally_get(s->db, clock_now(), &tally) != DB_OK ||
        shard_away_count(s->db, &away) != DB_OK)
        return;
    pthread_mutex_lock(&s->upkeep_lock);
    s->upkeep = u;
    s->tally = tally;
    s->away = away;
    pthread_mutex_unlock(&s->upkeep_lock);
}

/* What ails a folder's file system, or NULL. */
static const char *
folder_ill(const char *folder)
{
    struct statvfs disk;

    if (statvfs(folder, &disk) == 0 &&
        disk.f_bavail < DISK_LEAST / disk.f_frsize)
        return "the disk is nearly full";
    return access(folder, W_OK) != 0 && errno == EROFS
               ? "the file system is read-only"
               : NULL;
}

void
serve_watch(struct serve *s)
{
    struct session session;
    const char *ill = NULL;
    enum db_rc rc;
    bool is_there;

    db_begin(s->db);
    rc = db_session_get(s->db, "", 0, &session);
    is_there = rc == DB_OK || rc == DB_NONE;
    if (!is_there)
        ill = "the store does not answer";
    if (!ill)
        ill = folder_ill(s->conf->data_dir);
    if (!ill && db_engine(s->db) == DB_SQLITE)
        ill = folder_ill(db_place(s->db));
    if (ill && !atomic_load(&s->ill))
        log_ours("not ready", "reason=%s", ill);
    atomic_store(&s->ill, ill);
    if (is_there)
        upkeep_look(s);
}

static bool
roles_take(struct serve *s, char why[512])
{
    if (!roles_parse(s->conf->role, &s->roles)) {
        snprintf(why, 512, "role = %.200s: not some of web,worker,loader",
                 s->conf->role);
        return false;
    }
    s->kinds = jobs_of(s->roles);
    if (str_starts(s->store, "sqlite:") && s->roles != ROLES_ALL)
        log_warn("an SQLite store has one serve: some work is not done",
                 "role=%s", s->conf->role);
    return true;
}

static bool
parts_start(struct serve *s, const struct route *routes, char why[512])
{
    struct http_app app = {
        .conf = s->conf,
        .routes = routes,
        .templates_dir = s->templates_dir,
        .static_dir = s->static_dir,
        .open = worker_open,
        .close = db_close,
        .actor = actor_load,
        .nobody = &ACTOR_NOBODY,
        .may_enter = account_may_enter,
        .signed_in = account_signed_in,
        .frame = account_frame,
        .set_lang = actor_lang_set,
        .health = serve_health,
        .metrics = serve_metrics,
        .arg = s,
    };

    if (!roles_take(s, why) || !lock_take(s, why))
        return false;
    /* A quarter hash, half wait their turn; the rest stay free for pages. */
    password_slots_set((int)s->conf->workers / 4, (int)s->conf->workers / 2);
    s->catalog = catalog_open(s->templates_dir, why);
    if (!s->catalog || db_open(s->store, DB_CREATE, &s->db, why) != DB_OK)
        return false;
    upkeep_look(s);
    if (s->kinds[0].kind) {
        s->jobs = jobs_start(s, why);
        if (!s->jobs)
            return false;
    }
    if (!(s->roles & 1u << ROLE_WEB))
        return true;
    usage_kept_open((size_t)s->conf->page_cache);
    s->kept = true;
    s->http = http_start(&app, why);
    return s->http != NULL;
}

/* False when a job would not end its step in time. */
static bool
parts_stop(struct serve *s, double seconds)
{
    if (s->jobs && !runner_stop(s->jobs, seconds))
        return false;
    if (s->db)
        db_close(s->db);
    if (s->kept)
        usage_kept_close();
    if (s->catalog)
        catalog_close();
    if (s->lock >= 0)
        close(s->lock);
    free(s->kinds);
    pthread_mutex_destroy(&s->upkeep_lock);
    free(s);
    return true;
}

struct serve *
serve_start_routes(const struct conf *conf, const struct route *routes,
                   char why[512])
{
    struct serve *s = mem_new(sizeof *s);

    s->conf = conf;
    s->lock = -1;
    pthread_mutex_init(&s->upkeep_lock, NULL);
    conf_store(conf, s->store, sizeof s->store);
    dir_of(s->templates_dir, sizeof s->templates_dir, conf->templates_dir,
           MH_DATADIR "/templates");
    dir_of(s->static_dir, sizeof s->static_dir, conf->static_dir,
           MH_DATADIR "/static");
    if (parts_start(s, routes, why))
        return s;
    parts_stop(s, JOB_STOP_SECONDS);
    return NULL;
}

bool
serve_first_token(struct serve *s, char token[FIRST_ADMIN_TOKEN])
{
    return s->http && account_first_token(s->db, clock_now(), token) == DB_OK;
}

struct serve *
serve_start(const struct conf *conf, char why[512])
{
    return serve_start_routes(conf, ROUTES, why);
}

int
serve_port(const struct serve *s)
{
    return s->http ? http_port(s->http) : -1;
}

bool
serve_reload(struct serve *s, char why[512])
{
    bool good = !s->http || http_reload(s->http, why);

    usage_kept_clear();
    return good;
}

bool
serve_stop(struct serve *s, double seconds)
{
    if (s->http && !http_stop(s->http, seconds))
        return false;
    return parts_stop(s, seconds);
}
