/* SPDX-License-Identifier: Apache-2.0 */
/* The LSE reader: what it takes, how it refuses, and that the cutting of the
 * text into spans changes nothing. */
#include "api/feed/check.h"
#include "server/base/clock.h"
#include "tests/golden/golden.h"
#include "tests/golden/hostile.h"
#include "tests/unit/unit.h"

static void
read_good(struct buf *to)
{
    assert_true(golden_read(to, golden_path("lse_good.lse")));
}

/* ---- spans
 * ------------------------------------------------------------------- */

/* Gives a text in pieces of `step` bytes, each at a place of its own that is
 * freed at the next call, so that a reader that looks back is caught. */
struct pieces {
    const struct buf *text;
    size_t at, step;
    char *piece;
};

static void
more_pieces(void *arg, const char *from, size_t keep, struct lse_span *span)
{
    struct pieces *p = arg;
    size_t n = p->text->len - p->at;
    char *old = p->piece;

    if (n > p->step)
        n = p->step;
    p->piece = malloc(keep + n + LSE_PAD);
    assert_non_null(p->piece);
    memcpy(p->piece, from, keep);
    memcpy(p->piece + keep, p->text->at + p->at, n);
    memset(p->piece + keep + n, 0, LSE_PAD);
    p->at += n;
    free(old);
    *span =
        (struct lse_span){p->piece, p->piece + keep + n, p->at == p->text->len};
}

/* Everything that reading a text gives, as lines. */
static void
describe(struct lse *in, struct buf *to, int *loads)
{
    const struct tz *zone = tz_get("America/Chicago");
    struct feed_point point = {.zone = zone};
    struct lse_record *r = malloc(sizeof *r);
    struct feed_check check;
    uint32_t warnings;
    enum lse_rc rc;

    assert_non_null(r);
    *loads = 0;
    feed_check_init(&check, "183529049", "", clock_now());
    while ((rc = feed_lse_next(in, r)) != LSE_END) {
        if (rc == LSE_RECORD &&
            feed_check_record(&check, in, r, &point, &warnings)) {
            ++*loads;
            continue;
        }
        if (rc == LSE_REFUSED)
            *loads = 0;
        buf_printf(to, "%s %s %u ", in->reject.ercot, in->reject.ours,
                   in->reject.line);
        feed_reject_field(&in->reject, to);
        buf_putc(to, '\n');
    }
    if (in->records == 0 && to->len == 0)
        buf_puts(to, "nothing\n");
    free(r);
    buf_text(to);
}

static void
describe_text(const struct buf *text, size_t step, struct buf *to, int *loads)
{
    struct pieces pieces = {.text = text, .step = step};
    struct lse in;

    if (step == 0)
        feed_lse_init_text(&in, text->at, text->len);
    else
        feed_lse_init(&in, more_pieces, &pieces);
    describe(&in, to, loads);
    free(pieces.piece);
}

/* ---- the table
 * ----------------------------------------------------------------- */

static int wrong;

static void
hostile_row(void *arg, struct hostile *h)
{
    static const size_t STEPS[] = {0, 61, 4096, 100003};
    int loads;

    (void)arg;
    if (h->twice)
        return;
    for (unsigned i = 0; i < 4; i++) {
        struct buf said = {0};

        if (STEPS[i] == 61 && h->text.len > 1 << 16)
            continue;
        describe_text(&h->text, STEPS[i], &said, &loads);
        if (loads != h->loads || strcmp(said.at, h->expect) != 0) {
            print_error("lse_hostile.txt:%ld: %s (step %zu): %d load, want "
                        "%d; said\n%swant\n%s",
                        h->row, h->name, STEPS[i], loads, h->loads, said.at,
                        h->expect);
            wrong++;
        }
        buf_clear(&said);
    }
}

static void
hostile_table(void **state)
{
    (void)state;
    assert_true(hostile_each(hostile_row, NULL) >= 190);
    assert_int_equal(wrong, 0);
}

/* ---- values
 * -------------------------------------------------------------------- */

static void
reads_values(void **state)
{
    static const struct {
        const char *text;
        int64_t ukwh;
        int places;
    } VALUES[] = {
        {"0.145", 145000, 3},
        {"12", 12000000, 0},
        {"358.5", 358500000, 1},
        {"30.27", 30270000, 2},
        {"0.000001", 1, 6},
        {"9999999.999999", LSE_MOST_UKWH, 6},
        {"0", 0, 0},
        {"1.0", 1000000, 1},
        {"12345", 12345000000, 0},
        {"1234567", 1234567000000, 0},
        {"12345.6", 12345600000, 1},
        {"1.23456", 1234560, 5},
        {"2345678", 2345678000000, 0},
        {"0000001", 1000000, 0},
        {"1.234567", 1234567, 6},
        {"99.99999", 99999990, 5},
    };
    struct buf good = {0};
    struct lse_record r;
    struct lse in;

    (void)state;
    read_good(&good);
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        char *text = calloc(1, good.len + 64 + LSE_PAD);
        const char *at = strstr(good.at, "0.145");
        int n = snprintf(text, good.len + 64, "%.*s%s%s", (int)(at - good.at),
                         good.at, VALUES[i].text, at + 5);

        feed_lse_init_text(&in, text, (size_t)n);
        assert_int_equal(feed_lse_next(&in, &r), LSE_RECORD);
        assert_int_equal(r.d.value_ukwh[0], VALUES[i].ukwh);
        assert_int_equal(r.d.places[0], VALUES[i].places);
        assert_int_equal(r.d.value_ukwh[1], 113000);
        assert_int_equal(r.d.status[0], 'A');
        free(text);
    }
    buf_clear(&good);
}

static void
reads_headers(void **state)
{
    struct buf good = {0};
    struct lse_record r;
    struct lse in;
    int32_t day;

    (void)state;
    read_good(&good);
    feed_lse_init_text(&in, good.at, good.len);
    assert_int_equal(feed_lse_next(&in, &r), LSE_RECORD);
    assert_int_equal(r.esiid_n, 17);
    assert_memory_equal(r.esiid, "10443720000000001", 17);
    assert_true(day_parse("2025-07-01", &day));
    assert_int_equal(r.d.day, day);
    assert_int_equal(r.d.channel, CHANNEL_LOAD);
    assert_int_equal(r.d.n, 96);
    assert_int_equal(r.d.seconds, 900);
    assert_int_equal(r.d.origin, 'M');
    assert_int_equal(r.d.stamp, 20250702061833);
    assert_true(r.d.has_reads);
    assert_int_equal(r.d.start_read.micro, 24002915000);
    assert_int_equal(r.d.stop_read.places, 3);
    assert_string_equal(r.d.transaction,
                        "999000111IntervalData2025070100000001");
    assert_string_equal(r.d.rep, "999000222");
    assert_string_equal(r.d.mre, "999000111");
    assert_string_equal(r.sender, "999000111");
    assert_string_equal(r.receiver, "183529049");
    assert_int_equal(r.line, 1);
    assert_int_equal(feed_lse_next(&in, &r), LSE_RECORD);
    assert_int_equal(r.line, 30);
    assert_int_equal(r.d.channel, CHANNEL_GENERATION);
    assert_false(r.d.has_reads);
    assert_int_equal(r.d.status[37], 'E');
    assert_int_equal(feed_lse_next(&in, &r), LSE_RECORD);
    assert_int_equal(r.d.n, 92);
    assert_int_equal(feed_lse_next(&in, &r), LSE_RECORD);
    assert_int_equal(r.d.n, 100);
    assert_int_equal(feed_lse_next(&in, &r), LSE_END);
    assert_int_equal(feed_lse_next(&in, &r), LSE_END);
    assert_int_equal(in.records, 4);
    buf_clear(&good);
}

/* Puts the values together again: every detail line must come back. */
static void
same_details(const char *name, int records)
{
    struct buf text = {0}, out = {0};
    struct lse_record r;
    const char *p;
    struct lse in;
    int n = 0;

    assert_true(golden_read(&text, golden_shared(name)));
    p = text.at;
    feed_lse_init_text(&in, text.at, text.len);
    for (; feed_lse_next(&in, &r) == LSE_RECORD; n++) {
        for (unsigned i = 0; i < r.d.n; i++) {
            char value[DECIMAL_TEXT];

            decimal_format(value,
                           (struct decimal){r.d.value_ukwh[i], r.d.places[i]});
            if (i % 4 == 0)
                buf_printf(&out, "%u", 10000000 + i / 4);
            buf_printf(&out, ",%s,%c,%s", value, r.d.status[i],
                       i % 4 == 3 ? ",\n" : "");
        }
        buf_text(&out);
        p = strstr(p, "\n10000000,") + 1;
        assert_memory_equal(out.at, p, out.len);
        out.len = 0;
    }
    assert_int_equal(n, records);
    assert_true(in.over);
    buf_clear(&text);
    buf_clear(&out);
}

static void
reads_real_files(void **state)
{
    (void)state;
    if (!file_exists(golden_shared("data/deck-record.lse")))
        skip();
    same_details("data/deck-record.lse", 1);
    same_details("data/home-2022-spring.lse", 184);
}

/* ---- refusals
 * ------------------------------------------------------------------ */

static void
points_with_a_caret(void **state)
{
    struct buf text = {0}, said = {0};
    struct lse_record r;
    struct lse in;

    (void)state;
    read_good(&text);
    memcpy(strstr(text.at, "0.113"), "0.1x3", 5);
    feed_lse_init_text(&in, text.at, text.len);
    assert_int_equal(feed_lse_next(&in, &r), LSE_REJECT);
    assert_string_equal(in.reject.esiid, "10443720000000001");
    assert_int_equal(in.reject.channel, 4);
    assert_int_equal(in.reject.column, 22);
    feed_reject_print(&in.reject, "a.lse", &said);
    assert_string_equal(
        buf_text(&said),
        "a.lse:6:22: energy of interval 2: energy is digits, with a point "
        "only between digits [02 M51]\n"
        "    10000000,0.145,A,,0.1x3,A,,0.144,A,,0.132,A,,\n"
        "                         ^\n");
    buf_clear(&text);
    buf_clear(&said);
}

static void
documents_codes(void **state)
{
    struct buf page = {0}, want = {0};
    const char *path = golden_path("../../docs/lse-codes.md");

    (void)state;
    feed_codes_document(&want);
    if (getenv("MH_WRITE_DOCS") != NULL)
        assert_true(file_write(path, want.at, want.len, 0644));
    assert_true(file_read(path, 1 << 20, &page));
    assert_string_equal(buf_text(&page), buf_text(&want));
    buf_clear(&page);
    buf_clear(&want);
}

static void
codes_are_distinct(void **state)
{
    (void)state;
    for (int a = 0; a < FEED_CODE_COUNT; a++)
        for (int b = 0; b < a; b++) {
            struct feed_reject x = {.line = 1}, y = {.line = 1};

            feed_reject_code(&x, (enum feed_code)a);
            feed_reject_code(&y, (enum feed_code)b);
            assert_string_not_equal(x.ours, y.ours);
            assert_string_not_equal(x.reason, y.reason);
        }
}

/* ---- bounds
 * -------------------------------------------------------------------- */

/* 50,000 records are a file, one more is none; both are counted. */
static void
counts_to_the_limit(void **state)
{
    struct buf good = {0}, text = {0};
    struct lse_record r;
    struct lse in;
    const char *second;
    int records = 0;

    (void)state;
    read_good(&good);
    second = strstr(good.at, "\n00000001,") + 1;
    for (int i = 0; i < LSE_MOST_RECORDS; i++)
        buf_add(&text, good.at, (size_t)(second - good.at));
    buf_room(&text, LSE_PAD);
    memset(text.at + text.len, 0, LSE_PAD);
    feed_lse_init_text(&in, text.at, text.len);
    while (feed_lse_next(&in, &r) == LSE_RECORD)
        records++;
    assert_int_equal(records, LSE_MOST_RECORDS);
    assert_int_equal(in.records, LSE_MOST_RECORDS);
    assert_int_equal(feed_lse_next(&in, &r), LSE_END);
    for (int i = 0; i < 7; i++)
        buf_add(&text, good.at, (size_t)(second - good.at));
    buf_room(&text, LSE_PAD);
    memset(text.at + text.len, 0, LSE_PAD);
    feed_lse_init_text(&in, text.at, text.len);
    for (int i = 0; i < LSE_MOST_RECORDS; i++)
        assert_int_equal(feed_lse_next(&in, &r), LSE_RECORD);
    assert_int_equal(feed_lse_next(&in, &r), LSE_REFUSED);
    assert_int_equal(in.reject.code, FEED_TOO_MANY);
    assert_int_equal(in.records, LSE_MOST_RECORDS + 7);
    assert_int_equal(feed_lse_next(&in, &r), LSE_END);
    buf_clear(&good);
    buf_clear(&text);
}

/* ---- warnings
 * ------------------------------------------------------------------ */

static uint32_t
warnings_of(const char *old, const char *new)
{
    struct feed_point p = {
        .id = 1, .registered = true, .zone = tz_get("America/Chicago")};
    struct buf good = {0};
    struct feed_check check;
    struct lse_record r;
    uint32_t w = 0;
    struct lse in;

    read_good(&good);
    memcpy(strstr(good.at, old), new, strlen(new));
    feed_check_init(&check, "1 *", "999000111", clock_now());
    feed_lse_init_text(&in, good.at, good.len);
    assert_int_equal(feed_lse_next(&in, &r), LSE_RECORD);
    assert_true(feed_check_record(&check, &in, &r, &p, &w));
    buf_clear(&good);
    return w;
}

static void
warns(void **state)
{
    (void)state;
    assert_int_equal(warnings_of("4", "4"), 0);
    assert_int_equal(warnings_of(",REP=", ",RIP="), 1 << FEED_WARN_NO_REP);
    assert_int_equal(warnings_of("20250702061833", "20250701061833"),
                     1 << FEED_WARN_STAMP_EARLY);
}

static void
warns_by_the_registry(void **state)
{
    struct point_fact fact = {.installed_day = DAY_NONE};

    (void)state;
    assert_int_equal(feed_check_registry("1", "2", 5, &fact), 0);
    fact = (struct point_fact){.tdsp = "1", .rep = "2", .installed_day = 5};
    assert_int_equal(feed_check_registry("1", "2", 5, &fact), 0);
    assert_int_equal(feed_check_registry("1", "", 5, &fact), 0);
    assert_int_equal(feed_check_registry("1", "3", 5, &fact),
                     1 << FEED_WARN_REP_DIFFERS);
    assert_int_equal(feed_check_registry("9", "2", 5, &fact),
                     1 << FEED_WARN_SENDER_DIFFERS);
    assert_int_equal(feed_check_registry("1", "2", 4, &fact),
                     1 << FEED_WARN_BEFORE_METER);
}

/* A zone whose fall day is another day makes another day of 100. */
static void
asks_the_zone(void **state)
{
    struct feed_point p = {.id = 0};
    struct buf good = {0};
    struct feed_check check;
    struct lse_record r;
    struct lse in;
    uint32_t w;

    (void)state;
    read_good(&good);
    memcpy(strstr(good.at, "CST"), "MST", 3);
    feed_check_init(&check, "183529049", "", clock_now());
    feed_lse_init_text(&in, good.at, good.len);
    assert_int_equal(feed_lse_next(&in, &r), LSE_RECORD);
    p.zone = tz_get("America/Denver");
    assert_true(feed_check_record(&check, &in, &r, &p, &w));
    p.zone = tz_get("America/Phoenix");
    assert_true(feed_check_record(&check, &in, &r, &p, &w));
    p.zone = tz_get("America/Chicago");
    assert_false(feed_check_record(&check, &in, &r, &p, &w));
    assert_int_equal(in.reject.code, FEED_ZONE);
    r.zone_n = 0;
    r.d.n = 92;
    assert_true(day_parse("2025-03-09", &r.d.day));
    assert_true(feed_check_record(&check, &in, &r, &p, &w));
    p.zone = tz_get("America/Phoenix");
    assert_false(feed_check_record(&check, &in, &r, &p, &w));
    assert_string_equal(in.reject.note, "92 of 96");
    buf_clear(&good);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values),
        cmocka_unit_test(reads_headers),
        cmocka_unit_test(reads_real_files),
        cmocka_unit_test(points_with_a_caret),
        cmocka_unit_test(documents_codes),
        cmocka_unit_test(codes_are_distinct),
        cmocka_unit_test(warns),
        cmocka_unit_test(warns_by_the_registry),
        cmocka_unit_test(asks_the_zone),
        cmocka_unit_test(counts_to_the_limit),
        cmocka_unit_test(hostile_table),
    };

    golden_clock();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
