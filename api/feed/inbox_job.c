/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading what arrives.  A step takes some files of one sender out of the
 * inbox, refuses those whose names break the market's rule, loads the others,
 * and puts each with its activity report into done/ or rejected/.  A step that
 * dies leaves its files in .work, where the next one finds them; a file whose
 * load was committed is then known by its content.
 */
#include "api/feed/inbox_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/feed/inbox.h"
#include "api/feed/load.h"
#include "api/feed/name.h"
#include "api/feed/report.h"
#include "api/feed/watch.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/str.h"
#include "server/wire/source.h"

#define STEP_FILES   32 /* loaded in one go */
#define LOCK_SECONDS 60 /* to wait for another writer, then later */

struct step {
    struct job *j;
    struct inbox_sender s;
    struct inbox_names names;
    const char *path[STEP_FILES]; /* of the files to load */
    const char *name[STEP_FILES];
    size_t n, at; /* of these; the next result's */
    int done, rejected;
    char why[512]; /* our failure, "" none */
};

/* ---- results
 * ------------------------------------------------------------------- */

/* Puts a file where it ends, its report first: a file without one has not
 * ended. */
static void
finish(struct step *st, const char *name, const struct feed_result *r)
{
    bool done = r->state == FEED_LOADED || r->state == FEED_KNOWN;
    struct feed_result named = *r;
    char folder[64], end_name[INBOX_NAME];

    inbox_end_path(&st->s, done, folder);
    inbox_end_name(&st->s, done, name, end_name);
    str_copy(named.l.name, sizeof named.l.name, end_name);
    if (!feed_report_write(&named, folder, st->why) ||
        !inbox_finish(&st->s, done, name, end_name, st->why))
        return;
    *(done ? &st->done : &st->rejected) += 1;
    log_info(done ? "inbox file loaded" : "inbox file rejected",
             "sender=%s file=%s load=%lld read=%lld rejected=%lld", st->s.duns,
             end_name, (long long)r->l.id, (long long)r->l.n.read,
             (long long)r->l.n.rejected);
}

static bool
take_result(void *arg, const struct feed_result *r)
{
    struct step *st = arg;
    const char *name = st->name[st->at++];

    if (r->state == FEED_FAILED)
        str_copy(st->why, sizeof st->why, r->why);
    else
        finish(st, name, r);
    return st->why[0] == '\0' && !job_should_stop(st->j) && job_is_held(st->j);
}

/* ---- names
 * ---------------------------------------------------------------------- */

/* Whether the stamp of a name is a date and time. */
static bool
stamp_is_real(int64_t stamp)
{
    char text[16];
    int32_t day;
    int64_t time = stamp % 1000000;

    snprintf(text, sizeof text, "%08lld", (long long)(stamp / 1000000));
    return day_parse(text, &day) && time / 10000 < 24 &&
           time / 100 % 100 < 60 && time % 100 < 60;
}

/* Whether the text at `path` is LSE, and the name that it goes by. */
static bool
looks_like_lse(const char *path, const char *keys, char name[INBOX_NAME])
{
    static const char row[] = "00000001,";
    char why[512], first[sizeof row + 2];
    struct source *s = source_open(path, keys, why);
    const char *at = first;
    ssize_t n = -1;

    if (s == NULL)
        return false; /* the loader says why */
    n = source_read(s, first, sizeof first);
    str_copy(name, INBOX_NAME, source_name(s));
    source_close(s);
    if (n >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    return first + n - at >= (ssize_t)sizeof row - 1 &&
           memcmp(at, row, sizeof row - 1) == 0;
}

/* What is wrong with the name of an LSE file; NULL when it is sound. */
static const char *
name_refusal(const char *name, const char *duns)
{
    struct feed_name parts;

    if (!feed_name_parse(name, &parts))
        return "";
    if (!stamp_is_real(parts.stamp))
        return "no such date or time";
    return strcmp(parts.sender, duns) != 0 ? "another sender's DUNS" : NULL;
}

static void
refuse_name(struct step *st, const char *name, const char *note)
{
    struct feed_reject j = {.field = "file name", .day = DAY_NONE};
    struct feed_result r = {
        .path = name, .state = FEED_REFUSED, .rejects = &j, .n_rejects = 1};

    feed_reject_code(&j, FEED_NAME);
    str_copy(j.note, sizeof j.note, note);
    str_copy(r.l.kind, sizeof r.l.kind, "lse");
    str_copy(r.l.sender, sizeof r.l.sender, st->s.duns);
    r.l.started_utc = clock_now();
    finish(st, name, &r);
}

/* Sorts out the names; what is left is to be loaded. */
static void
names_check(struct step *st)
{
    char folder[1024], name[INBOX_NAME], path[512];
    const char *keys = feed_key_folder(st->j->conf, folder);

    for (size_t i = 0; i < st->names.n && st->why[0] == '\0'; i++) {
        const char *given = st->names.name[i], *note = NULL;

        inbox_work_path(&st->s, given, path);
        if (looks_like_lse(path, keys, name))
            note = name_refusal(name, st->s.duns);
        if (note != NULL) {
            refuse_name(st, given, note);
            continue;
        }
        st->name[st->n] = given;
        st->path[st->n++] = arena_dup(st->j->arena, path);
    }
}

/* ---- the jobs
 * --------------------------------------------------------------------- */

static void
load(struct step *st)
{
    struct feed_watch *watch;
    struct feed_options o = {.sender = st->s.duns,
                             .lock_seconds = LOCK_SECONDS,
                             .wait_seconds = (double)st->j->conf->away_seconds,
                             .progress = feed_watch_progress};

    names_check(st);
    if (st->n == 0 || st->why[0] != '\0')
        return;
    o.progress_arg = watch = feed_watch_open(db_store(st->j->db), "inbox");
    feed_load_files(st->j->db, st->j->conf, &o, st->n, st->path, take_result,
                    st);
    feed_watch_close(watch);
}

enum job_rc
inbox_load_job(struct job *j)
{
    struct step *st = ARENA_NEW(j->arena, struct step);
    struct inbox in;
    size_t n;

    st->j = j;
    if (!inbox_open(j->conf, &in, j->note))
        return JOB_LATER;
    if (!inbox_sender_open(&in, j->key, &st->s, j->note)) {
        inbox_close(&in);
        return JOB_LATER;
    }
    if (inbox_take(&st->s, STEP_FILES, &st->names, st->why))
        load(st);
    n = st->names.n;
    inbox_names_free(&st->names);
    inbox_sender_close(&st->s);
    inbox_close(&in);
    snprintf(j->note, sizeof j->note, "%d done, %d rejected%s%.400s", st->done,
             st->rejected, st->why[0] ? ": " : "", st->why);
    if (st->why[0] != '\0')
        return JOB_LATER;
    return n == STEP_FILES || job_should_stop(j) ? JOB_AGAIN : JOB_DONE;
}

struct watch {
    struct job *j;
    int64_t now; /* by the clock that all programs of the store share */
    int asked;
    bool failed;
};

static void
ask_for_load(void *arg, const char *duns)
{
    struct watch *w = arg;
    struct job_row row = {.due_utc = w->now};

    str_copy(row.kind, sizeof row.kind, "inbox.load");
    str_copy(row.key, sizeof row.key, duns);
    switch (db_job_add(w->j->db, &row, w->now)) {
    case DB_OK:
        w->asked++;
        break;
    case DB_NONE: /* it waits or runs already */
        break;
    default:
        w->failed = true;
    }
}

enum job_rc
inbox_watch_job(struct job *j)
{
    struct watch w = {.j = j, .now = job_now(j)};
    struct inbox in;
    bool ok;

    j->again_utc = clock_now() + j->conf->inbox_seconds;
    if (!inbox_open(j->conf, &in, j->note))
        return JOB_LATER;
    ok = inbox_each_ready(&in, ask_for_load, &w, j->note);
    inbox_close(&in);
    if (!ok || w.failed)
        return JOB_LATER;
    snprintf(j->note, sizeof j->note, "%d senders", w.asked);
    return JOB_DONE;
}
