/* SPDX-License-Identifier: Apache-2.0 */
/* Usage of a meter on both engines: sums, comparisons, completeness, reasons,
 * limits, and files that say the same. */
#include "api/usage/export.h"
#include "db/agreement.h"
#include "tests/store/engines.h"
#include "tests/store/usage_days.h"
#include "tests/unit/unit.h"

static const struct actor ANA = {
    .role = ROLE_CUSTOMER, .account_id = 1, .duns = ""};
static const struct actor BOB = {
    .role = ROLE_CUSTOMER, .account_id = 2, .duns = ""};

/* Ana has the meter from April 2026 on, Bob had it until then.  Data from
 * 2026-03-01 to 2026-11-20 without 10 and 11 November. */
static int64_t
make_home(struct engine *e)
{
    int64_t p = usage_days_point(e->db, "10443720000000001", "2026-02-20");
    const struct usage_plan plan[] = {
        {p, CHANNEL_LOAD, "2026-03-01", "2026-10-31", 100000, 0, 0, false},
        {p, CHANNEL_LOAD, "2026-11-01", "2026-11-04", 110000, 0, 0, true},
        {p, CHANNEL_LOAD, "2026-11-05", "2026-11-05", 110000, 4, 0, true},
        {p, CHANNEL_LOAD, "2026-11-06", "2026-11-09", 110000, 0, 0, true},
        {p, CHANNEL_LOAD, "2026-11-12", "2026-11-20", 110000, 0, 0, true},
        {p, CHANNEL_GENERATION, "2026-11-03", "2026-11-03", 0, 0, 0, false},
    };
    struct account_point right = {.account_id = 2,
                                  .point_id = p,
                                  .label = "Old home",
                                  .from_day = usage_day_of("2020-01-01"),
                                  .to_day = usage_day_of("2026-03-31")};

    usage_days_load(e->db, plan, COUNT(plan));
    usage_days_bill(e->db, p, "2026-10-14", "2026-11-09", 400);
    usage_days_bill(e->db, p, "2026-03-20", "2026-04-18", 999);
    assert_int_equal(db_account_point_add(e->db, &right), DB_OK);
    right = (struct account_point){.account_id = 1,
                                   .point_id = p,
                                   .label = "Home",
                                   .from_day = usage_day_of("2026-04-01"),
                                   .to_day = DAY_NONE};
    assert_int_equal(db_account_point_add(e->db, &right), DB_OK);
    return p;
}

/* ---- loading ---------------------------------------------------------- */

struct look {
    struct conf conf;
    struct arena arena;
    struct agreement_meter meter;
    struct usage usage;
};

static enum fault
look_at(struct engine *e, const struct actor *who, struct look *w,
        struct usage_period period, enum usage_report report)
{
    struct usage_ask ask = {.period = period, .report = report};
    enum fault f;

    arena_clear(&w->arena);
    conf_init(&w->conf);
    assert_true(utc_parse("2026-11-22T16:00:00Z", &ask.now_utc));
    f = agreement_meter_get(e->db, who, 1, &w->meter);
    if (f != FAULT_NONE)
        return f;
    return usage_load(e->db, who, &w->conf, &w->arena, &w->meter, &ask,
                      &w->usage);
}

static struct usage_period
month(const char *day)
{
    return usage_period_of(USAGE_MONTH, usage_day_of(day));
}

/* Runs of the period's lines as text: "9 data, 2 missing, …". */
static const char *
lines_say(const struct usage *u)
{
    static char text[256];
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < u->lines;) {
        enum usage_gap g = u->line[i].gap;
        int slots = 0;

        for (; i < u->lines && u->line[i].gap == g; i++)
            slots += u->line[i].slots;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%d %s",
                              n ? ", " : "", slots,
                              g ? usage_gap_name(g) : "data");
    }
    return text;
}

/* What all the year's days add up to, by day and by month. */
static int64_t
look_at_sums(struct engine *e, struct look *w)
{
    const struct usage_period year =
        usage_period_of(USAGE_YEAR, usage_day_of("2026-11-05"));
    int64_t before = reading_unpacked(), ukwh;

    assert_int_equal(look_at(e, &ANA, w, year, USAGE_DAILY), FAULT_NONE);
    assert_true(w->usage.total.days > 5);
    ukwh = w->usage.total.load_ukwh;
    assert_int_equal(look_at(e, &ANA, w, year, USAGE_MONTHLY), FAULT_NONE);
    assert_int_equal(w->usage.total.load_ukwh, ukwh);
    json_decref(usage_view(&w->usage, &w->meter));
    assert_int_equal(look_at(e, &ANA, w, month("2026-11-05"), USAGE_DAILY),
                     FAULT_NONE);
    json_decref(usage_view(&w->usage, &w->meter));
    assert_int_equal(reading_unpacked(), before);
    return ukwh;
}

/* Sums of days are stored: no page of days or months unpacks an interval,
 * neither as the days came nor when their months were rewritten. */
static void
test_sums_unpack_nothing(void **state)
{
    struct engine *e = engine_of(state);
    struct look w = {0};
    struct reading_rewritten r;
    int64_t before, ukwh;

    make_home(e);
    ukwh = look_at_sums(e, &w);
    if (e->kind == DB_SQLITE) {
        assert_int_equal(
            reading_compact(e->db, usage_day_of("2026-11-01"), 5, &r), DB_OK);
        assert_true(r.records > 0);
        assert_int_equal(look_at_sums(e, &w), ukwh);
        assert_int_equal(look_at_sums(e, &w), ukwh);
    }
    before = reading_unpacked();
    assert_int_equal(look_at(e, &ANA, &w, month("2026-11-05"), USAGE_INTERVAL),
                     FAULT_NONE);
    assert_true(reading_unpacked() > before);
    arena_clear(&w.arena);
}

static bool
take_sum(void *arg, const struct reading_sum *s)
{
    *(int64_t *)arg += s->sum_ukwh;
    return true;
}

/* What many reads see of one moment, whatever comes and goes meanwhile. */
static void
test_moment(void **state)
{
    struct engine *e = engine_of(state);
    const char *day = "2026-10-05";
    int64_t point = usage_days_point(e->db, "10443720000000077", NULL);
    struct usage_plan plan = {point, CHANNEL_LOAD, day, day, 100000, 0,
                              0,     false};
    struct load_stamp at, later;
    struct reading_ask ask = {.point_id = point,
                              .from_day = usage_day_of(day),
                              .to_day = usage_day_of(day),
                              .at = &at};
    struct load last = {0};
    int64_t sum = 0, id = 0, removed;

    usage_days_load(e->db, &plan, 1);
    assert_int_equal(db_load_stamp(e->db, &at), DB_OK);
    plan.base_ukwh = 110000; /* orders above the first */
    usage_days_load(e->db, &plan, 1);
    assert_int_equal(db_load_stamp(e->db, &later), DB_OK);
    assert_true(later.seq > at.seq);
    assert_int_equal(reading_read_sum(e->db, &ask, take_sum, &sum), DB_OK);
    assert_int_equal(sum, 96 * 100000 + 4560000);
    ask.at = NULL;
    sum = 0;
    assert_int_equal(reading_read_sum(e->db, &ask, take_sum, &sum), DB_OK);
    assert_int_equal(sum, 96 * 110000 + 4560000);
    assert_int_equal(db_one(e->db, DB_MARKET, "SELECT max(id) FROM load",
                            IN_NONE, OUT(out_i64(&id))),
                     DB_OK);
    assert_int_equal(db_load_get(e->db, id, &last), DB_OK);
    assert_int_equal(db_writer_lock(e->db, 10), DB_OK);
    assert_int_equal(db_load_end(e->db, &last, LOAD_UNLOADED), DB_OK);
    ask.at = &later; /* cannot be shown any more */
    assert_int_equal(reading_read_sum(e->db, &ask, take_sum, &sum), DB_BUSY);
    assert_int_equal(reading_recover(e->db, &removed), DB_OK);
    assert_int_equal(removed, 1);
    assert_int_equal(db_one(e->db, DB_MARKET,
                            "SELECT count(*) FROM load WHERE gone = 1", IN_NONE,
                            OUT(out_i64(&id))),
                     DB_OK);
    assert_int_equal(id, 1);
    db_writer_unlock(e->db);
    assert_int_equal(db_load_stamp(e->db, &at), DB_OK);
    assert_true(at.undone > later.undone);
    ask.at = &at;
    sum = 0;
    assert_int_equal(reading_read_sum(e->db, &ask, take_sum, &sum), DB_OK);
    assert_int_equal(sum, 96 * 100000 + 4560000);
}

static void
test_month(void **state)
{
    struct engine *e = engine_of(state);
    struct look w = {0};
    const struct usage *u = &w.usage;

    make_home(e);
    assert_int_equal(look_at(e, &ANA, &w, month("2026-11-05"), USAGE_DAILY),
                     FAULT_NONE);
    assert_string_equal(lines_say(u),
                        "9 data, 2 missing, 9 data, 2 not_received, 8 future");
    /* 18 days of 96 * 0.110 + 4.560, one of them of 100 intervals */
    assert_int_equal(u->total.load_ukwh, 15950000 + 17 * 15120000);
    assert_int_equal(u->total.surplus_ukwh, 4560000);
    assert_int_equal(u->total.days, 18);
    assert_int_equal(u->total.estimated, 4);
    assert_int_equal(u->total.missing, 0);
    assert_int_equal(u->peak.ukwh, 209000);
    assert_int_equal(u->peak.day, usage_day_of("2026-11-01"));
    assert_int_equal(usage_average_ukwh(&u->total), 15166111);
    assert_true(u->line[0].day->has_reads);
    assert_int_equal(u->line[0].day->stop_read.micro, 1015620000);
    arena_clear(&w.arena);
}

static void
test_compare(void **state)
{
    struct engine *e = engine_of(state);
    struct look w = {0};
    const struct usage_compare *c = w.usage.compare;

    make_home(e);
    assert_int_equal(look_at(e, &ANA, &w, month("2026-11-05"), USAGE_DAILY),
                     FAULT_NONE);
    assert_int_equal(c[USAGE_BEFORE].days, 18);
    assert_int_equal(c[USAGE_BEFORE].pairs, 18);
    assert_int_equal(c[USAGE_BEFORE].ukwh, 15950000 + 17 * 15120000);
    assert_int_equal(c[USAGE_BEFORE].other_ukwh, 18 * 14160000);
    assert_int_equal(c[USAGE_YEAR_AGO].pairs, 0);
    assert_int_equal(c[USAGE_YEAR_AGO].why, USAGE_GAP_NO_RIGHT);
    /* October against September: the 31st has no partner. */
    assert_int_equal(look_at(e, &ANA, &w, month("2026-10-05"), USAGE_DAILY),
                     FAULT_NONE);
    assert_int_equal(c[USAGE_BEFORE].days, 31);
    assert_int_equal(c[USAGE_BEFORE].pairs, 30);
    arena_clear(&w.arena);
}

static void
test_fresh(void **state)
{
    struct engine *e = engine_of(state);
    struct look w = {0};
    const struct usage_fresh *f = &w.usage.fresh;
    int64_t next;

    make_home(e);
    assert_int_equal(look_at(e, &ANA, &w, month("2026-11-05"), USAGE_DAILY),
                     FAULT_NONE);
    assert_int_equal(f->last_day, usage_day_of("2026-11-20"));
    assert_int_equal(f->complete_day, usage_day_of("2026-11-09"));
    assert_true(f->late); /* ten in the morning, and the 21st is not here */
    assert_true(utc_parse("2026-11-23T12:00:00Z", &next));
    assert_int_equal(f->next_utc, next);
    arena_clear(&w.arena);
}

/* Nobody sees days of another's time, nor learns whether there are any. */
static void
test_rights(void **state)
{
    struct engine *e = engine_of(state);
    struct look w = {0};
    struct usage_period year = usage_period_range(usage_day_of("2026-01-01"),
                                                  usage_day_of("2026-04-30"));

    make_home(e);
    assert_int_equal(look_at(e, &ANA, &w, year, USAGE_DAILY), FAULT_NONE);
    assert_string_equal(lines_say(&w.usage), "90 no_right, 30 data");
    assert_int_equal(look_at(e, &BOB, &w, year, USAGE_DAILY), FAULT_NONE);
    assert_string_equal(lines_say(&w.usage),
                        "50 before_meter, 9 before_data, 31 data, "
                        "30 no_right");
    assert_int_equal(w.usage.fresh.last_day, usage_day_of("2026-03-31"));
    /* The bill that reaches over the move tells neither of the other. */
    assert_int_equal(look_at(e, &BOB, &w, year, USAGE_MONTHLY), FAULT_NONE);
    assert_int_equal(w.usage.bills, 0);
    arena_clear(&w.arena);
}

static void
test_clock_changes(void **state)
{
    struct engine *e = engine_of(state);
    struct look w = {0};
    struct usage_period fall =
        usage_period_of(USAGE_DAY, usage_day_of("2026-11-01"));
    struct usage_period spring =
        usage_period_of(USAGE_DAY, usage_day_of("2026-03-08"));
    char text[32];

    make_home(e);
    assert_int_equal(look_at(e, &ANA, &w, fall, USAGE_INTERVAL), FAULT_NONE);
    assert_int_equal(w.usage.lines, 100);
    assert_string_equal(tz_format(text, w.usage.zone, w.usage.line[8].from_utc),
                        "2026-11-01T01:00:00-06:00");
    assert_int_equal(w.usage.line[8].sum.load_ukwh, 118000);
    assert_int_equal(look_at(e, &BOB, &w, spring, USAGE_INTERVAL), FAULT_NONE);
    assert_int_equal(w.usage.lines, 92);
    assert_string_equal(tz_format(text, w.usage.zone, w.usage.line[8].from_utc),
                        "2026-03-08T03:00:00-05:00");
    arena_clear(&w.arena);
}

/* Long spans become hours, then weeks; too long ones are refused. */
static void
test_grain_and_limits(void **state)
{
    struct engine *e = engine_of(state);
    struct look w = {0};
    int32_t to = usage_day_of("2026-11-20");
    struct usage *u = &w.usage;

    make_home(e);
    assert_int_equal(
        look_at(e, &ANA, &w, usage_period_range(to - 11, to), USAGE_INTERVAL),
        FAULT_NONE);
    assert_int_equal(u->grain, USAGE_QUARTER);
    assert_string_equal(lines_say(u), "96 data, 192 missing, 864 data");
    assert_int_equal(
        look_at(e, &ANA, &w, usage_period_range(to - 39, to), USAGE_INTERVAL),
        FAULT_NONE);
    assert_int_equal(u->grain, USAGE_HOUR);
    assert_string_equal(lines_say(u), "697 data, 48 missing, 216 data");
    assert_int_equal(u->line[0].sum.load_ukwh, 4 * 100000 + 6000);
    assert_int_equal(
        look_at(e, &ANA, &w, usage_period_range(to - 40, to), USAGE_INTERVAL),
        FAULT_PAST_LIMIT);
    assert_int_equal(
        look_at(e, &ANA, &w, usage_period_range(to - 1199, to), USAGE_DAILY),
        FAULT_NONE);
    assert_int_equal(u->grain, USAGE_GRAIN_WEEK);
    assert_int_equal(
        look_at(e, &ANA, &w, usage_period_range(to - 1200, to), USAGE_DAILY),
        FAULT_PAST_LIMIT);
    arena_clear(&w.arena);
}

static void
test_bills(void **state)
{
    struct engine *e = engine_of(state);
    struct look w = {0};
    const struct usage *u = &w.usage;

    make_home(e);
    assert_int_equal(
        look_at(e, &ANA, &w,
                usage_period_of(USAGE_YEAR, usage_day_of("2026-11-05")),
                USAGE_MONTHLY),
        FAULT_NONE);
    assert_int_equal(u->lines, 12);
    assert_int_equal(u->line[9].sum.load_ukwh, 31 * 14160000);
    assert_int_equal(u->bills, 1);
    assert_int_equal(u->bill[0].row.kwh.micro, 400 * DECIMAL_ONE);
    assert_true(u->bill[0].whole);
    assert_int_equal(u->bill[0].ukwh, 18 * 14160000 + 15950000 + 8 * 15120000);
    arena_clear(&w.arena);
}

/* An interval that its day came without is a hole, not a zero. */
static void
test_missing_intervals(void **state)
{
    struct engine *e = engine_of(state);
    struct look w = {0};
    const struct usage *u = &w.usage;
    int64_t p = make_home(e);
    const struct usage_plan day = {
        p, CHANNEL_LOAD, "2026-11-10", "2026-11-10", 100000, 0, 6, false};

    usage_days_load(e->db, &day, 1);
    assert_int_equal(look_at(e, &ANA, &w, month("2026-11-05"), USAGE_DAILY),
                     FAULT_NONE);
    assert_string_equal(lines_say(u),
                        "10 data, 1 missing, 9 data, 2 not_received, 8 future");
    assert_int_equal(u->total.missing, 6);
    assert_int_equal(u->line[9].sum.load_ukwh, 90 * 100000 + 89 * 45000);
    assert_int_equal(u->compare[USAGE_BEFORE].pairs, 18);
    assert_int_equal(u->fresh.complete_day, usage_day_of("2026-11-09"));
    assert_int_equal(
        look_at(e, &ANA, &w,
                usage_period_of(USAGE_DAY, usage_day_of("2026-11-10")),
                USAGE_INTERVAL),
        FAULT_NONE);
    assert_string_equal(lines_say(u), "90 data, 6 hole");
    arena_clear(&w.arena);
}

/* ---- files ------------------------------------------------------------ */

static void
write_file(struct engine *e, const struct actor *who, int64_t point,
           enum usage_report report, enum usage_format format, struct buf *to)
{
    struct usage_export_ask ask = {usage_day_of("2000-01-01"),
                                   usage_day_of("2030-12-31"),
                                   report,
                                   format,
                                   false,
                                   0};
    struct usage_export *x;
    struct conf conf;
    struct point p;

    conf_init(&conf);
    assert_true(utc_parse("2026-11-22T16:00:00Z", &ask.now_utc));
    assert_int_equal(db_point_by_id(e->db, point, &p), DB_OK);
    assert_int_equal(usage_export_open(e->db, who, &conf, &p, &ask, &x),
                     FAULT_NONE);
    to->len = 0;
    while (usage_export_more(x, e->db, to))
        continue;
    assert_false(usage_export_failed(x));
    usage_export_close(x);
    buf_text(to);
}

/* A file holds the days that one may see, however much one asks for. */
static void
test_files_keep_to_rights(void **state)
{
    struct engine *e = engine_of(state);
    int64_t p = make_home(e);
    struct buf b = {0};

    write_file(e, &BOB, p, USAGE_DAILY, USAGE_CSV, &b);
    assert_int_equal(text_count(b.at, "\n"), 1 + 31);
    assert_null(strstr(b.at, "04/01/2026"));
    write_file(e, &ANA, p, USAGE_DAILY, USAGE_CSV, &b);
    assert_int_equal(text_count(b.at, "\n"), 1 + 214 + 18 + 1);
    assert_null(strstr(b.at, "03/31/2026"));
    assert_non_null(strstr(b.at, "'10443720000000001,11/03/2026,11/22/2026 "
                                 "06:18:33,1000.500,1015.62,15.12,"
                                 "Consumption\n"));
    assert_non_null(strstr(b.at, ",,,4.56,Surplus Generation\n"));
    write_file(e, &ANA, p, USAGE_INTERVAL, USAGE_ISO, &b);
    assert_int_equal(text_count(b.at, "\n"), 1 + (214 + 17 + 1) * 96 + 100);
    write_file(e, &ANA, p, USAGE_MONTHLY, USAGE_CSV, &b);
    assert_string_equal(b.at,
                        "ESIID,START_DATE,END_DATE,REVISION_DATE,ACTUAL_KWH,"
                        "METERED_KW,BILLED_KW,METERED_KVA,BILLED_KVA\n"
                        "'10443720000000001,10/14/2026,11/09/2026,"
                        "11/21/2026 04:00:00,400,,,,\n");
    buf_clear(&b);
}

/* Every JSON file parses, and its total is that of the page. */
static void
test_json_files(void **state)
{
    struct engine *e = engine_of(state);
    int64_t p = make_home(e);
    struct buf b = {0};

    for (int r = 0; r < USAGE_REPORTS; r++) {
        json_t *file, *total;

        write_file(e, &ANA, p, (enum usage_report)r, USAGE_JSON, &b);
        file = json_loadb(b.at, b.len, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(file);
        total = json_object_get(file, "total");
        /* 214 days of 14.16, 17 of 15.12 and one of 15.95 */
        assert_string_equal(
            json_string_value(json_object_get(total, "consumption_kwh")),
            "3303.23");
        assert_string_equal(
            json_string_value(json_object_get(total, "surplus_kwh")), "4.56");
        json_decref(file);
    }
    buf_clear(&b);
}

static void
test_view(void **state)
{
    struct engine *e = engine_of(state);
    struct look w = {0};
    json_t *view, *line;

    make_home(e);
    assert_int_equal(look_at(e, &ANA, &w, month("2026-11-05"), USAGE_DAILY),
                     FAULT_NONE);
    view = usage_view(&w.usage, &w.meter);
    assert_non_null(view);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(view, "total"), "kwh")),
                        "272.99");
    assert_int_equal(json_array_size(json_object_get(view, "gaps")), 2);
    line = json_array_get(json_object_get(view, "lines"), 4);
    assert_string_equal(json_string_value(json_object_get(line, "from")),
                        "2026-11-05");
    assert_int_equal(json_integer_value(json_object_get(line, "estimated")), 4);
    json_decref(view);
    arena_clear(&w.arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_month),
        ENGINE_TESTS(test_sums_unpack_nothing),
        ENGINE_TESTS(test_moment),
        ENGINE_TESTS(test_compare),
        ENGINE_TESTS(test_fresh),
        ENGINE_TESTS(test_rights),
        ENGINE_TESTS(test_clock_changes),
        ENGINE_TESTS(test_grain_and_limits),
        ENGINE_TESTS(test_bills),
        ENGINE_TESTS(test_missing_intervals),
        ENGINE_TESTS(test_files_keep_to_rights),
        ENGINE_TESTS(test_json_files),
        ENGINE_TESTS(test_view),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
