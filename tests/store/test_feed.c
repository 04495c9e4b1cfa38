/* SPDX-License-Identifier: Apache-2.0 */
/* Files through the real loader, on both engines: every hostile case, real
 * data there and back, the counts, and what happens at a second time. */
#include "tests/store/engines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/feed/load.h"
#include "api/feed/report.h"
#include "api/usage/lse_out.h"
#include "db/point.h"
#include "db/reading.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "tests/golden/golden.h"
#include "tests/golden/hostile.h"

static struct conf conf;

static void
set_clock(const char *text)
{
    int64_t now;

    assert_true(utc_parse(text, &now));
    clock_set(now);
}

/* Loads bytes as a file of that name; clear the result. */
static void
load_bytes(struct engine *e, const char *name, const void *bytes, size_t n,
           struct feed_result *r)
{
    char path[600];

    snprintf(path, sizeof path, "%s/%s", e->folder, name);
    assert_true(file_write(path, bytes, n, 0600));
    feed_load_file(e->db, &conf, NULL, path, r);
    assert_int_equal(r->l.n.read, r->l.n.loaded + r->l.n.replaced +
                                      r->l.n.unchanged + r->l.n.historic +
                                      r->l.n.rejected);
    r->path = NULL;
}

static void
read_golden(struct buf *to)
{
    assert_true(golden_read(to, golden_path("lse_good.lse")));
}

/* Replaces every `old` by a text of the same length. */
static void
replace_all(struct buf *b, const char *old, const char *new)
{
    size_t n = strlen(old);

    assert_int_equal(n, strlen(new));
    for (char *p = b->at; (p = strstr(p, old)) != NULL; p += n)
        memcpy(p, new, n);
}

static void
assert_counts(const struct feed_result *r, int loaded, int replaced,
              int unchanged, int historic, int rejected)
{
    char got[128], want[128];

    snprintf(got, sizeof got,
             "%d loaded %d replaced %d unchanged %d historic "
             "%d rejected",
             (int)r->l.n.loaded, (int)r->l.n.replaced, (int)r->l.n.unchanged,
             (int)r->l.n.historic, (int)r->l.n.rejected);
    snprintf(want, sizeof want,
             "%d loaded %d replaced %d unchanged %d "
             "historic %d rejected",
             loaded, replaced, unchanged, historic, rejected);
    assert_string_equal(got, want);
}

/* ---- the hostile table
 * -------------------------------------------------------- */

struct hostile_run {
    struct engine *e;
    int wrong;
};

static void
hostile_row(void *arg, struct hostile *h)
{
    struct hostile_run *run = arg;
    struct feed_result r;
    struct buf said = {0};
    int64_t loads;

    load_bytes(run->e, "hostile.lse", h->text.at, h->text.len, &r);
    loads = r.l.n.read - r.l.n.rejected;
    for (size_t i = 0; i < r.n_rejects; i++) {
        buf_printf(&said, "%s %s %u ", r.rejects[i].ercot, r.rejects[i].ours,
                   r.rejects[i].line);
        feed_reject_field(&r.rejects[i], &said);
        buf_putc(&said, '\n');
    }
    if (r.state == FEED_FAILED || loads != h->loads ||
        strcmp(buf_text(&said), h->expect) != 0) {
        print_error("lse_hostile.txt:%ld: %s: %lld load, want %d; %s said\n"
                    "%swant\n%s",
                    h->row, h->name, (long long)loads, h->loads, r.why, said.at,
                    h->expect);
        run->wrong++;
    }
    buf_clear(&said);
    feed_result_clear(&r);
}

static void
test_hostile_files(void **state)
{
    struct hostile_run run = {.e = engine_of(state)};

    assert_true(hostile_each(hostile_row, &run) >= 190);
    assert_int_equal(run.wrong, 0);
}

/* ---- there and back
 * ------------------------------------------------------------- */

struct writing {
    struct buf text;
    const char *esiid;
};

static bool
write_day(void *arg, const struct reading_day *d,
          const struct reading_version *v)
{
    struct writing *w = arg;

    usage_lse_day(&w->text, w->esiid, tz_get("America/Chicago"), "183529049", d,
                  v);
    return true;
}

/* The detail rows alone: the rest may be told in other words. */
static void
keep_details(struct buf *b)
{
    char *to = b->at, *line = b->at;

    buf_text(b);
    while (*line != '\0') {
        char *end = strchr(line, '\n') + 1;

        if (*line == '1') {
            memmove(to, line, (size_t)(end - line));
            to += end - line;
        }
        line = end;
    }
    b->len = (size_t)(to - b->at);
    buf_text(b);
}

static void
there_and_back(struct engine *e, const char *name, const char *esiid,
               int records)
{
    struct writing w = {.esiid = esiid};
    struct buf text = {0};
    struct feed_result r;
    struct point p;
    if (!file_exists(golden_shared(name)))
        skip();
    assert_true(golden_read(&text, golden_shared(name)));
    load_bytes(e, strrchr(name, '/') + 1, text.at, text.len, &r);
    assert_int_equal(r.state, FEED_LOADED);
    assert_counts(&r, records, 0, 0, 0, 0);
    feed_result_clear(&r);
    assert_int_equal(db_point_get(e->db, esiid, &p), DB_OK);
    assert_false(p.registered);
    assert_int_equal(reading_each(e->db, p.id, 0, 30000, write_day, &w), DB_OK);
    load_bytes(e, "back.lse", w.text.at, w.text.len, &r);
    if (r.n_rejects > 0)
        print_error("line %u: %s: %s\n", r.rejects[0].line,
                    r.rejects[0].excerpt, r.rejects[0].reason);
    assert_counts(&r, 0, 0, records, 0, 0);
    feed_result_clear(&r);
    keep_details(&text);
    keep_details(&w.text);
    assert_string_equal(w.text.at, text.at);
    buf_clear(&text);
    buf_clear(&w.text);
}

static void
test_a_real_home_comes_back(void **state)
{
    there_and_back(engine_of(state), "data/home-2022-spring.lse",
                   "10443720000000017", 184);
}

static void
test_the_markets_example_comes_back(void **state)
{
    there_and_back(engine_of(state), "data/deck-record.lse", "1000000000000000",
                   1);
}

/* The whole store but the number of the writer lock's holder. */
static char *
dump(struct engine *e)
{
    char *text = engine_dump(e), *writer = strstr(text, "\nwriter|");

    if (writer != NULL) {
        char *next = strchr(writer + 1, '\n');

        memmove(writer, next, strlen(next) + 1);
    }
    return text;
}

/* ---- again
 * ---------------------------------------------------------------------- */

static void
test_the_same_file_changes_nothing(void **state)
{
    struct engine *e = engine_of(state);
    struct buf good = {0};
    struct feed_result r;
    int64_t id;
    char *before, *after;

    read_golden(&good);
    load_bytes(e, "a.lse", good.at, good.len, &r);
    assert_int_equal(r.state, FEED_LOADED);
    assert_counts(&r, 4, 0, 0, 0, 0);
    assert_string_equal(r.l.sender, "999000111");
    id = r.l.id;
    feed_result_clear(&r);
    before = dump(e);
    load_bytes(e, "b.lse", good.at, good.len, &r);
    assert_int_equal(r.state, FEED_KNOWN);
    assert_int_equal(r.l.id, id);
    assert_counts(&r, 0, 0, 4, 0, 0);
    feed_result_clear(&r);
    after = dump(e);
    assert_string_equal(before, after);
    free(before);
    free(after);
    buf_clear(&good);
}

static void
test_newer_older_and_equal_records(void **state)
{
    struct engine *e = engine_of(state);
    struct buf good = {0};
    struct feed_result r;

    read_golden(&good);
    load_bytes(e, "a.lse", good.at, good.len, &r);
    feed_result_clear(&r);
    /* the same values under newer stamps */
    replace_all(&good, "20250702061833", "20250703061833");
    load_bytes(e, "b.lse", good.at, good.len, &r);
    assert_counts(&r, 0, 0, 4, 0, 0);
    feed_result_clear(&r);
    /* another value, newer still */
    replace_all(&good, "20250703061833", "20250704061833");
    replace_all(&good, "10000000,0.145,A", "10000000,0.146,A");
    load_bytes(e, "c.lse", good.at, good.len, &r);
    assert_counts(&r, 0, 1, 3, 0, 0);
    feed_result_clear(&r);
    /* another value, older than all */
    replace_all(&good, "20250704061833", "20250701235959");
    replace_all(&good, "10000000,0.146,A", "10000000,0.147,A");
    load_bytes(e, "d.lse", good.at, good.len, &r);
    assert_counts(&r, 0, 0, 3, 1, 0);
    feed_result_clear(&r);
    /* a status alone makes another record */
    replace_all(&good, "20250701235959", "20250705061833");
    replace_all(&good, "10000000,0.147,A", "10000000,0.146,E");
    load_bytes(e, "e.lse", good.at, good.len, &r);
    assert_counts(&r, 0, 1, 3, 0, 0);
    feed_result_clear(&r);
    buf_clear(&good);
}

/* A record that lay in the future loads when the day is over, though the file
 * was there before. */
static void
test_the_future_comes(void **state)
{
    struct engine *e = engine_of(state);
    struct buf good = {0};
    struct feed_result r;

    read_golden(&good);
    set_clock("2025-07-02T04:59:00Z");
    replace_all(&good, "202511", "202411");
    replace_all(&good, "20241102", "20241103");
    replace_all(&good, "20250702061833", "20250701061833");
    load_bytes(e, "a.lse", good.at, good.len, &r);
    assert_counts(&r, 2, 0, 0, 0, 2);
    assert_int_equal(r.rejects[0].code, FEED_FUTURE);
    feed_result_clear(&r);
    load_bytes(e, "a.lse", good.at, good.len, &r);
    assert_int_equal(r.state, FEED_KNOWN);
    assert_counts(&r, 0, 0, 2, 0, 2);
    feed_result_clear(&r);
    set_clock("2025-07-02T05:00:00Z");
    load_bytes(e, "a.lse", good.at, good.len, &r);
    assert_int_equal(r.state, FEED_LOADED);
    assert_counts(&r, 2, 0, 2, 0, 0);
    feed_result_clear(&r);
    golden_clock();
    buf_clear(&good);
}

static void
test_unload_takes_it_back(void **state)
{
    struct engine *e = engine_of(state);
    struct buf good = {0};
    struct feed_result r;
    struct reading_stats stats;
    struct load l;
    char why[512];

    read_golden(&good);
    load_bytes(e, "a.lse", good.at, good.len, &r);
    feed_result_clear(&r);
    assert_int_equal(feed_unload(e->db, r.l.id, 1, &l, why), UNLOAD_DONE);
    assert_int_equal(l.n.loaded, 4);
    assert_int_equal(reading_stats(e->db, &stats), DB_OK);
    assert_int_equal(stats.records, 0);
    assert_int_equal(feed_unload(e->db, r.l.id, 1, &l, why),
                     UNLOAD_NOT_COMMITTED);
    assert_int_equal(feed_unload(e->db, 999, 1, &l, why), UNLOAD_NONE);
    load_bytes(e, "a.lse", good.at, good.len, &r);
    assert_int_equal(r.state, FEED_LOADED);
    assert_counts(&r, 4, 0, 0, 0, 0);
    feed_result_clear(&r);
    buf_clear(&good);
}

/* ---- several files
 * ---------------------------------------------------------------- */

struct collected {
    char text[1024];
};

static bool
collect(void *arg, const struct feed_result *r)
{
    struct collected *c = arg;
    size_t n = strlen(c->text);

    snprintf(c->text + n, sizeof c->text - n, "%s %d %lld\n",
             strrchr(r->path, '/') + 1, (int)r->state,
             (long long)(r->l.n.read - r->l.n.rejected));
    return true;
}

/* A file that is not there fails alone; a refused one too. */
static void
test_files_one_after_another(void **state)
{
    struct engine *e = engine_of(state);
    struct collected c = {.text = ""};
    char path[4][600];
    const char *paths[4];
    struct buf good = {0};

    read_golden(&good);
    for (int i = 0; i < 4; i++) {
        snprintf(path[i], sizeof path[i], "%s/%d.lse", e->folder, i);
        paths[i] = path[i];
    }
    assert_true(file_write(paths[0], good.at, good.len, 0600));
    assert_true(file_write(paths[2], "hello\n", 6, 0600));
    replace_all(&good, "10000000,0.145,A", "10000000,0.148,A");
    assert_true(file_write(paths[3], good.at, good.len, 0600));
    assert_true(feed_load_files(e->db, &conf, NULL, 4, paths, collect, &c));
    assert_string_equal(c.text, "0.lse 0 4\n1.lse 3 0\n2.lse 2 0\n3.lse 0 4\n");
    buf_clear(&good);
}

static void
test_another_writer(void **state)
{
    struct engine *e = engine_of(state);
    struct feed_options o = {.lock_seconds = 0.05};
    struct feed_result r;
    struct db *other = NULL;
    struct buf good = {0};
    char why[512], path[600];

    read_golden(&good);
    snprintf(path, sizeof path, "%s/a.lse", e->folder);
    assert_true(file_write(path, good.at, good.len, 0600));
    assert_int_equal(db_open(e->store, DB_WRITE, &other, why), DB_OK);
    assert_int_equal(db_writer_lock(other, 1), DB_OK);
    feed_load_file(e->db, &conf, &o, path, &r);
    assert_int_equal(r.state, FEED_FAILED);
    assert_non_null(strstr(r.why, "writing"));
    feed_result_clear(&r);
    db_writer_unlock(other);
    db_close(other);
    feed_load_file(e->db, &conf, &o, path, &r);
    assert_int_equal(r.state, FEED_LOADED);
    feed_result_clear(&r);
    buf_clear(&good);
}

/* ---- the registry
 * ------------------------------------------------------------------ */

#define REGISTRY                                                               \
    "ESIID,TDSP,METER,INSTALLED,REP,REP_FROM,REP_TO\n"                         \
    "10443720000000001,999000112,M1,2025-07-01,999000223,2020-01-01,\n"        \
    "10443720000000002,999000112,M2,2020-01-01,999000222,2020-01-01,\n"

struct warned {
    int64_t w[4][FEED_WARNING_COUNT], rows[4], rejected[4];
    enum feed_state state[4];
    char kind[4][16];
    int n;
};

static bool
collect_warnings(void *arg, const struct feed_result *r)
{
    struct warned *c = arg;

    memcpy(c->w[c->n], r->warnings, sizeof r->warnings);
    memcpy(c->kind[c->n], r->l.kind, sizeof r->l.kind);
    c->state[c->n] = r->state;
    c->rejected[c->n] = r->l.n.rejected;
    c->rows[c->n++] = r->l.n.warned;
    return true;
}

/* LSE, then a registry, then LSE again, in one go: what the registry says
 * counts for the file behind it. */
static void
test_the_registry_in_the_middle(void **state)
{
    struct engine *e = engine_of(state);
    struct warned c = {.n = 0};
    struct buf good = {0};
    char path[3][600];
    const char *paths[3];

    read_golden(&good);
    for (int i = 0; i < 3; i++) {
        snprintf(path[i], sizeof path[i], "%s/%d", e->folder, i);
        paths[i] = path[i];
    }
    assert_true(file_write(paths[0], good.at, good.len, 0600));
    assert_true(file_write(paths[1], REGISTRY, strlen(REGISTRY), 0600));
    replace_all(&good, "10000000,0.145,A", "10000000,0.155,A");
    assert_true(file_write(paths[2], good.at, good.len, 0600));
    assert_true(
        feed_load_files(e->db, &conf, NULL, 3, paths, collect_warnings, &c));
    assert_int_equal(c.n, 3);
    assert_string_equal(c.kind[1], "registry");
    assert_int_equal(c.state[1], FEED_LOADED);
    assert_int_equal(c.rejected[1], 0);
    assert_int_equal(c.w[0][FEED_WARN_UNREGISTERED], 4);
    assert_int_equal(c.rows[0], 4);
    assert_int_equal(c.w[2][FEED_WARN_UNREGISTERED], 0);
    assert_int_equal(c.w[2][FEED_WARN_REP_DIFFERS], 3);
    assert_int_equal(c.w[2][FEED_WARN_SENDER_DIFFERS], 4);
    assert_int_equal(c.w[2][FEED_WARN_BEFORE_METER], 1); /* the spring day */
    assert_int_equal(c.rows[2], 4);
    buf_clear(&good);
}

static void
test_a_registry_that_is_none(void **state)
{
    static const char TEXT[] = "ESIID,TDSP,METER,INSTALLED\n"
                               "1,999000111,M1,2025-07-01\n"
                               "2,999000111,M1,yesterday\n";
    struct engine *e = engine_of(state);
    struct feed_result r;
    struct load l;
    char why[512];

    load_bytes(e, "r.csv", TEXT, strlen(TEXT), &r);
    assert_int_equal(r.state, FEED_LOADED);
    assert_counts(&r, 1, 0, 0, 0, 1);
    assert_int_equal(r.rejects[0].line, 3);
    assert_string_equal(r.rejects[0].field, "INSTALLED");
    assert_string_equal(r.rejects[0].ours, "T27");
    assert_string_equal(r.rejects[0].esiid, "2");
    assert_int_equal(feed_unload(e->db, r.l.id, 1, &l, why), UNLOAD_DONE);
    feed_result_clear(&r);
    load_bytes(e, "r.csv", "ESIID,TDSP,METER,INSTALLED,METER\n", 33, &r);
    assert_int_equal(r.state, FEED_REFUSED);
    assert_int_equal(r.n_rejects, 1);
    assert_string_equal(r.rejects[0].ercot, "F2");
    feed_result_clear(&r);
    load_bytes(e, "r.csv", "hello\n", 6, &r);
    assert_int_equal(r.state, FEED_REFUSED);
    assert_int_equal(r.rejects[0].code, FEED_KIND);
    feed_result_clear(&r);
}

/* ---- what the sender gets
 * ----------------------------------------------------------- */

static void
test_the_activity_report(void **state)
{
    struct engine *e = engine_of(state);
    struct buf good = {0}, said = {0};
    struct feed_result r;
    char want[2048];

    read_golden(&good);
    replace_all(&good, "10000000,0.145,A", "10000000,0.1x5,A");
    load_bytes(e, "999000111IntervalData20250702063000007.lse", good.at,
               good.len, &r);
    assert_int_equal(r.l.file_stamp, 20250702063000);
    assert_int_equal(r.l.file_counter, 7);
    feed_report_format(&r, &said);
    snprintf(want, sizeof want,
             "TYPE,LINE,ESIID,DAY,CHANNEL,CODE,DETAIL,FIELD,REASON\n"
             "FILE,,,,,,,name,999000111IntervalData20250702063000007.lse\n"
             "FILE,,,,,,,kind,lse\n"
             "FILE,,,,,,,sender,999000111\n"
             "FILE,,,,,,,digest,%s\n"
             "FILE,,,,,,,load,%lld\n"
             "FILE,,,,,,,state,loaded\n"
             "FILE,,,,,,,received,2026-01-15T12:00:00Z\n"
             "REJECT,6,10443720000000001,2025-07-01,4,02,M51,energy of "
             "interval 1,\"energy is digits, with a point only between "
             "digits\"\n"
             "WARNING,,,,,,W02,3,the registry does not know the ESI ID\n"
             "COUNT,,,,,,,read,4\n"
             "COUNT,,,,,,,loaded,3\n"
             "COUNT,,,,,,,replaced,0\n"
             "COUNT,,,,,,,unchanged,0\n"
             "COUNT,,,,,,,historic,0\n"
             "COUNT,,,,,,,rejected,1\n",
             r.l.digest, (long long)r.l.id);
    assert_string_equal(buf_text(&said), want);
    feed_result_clear(&r);
    buf_clear(&good);
    buf_clear(&said);
}

/* A name may be any bytes; the catalog of one engine takes only text. */
static void
test_a_name_that_is_no_text(void **state)
{
    struct engine *e = engine_of(state);
    struct buf b = {0};
    struct feed_result r;

    read_golden(&b);
    load_bytes(e, "a\xff\n.lse", b.at, b.len, &r);
    assert_int_equal(r.state, FEED_LOADED);
    assert_string_equal(r.l.name, "a??.lse");
    feed_result_clear(&r);
    buf_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_a_name_that_is_no_text),
        ENGINE_TESTS(test_hostile_files),
        ENGINE_TESTS(test_a_real_home_comes_back),
        ENGINE_TESTS(test_the_markets_example_comes_back),
        ENGINE_TESTS(test_the_same_file_changes_nothing),
        ENGINE_TESTS(test_newer_older_and_equal_records),
        ENGINE_TESTS(test_the_future_comes),
        ENGINE_TESTS(test_unload_takes_it_back),
        ENGINE_TESTS(test_files_one_after_another),
        ENGINE_TESTS(test_another_writer),
        ENGINE_TESTS(test_the_registry_in_the_middle),
        ENGINE_TESTS(test_a_registry_that_is_none),
        ENGINE_TESTS(test_the_activity_report),
    };

    conf_init(&conf);
    /* The market's example is of 2008. */
    snprintf(conf.keep, sizeof conf.keep, "forever");
    golden_clock();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
