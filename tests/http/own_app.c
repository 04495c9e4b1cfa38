/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers that show what a request was understood to be. */
#include "tests/http/own_app.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/base/arena.h"
#include "server/base/str.h"
#include "server/text/template.h"

struct actor {
    const char *name;
    bool admin;
    int lang;
};

static const struct actor PEOPLE[] = {
    {"nobody", false, -1},
    {"ana", false, -1},
    {"ada", true, -1},
    {"luz", false, LANG_ES},
};

atomic_int own_streams_made, own_streams_freed;

/* ---- handlers ------------------------------------------------------------ */

static enum fault
hello(struct req *r)
{
    return reply_bytes(r, 200, "text/plain; charset=utf-8", "hello\n", 6);
}

/* Every kind of parameter, as it was understood. */
static enum fault
echo(struct req *r)
{
    const char *text, *kind;
    char day_text[11];
    int32_t day;
    int64_t n;
    enum fault f;

    if ((f = req_text(r, "text", 20, &text)) != FAULT_NONE ||
        (f = req_i64(r, "n", -5, 100, 7, &n)) != FAULT_NONE ||
        (f = req_day(r, "day", DAY_NONE, &day)) != FAULT_NONE ||
        (f = req_choice(r, "kind", "daily monthly", &kind)) != FAULT_NONE)
        return f;
    return reply_json(
        r, 200,
        json_pack("{s:s?, s:I, s:s?, s:s, s:b, s:s, s:s?, s:s?, s:s, s:s}",
                  "text", text, "n", (json_int_t)n, "day",
                  day == DAY_NONE ? NULL : day_format(day_text, day), "kind",
                  kind, "flag", req_flag(r, "flag"), "who", r->who->name, "arg",
                  r->path_arg, "arg2", r->path_arg2, "lang", lang_code(r->lang),
                  "peer", r->peer));
}

static enum fault
special(struct req *r)
{
    return reply_bytes(r, 200, "text/plain", "special", 7);
}

/* A page: the frame, the person's language, a form token. */
static enum fault
notice(struct req *r)
{
    json_t *fault = json_pack("{s:i, s:s, s:s}", "status", 200, "title",
                              "<Hello & goodbye>", "text", r->who->name);

    return page(r, "error.html",
                json_pack("{s:s, s:o}", "title", "A <notice>", "fault", fault));
}

static enum fault
no_template(struct req *r)
{
    return page(r, "no/such.html", NULL);
}

static enum fault
fault_by_number(struct req *r)
{
    int64_t n;

    if (!str_to_i64(r->path_arg, &n) || n >= FAULT_COUNT)
        return FAULT_NOT_FOUND;
    if (n == FAULT_PAST_LIMIT)
        return req_bad(r, FAULT_PAST_LIMIT, "from", "entry.range", "40 <days>");
    return (enum fault)n;
}

static enum fault
answer_twice(struct req *r)
{
    hello(r);
    return hello(r);
}

static enum fault
answer_never(struct req *r)
{
    (void)r;
    return FAULT_NONE;
}

static enum fault
fault_after_answer(struct req *r)
{
    reply_cookie(r, "kept", "yes", -1);
    hello(r);
    return FAULT_CONFLICT;
}

static enum fault
redirect(struct req *r)
{
    const char *to;
    enum fault f = req_text(r, "to", 200, &to);

    return f ? f : reply_redirect(r, to ? to : "/");
}

static enum fault
file(struct req *r)
{
    reply_file_name(r, "my \"us\r\nage\".csv");
    reply_header(r, "X-Bad", "a\r\nX-Split: yes");
    reply_cookie(r, "bad", "a; Domain=evil", 5);
    reply_cookie(r, "good", "b", 5);
    reply_cookie(r, "gone", "", 5);
    return reply_bytes(r, 200, "text/csv; charset=utf-8", "a,b\n", 4);
}

static enum fault
sleep_ms(struct req *r)
{
    int64_t ms = 0;

    if (!str_to_i64(r->path_arg, &ms) || ms > 20000)
        return FAULT_NOT_FOUND;
    nanosleep(
        &(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000},
        NULL);
    return hello(r);
}

static enum fault
body_size(struct req *r)
{
    const char *text;
    enum fault f = req_text(r, "text", 200000, &text);

    if (f)
        return f;
    return reply_json(
        r, 200,
        json_pack("{s:I}", "size", (json_int_t)(text ? strlen(text) : 0)));
}

/* ---- streams --------------------------------------------------------------
 * Lines of 64 bytes, numbered, so that a lost or doubled piece shows. */

struct lines {
    int64_t at, end;
    int64_t fail_at; /* -1: never */
};

static enum stream_rc
lines_more(void *state, struct db *db, struct buf *to)
{
    struct lines *l = state;

    if (!db)
        abort();                          /* a worker's handle was promised */
    if (l->at % 5 == 3 && to->len == 0) { /* some pieces are empty */
        l->at++;
        buf_printf(to, "%063lld\n", (long long)l->at - 1);
        return l->at == l->end ? STREAM_END : STREAM_MORE;
    }
    for (int i = 0; i < 1024 && l->at < l->end; i++) {
        if (l->at == l->fail_at)
            return STREAM_FAIL;
        buf_printf(to, "%063lld\n", (long long)l->at++);
    }
    return l->at < l->end ? STREAM_MORE : STREAM_END;
}

static void
lines_free(void *state)
{
    atomic_fetch_add(&own_streams_freed, 1);
    free(state);
}

static enum fault
lines_reply(struct req *r, int64_t fail_at)
{
    struct lines *l;
    int64_t n;

    if (!str_to_i64(r->path_arg, &n))
        return FAULT_NOT_FOUND;
    l = mem_new(sizeof *l);
    *l = (struct lines){0, n, fail_at};
    atomic_fetch_add(&own_streams_made, 1);
    reply_file_name(r, "lines.txt");
    return reply_stream(r, "text/plain", lines_more, lines_free, l);
}

static enum fault
lines(struct req *r)
{
    return lines_reply(r, -1);
}

static enum fault
lines_broken(struct req *r)
{
    return lines_reply(r, 3000);
}

/* A search that finds nothing for a long time: pieces without bytes. */
static enum stream_rc
nothing_more(void *state, struct db *db, struct buf *to)
{
    struct lines *l = state;

    (void)db;
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    if (++l->at < l->end)
        return STREAM_MORE;
    buf_puts(to, "found\n");
    return STREAM_END;
}

static enum fault
nothing(struct req *r)
{
    struct lines *l = mem_new(sizeof *l);

    str_to_i64(r->path_arg, &l->end);
    atomic_fetch_add(&own_streams_made, 1);
    return reply_stream(r, "text/plain", nothing_more, lines_free, l);
}

/* clang-format off */
static const struct route ROUTES_HERE[] = {
    {"GET", "/", WHO_ANYONE, FACE_PAGE, hello, NULL, 0},
    {"GET", "/echo", WHO_ANYONE, FACE_PAGE, echo, "text n day kind flag", 0},
    {"POST", "/echo", WHO_ANYONE, FACE_PAGE, echo, "text n day kind flag", 0},
    {"GET", "/api/echo", WHO_ANYONE, FACE_JSON, echo, "text n day kind flag", 0},
    {"POST", "/api/echo", WHO_ANYONE, FACE_JSON, echo, "text n day kind flag", 0},
    {"PUT", "/api/echo", WHO_SIGNED_IN, FACE_JSON, echo, "text n", 0},
    {"GET", "/item/{}", WHO_ANYONE, FACE_PAGE, echo, NULL, 0},
    {"GET", "/item/special", WHO_ANYONE, FACE_PAGE, special, NULL, 0},
    {"GET", "/item/{}/part/{}", WHO_ANYONE, FACE_PAGE, echo, NULL, 0},
    {"GET", "/notice", WHO_ANYONE, FACE_PAGE, notice, "x", 0},
    {"GET", "/no-template", WHO_ANYONE, FACE_PAGE, no_template, NULL, 0},
    {"GET", "/closed", WHO_NOBODY, FACE_PAGE, hello, NULL, 0},
    {"GET", "/mine", WHO_SIGNED_IN, FACE_PAGE, hello, NULL, 0},
    {"POST", "/mine", WHO_SIGNED_IN, FACE_PAGE, hello, NULL, 0},
    {"GET", "/mine.csv", WHO_CUSTOMER, FACE_FILE, file, NULL, 0},
    {"GET", "/api/mine", WHO_SIGNED_IN, FACE_JSON, hello, NULL, 0},
    {"GET", "/admin", WHO_ADMIN, FACE_PAGE, hello, NULL, 0},
    {"GET", "/api/admin", WHO_ADMIN, FACE_JSON, hello, NULL, 0},
    {"GET", "/fault/{}", WHO_ANYONE, FACE_PAGE, fault_by_number, NULL, 0},
    {"GET", "/api/fault/{}", WHO_ANYONE, FACE_JSON, fault_by_number, NULL, 0},
    {"GET", "/twice", WHO_ANYONE, FACE_PAGE, answer_twice, NULL, 0},
    {"GET", "/never", WHO_ANYONE, FACE_PAGE, answer_never, NULL, 0},
    {"GET", "/after", WHO_ANYONE, FACE_PAGE, fault_after_answer, NULL, 0},
    {"GET", "/redirect", WHO_ANYONE, FACE_PAGE, redirect, "to", 0},
    {"GET", "/sleep/{}", WHO_ANYONE, FACE_PAGE, sleep_ms, NULL, 0},
    {"POST", "/large", WHO_ANYONE, FACE_PAGE, body_size, "text", 100000},
    {"GET", "/lines/{}", WHO_ANYONE, FACE_FILE, lines, NULL, 0},
    {"GET", "/broken/{}", WHO_ANYONE, FACE_FILE, lines_broken, NULL, 0},
    {"GET", "/nothing/{}", WHO_ANYONE, FACE_FILE, nothing, NULL, 0},
    {0},
};
/* clang-format on */

/* ---- people -------------------------------------------------------------- */

static struct db *
own_open(void *arg)
{
    (void)arg;
    return mem_new(1); /* stands for a store handle */
}

static void
own_close(struct db *db)
{
    free(db);
}

static enum fault
own_actor(struct db *db, struct arena *a, const char *cookie, int64_t now_utc,
          const struct actor **who, int *profile_lang)
{
    (void)db, (void)a, (void)now_utc;
    *who = &PEOPLE[0];
    for (size_t i = 1; i < sizeof PEOPLE / sizeof *PEOPLE; i++) {
        if (str_starts(cookie, PEOPLE[i].name) && cookie[3] == '.')
            *who = &PEOPLE[i];
    }
    *profile_lang = (*who)->lang;
    return str_starts(cookie, "broken.") ? FAULT_BUSY : FAULT_NONE;
}

static bool
own_signed_in(const struct actor *who)
{
    return who != &PEOPLE[0];
}

static bool
own_may_enter(const struct actor *who, enum who gate)
{
    return own_signed_in(who) && (gate != WHO_ADMIN || who->admin);
}

static void
own_frame(const struct req *r, json_t *view)
{
    if (own_signed_in(r->who))
        json_object_set_new(view, "user",
                            json_pack("{s:s}", "name", r->who->name));
}

static void
own_metrics(void *arg, struct buf *to)
{
    (void)arg;
    buf_puts(to, "own_metric 42\n");
}

static const char *
own_health(void *arg)
{
    (void)arg;
    return getenv("OWN_APP_ILL");
}

const struct http_app OWN_APP = {
    .routes = ROUTES_HERE,
    .open = own_open,
    .close = own_close,
    .actor = own_actor,
    .nobody = &PEOPLE[0],
    .may_enter = own_may_enter,
    .signed_in = own_signed_in,
    .frame = own_frame,
    .metrics = own_metrics,
    .health = own_health,
};
