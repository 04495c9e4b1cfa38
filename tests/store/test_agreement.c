/* SPDX-License-Identifier: Apache-2.0 */
/* Who may see which point, and for which days, on both engines. */
#include <stdio.h>
#include <string.h>

#include "api/agreement/agreement.h"
#include "db/agreement.h"
#include "server/base/clock.h"
#include "server/base/str.h"
#include "tests/store/engines.h"

static struct conf conf;
static int32_t today;

static const struct actor ANA = {
    .role = ROLE_CUSTOMER, .account_id = 1, .duns = ""};
static const struct actor BOB = {
    .role = ROLE_CUSTOMER, .account_id = 2, .duns = ""};
static const struct actor REP = {
    .role = ROLE_REP, .account_id = 3, .duns = "1111"};
static const struct actor TDSP = {
    .role = ROLE_TDSP, .account_id = 4, .duns = "9999"};
static const struct actor ADMIN = {
    .role = ROLE_ADMIN, .account_id = 5, .duns = ""};
static const struct actor HELP = {
    .role = ROLE_HELPDESK, .account_id = 6, .duns = ""};
static const struct actor PUC = {
    .role = ROLE_REGULATOR, .account_id = 7, .duns = ""};

static int32_t
day(const char *text)
{
    int32_t d;

    assert_true(day_parse(text, &d));
    return d;
}

static int64_t
make_point(struct engine *e, const char *esiid)
{
    int64_t id;

    assert_int_equal(db_point_intern(e->db, esiid, "America/Chicago", &id),
                     DB_OK);
    return id;
}

static enum db_rc
grant(struct engine *e, int64_t account, int64_t point, const char *from,
      const char *to)
{
    struct account_point p = {.account_id = account,
                              .point_id = point,
                              .label = "Home",
                              .from_day = day(from),
                              .to_day = to ? day(to) : DAY_NONE};

    return db_account_point_add(e->db, &p);
}

/* The window as text, "FROM..TO", or the fault's key. */
static const char *
window(struct engine *e, const struct actor *who, int64_t point, bool monthly)
{
    static char text[40];
    char a[11], b[11];
    int32_t from, to;
    enum fault f =
        agreement_window(e->db, who, &conf, point, today, monthly, &from, &to);

    if (f != FAULT_NONE)
        return fault_key(f);
    snprintf(text, sizeof text, "%s..%s", day_format(a, from),
             day_format(b, to));
    return text;
}

static void
set_up(void)
{
    conf_init(&conf);
    today = day("2026-11-22");
}

static void
test_customer_window(void **state)
{
    struct engine *e = engine_of(state);
    int64_t p = make_point(e, "10443720000000001");

    set_up();
    assert_int_equal(grant(e, 1, p, "1970-01-01", NULL), DB_OK);
    assert_string_equal(window(e, &ANA, p, false), "2024-11-22..2026-11-22");
    assert_string_equal(window(e, &ANA, p, true), "2024-11-22..2026-11-22");
    str_copy(conf.profile, sizeof conf.profile, "2010");
    assert_string_equal(window(e, &ANA, p, false), "2025-10-22..2026-11-22");
    assert_string_equal(window(e, &ANA, p, true), "2024-11-22..2026-11-22");
}

/* Whoever moves in never sees the days before, whoever moved out none after. */
static void
test_move(void **state)
{
    struct engine *e = engine_of(state);
    int64_t p = make_point(e, "10443720000000001");

    set_up();
    assert_int_equal(grant(e, 1, p, "2020-01-01", "2026-03-31"), DB_OK);
    assert_int_equal(grant(e, 2, p, "2026-04-01", NULL), DB_OK);
    assert_string_equal(window(e, &ANA, p, false), "2024-11-22..2026-03-31");
    assert_string_equal(window(e, &BOB, p, false), "2026-04-01..2026-11-22");
    /* A right that ended before the history window shows nothing at all. */
    today = day("2029-01-01");
    assert_string_equal(window(e, &ANA, p, false), "not_found");
    /* One that has not begun yet neither. */
    today = day("2026-03-01");
    assert_string_equal(window(e, &BOB, p, false), "not_found");
}

/* Rights that follow each other are one; a gap is somebody else's. */
static void
test_two_rights(void **state)
{
    struct engine *e = engine_of(state);
    int64_t p = make_point(e, "10443720000000001");
    int64_t q = make_point(e, "10443720000000002");

    set_up();
    assert_int_equal(grant(e, 1, p, "2025-01-01", "2025-06-30"), DB_OK);
    assert_int_equal(grant(e, 1, p, "2025-07-01", NULL), DB_OK);
    assert_string_equal(window(e, &ANA, p, false), "2025-01-01..2026-11-22");
    assert_int_equal(grant(e, 1, q, "2025-01-01", "2025-06-30"), DB_OK);
    assert_int_equal(grant(e, 1, q, "2025-08-01", NULL), DB_OK);
    assert_string_equal(window(e, &ANA, q, false), "2025-08-01..2026-11-22");
    assert_int_equal(grant(e, 1, q, "2025-06-30", "2025-07-01"), DB_NONE);
    assert_int_equal(grant(e, 1, q, "2026-01-01", NULL), DB_NONE);
}

static void
test_foreign_is_not_there(void **state)
{
    struct engine *e = engine_of(state);
    int64_t p = make_point(e, "10443720000000001");
    static const struct actor *const others[] = {
        &BOB, &REP, &TDSP, &ADMIN, &HELP, &PUC, &ACTOR_NOBODY,
    };
    struct agreement_meter m;

    set_up();
    assert_int_equal(grant(e, 1, p, "1970-01-01", NULL), DB_OK);
    assert_int_equal(agreement_meter_get(e->db, &ANA, 1, &m), FAULT_NONE);
    assert_string_equal(m.point.esiid, "10443720000000001");
    assert_string_equal(m.label, "Home");
    assert_int_equal(agreement_meter_get(e->db, &ANA, 2, &m), FAULT_NOT_FOUND);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_string_equal(window(e, others[i], p, false), "not_found");
        assert_string_equal(window(e, others[i], p + 999, false), "not_found");
        assert_int_equal(agreement_meter_get(e->db, others[i], 1, &m),
                         FAULT_NOT_FOUND);
        assert_int_equal(agreement_meter_get(e->db, others[i], p, &m),
                         FAULT_NOT_FOUND);
    }
    assert_string_equal(window(e, &ACTOR_OPERATOR, p, false),
                        "1970-01-01..2026-11-22");
    assert_string_equal(window(e, &ACTOR_OPERATOR, p + 999, false),
                        "not_found");
    assert_int_equal(agreement_meter_get(e->db, &ACTOR_OPERATOR, p, &m),
                     FAULT_NONE);
}

static void
put_rep(struct engine *e, int64_t point, const char *rep, const char *from,
        const char *to)
{
    assert_int_equal(
        db_run(e->db, DB_MARKET,
               "INSERT INTO point_rep (point_id, from_day, load_id, rep, "
               "to_day) VALUES ($1, $2, 1, $3, $4)",
               IN(in_i64(point), in_i64(day(from)), in_text(rep),
                  to ? in_i64(day(to)) : in_null()),
               NULL),
        DB_OK);
}

/* A REP sees the days on which it is REP of record, by the registry. */
static void
test_rep_of_record(void **state)
{
    struct engine *e = engine_of(state);
    int64_t p = make_point(e, "10443720000000001");
    int64_t q = make_point(e, "10443720000000002");
    struct agreement_meter m;

    set_up();
    put_rep(e, p, "1111", "2020-01-01", "2025-05-31");
    put_rep(e, p, "2222", "2025-06-01", "2025-12-31");
    put_rep(e, p, "1111", "2026-01-01", NULL);
    put_rep(e, q, "1111", "2020-01-01", "2025-05-31");
    put_rep(e, q, "2222", "2025-06-01", NULL);
    assert_string_equal(window(e, &REP, p, false), "2026-01-01..2026-11-22");
    assert_string_equal(window(e, &REP, q, false), "2022-11-22..2025-05-31");
    assert_string_equal(window(e, &REP, q, true), "2024-11-22..2025-05-31");
    assert_int_equal(agreement_meter_get(e->db, &REP, p, &m), FAULT_NONE);
    assert_true(m.from_day == day("2026-01-01") && m.to_day == DAY_NONE);
    /* A customer's right does not hang on the REP. */
    assert_string_equal(window(e, &ANA, p, false), "not_found");
}

static void
test_tdsp_owns(void **state)
{
    struct engine *e = engine_of(state);
    int64_t p = make_point(e, "10443720000000001");
    int64_t q = make_point(e, "10443720000000002");
    static const struct actor nameless = {.role = ROLE_TDSP, .duns = ""};

    set_up();
    assert_int_equal(
        db_run(e->db, DB_MARKET,
               "INSERT INTO point_premise (point_id, load_id, premise, tdsp, "
               "customer_class, solar, address, city, state, zip, zone) "
               "VALUES ($1, 1, '', '9999', 'residential', $2, '', '', '', '', "
               "'America/Chicago')",
               IN(in_i64(p), in_bool(false)), NULL),
        DB_OK);
    assert_int_equal(db_run(e->db, DB_MARKET,
                            "UPDATE point SET registered = $2 WHERE id = $1",
                            IN(in_i64(p), in_bool(true)), NULL),
                     DB_OK);
    assert_string_equal(window(e, &TDSP, p, false), "2022-11-22..2026-11-22");
    assert_string_equal(window(e, &TDSP, q, false), "not_found");
    assert_string_equal(window(e, &nameless, q, false), "not_found");
}

struct numbers {
    struct agreement_meter m;
    char text[64];
};

static bool
number_row(void *arg)
{
    struct numbers *n = arg;
    size_t at = strlen(n->text);

    snprintf(n->text + at, sizeof n->text - at, "%ld ", (long)n->m.number);
    return true;
}

static void
test_numbers_are_the_accounts_own(void **state)
{
    struct engine *e = engine_of(state);
    int64_t p = make_point(e, "10443720000000001");
    int64_t q = make_point(e, "10443720000000002");
    struct numbers n = {0}, none = {0};
    struct agreement_meter m;

    set_up();
    assert_int_equal(grant(e, 2, q, "2020-01-01", NULL), DB_OK);
    assert_int_equal(grant(e, 1, p, "2020-01-01", NULL), DB_OK);
    assert_int_equal(grant(e, 1, q, "2020-01-01", NULL), DB_OK);
    assert_int_equal(agreement_meter_get(e->db, &BOB, 1, &m), FAULT_NONE);
    assert_true(m.point.id == q);
    assert_int_equal(agreement_meter_get(e->db, &ANA, 1, &m), FAULT_NONE);
    assert_true(m.point.id == p);
    assert_int_equal(agreement_meter_each(e->db, &ANA, &n.m, number_row, &n),
                     FAULT_NONE);
    assert_string_equal(n.text, "1 2 ");
    assert_int_equal(
        agreement_meter_each(e->db, &REP, &none.m, number_row, &none),
        FAULT_NONE);
    assert_string_equal(none.text, "");
    /* An ended right keeps its number, and nobody gets it again. */
    assert_int_equal(db_account_point_end(e->db, 1, 2, day("2026-01-01")),
                     DB_OK);
    assert_int_equal(db_account_point_end(e->db, 1, 9, day("2026-01-01")),
                     DB_NONE);
    assert_int_equal(grant(e, 1, q, "2026-02-01", NULL), DB_OK);
    assert_int_equal(agreement_meter_get(e->db, &ANA, 3, &m), FAULT_NONE);
    assert_int_equal(db_account_point_put_label(e->db, 1, 3, "Lake"), DB_OK);
    assert_int_equal(agreement_meter_get(e->db, &ANA, 3, &m), FAULT_NONE);
    assert_string_equal(m.label, "Lake");
}

static void
put_premise(struct engine *e, int64_t point, int64_t load, const char *address)
{
    assert_int_equal(
        db_run(
            e->db, DB_MARKET,
            "INSERT INTO point_premise (point_id, load_id, premise, tdsp, "
            "customer_class, solar, address, city, state, zip, zone) "
            "VALUES ($1, $2, '', '9999', 'residential', $3, $4, '', '', '', "
            "'America/Chicago')",
            IN(in_i64(point), in_i64(load), in_bool(false), in_text(address)),
            NULL),
        DB_OK);
}

#define METERS (2 * POINT_ADDRESSES + 10)

/* Names of more meters than are asked for at a time: as the meters have them,
 * an address where there is no label. */
static void
test_names_are_the_meters(void **state)
{
    struct engine *e = engine_of(state);
    struct agreement_name *name;
    struct arena arena = {0};
    char esiid[18], text[32];
    size_t n;

    set_up();
    for (int i = 1; i <= METERS; i++) {
        struct account_point p = {
            .account_id = 1, .from_day = day("2020-01-01"), .to_day = DAY_NONE};

        snprintf(esiid, sizeof esiid, "1044372000000%04d", i);
        p.point_id = make_point(e, esiid);
        snprintf(p.label, sizeof p.label, i % 3 ? "" : "Home %d", i);
        assert_int_equal(db_account_point_add(e->db, &p), DB_OK);
        snprintf(text, sizeof text, "%d Elm St", i);
        if (i % 5)
            put_premise(e, p.point_id, 7, text);
        if (i % 2)
            put_premise(e, p.point_id, 6, "as it was called before");
    }
    assert_int_equal(agreement_names(e->db, &ANA, &arena, &name, &n),
                     FAULT_NONE);
    assert_int_equal(n, METERS);
    for (size_t i = 0; i < n; i++) {
        struct agreement_meter m;

        assert_int_equal(name[i].number, i + 1);
        assert_int_equal(agreement_meter_get(e->db, &ANA, name[i].number, &m),
                         FAULT_NONE);
        assert_int_equal(name[i].point_id, m.point.id);
        assert_string_equal(name[i].label, m.label);
        assert_string_equal(name[i].address, m.label[0] ? "" : m.point.address);
    }
    assert_int_equal(agreement_names(e->db, &BOB, &arena, &name, &n),
                     FAULT_NONE);
    assert_int_equal(n, 0);
    assert_int_equal(agreement_names(e->db, &REP, &arena, &name, &n),
                     FAULT_NONE);
    assert_int_equal(n, 0);
    arena_clear(&arena);
}

static void
test_role_words(void **state)
{
    (void)state;
    for (int i = ROLE_CUSTOMER; i <= ROLE_ADMIN; i++)
        assert_int_equal(role_from(role_word((enum role)i)), i);
    assert_int_equal(role_from("operator"), ROLE_NOBODY);
    assert_int_equal(role_from(""), ROLE_NOBODY);
    assert_string_equal(role_word(ROLE_OPERATOR), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_customer_window),
        ENGINE_TESTS(test_move),
        ENGINE_TESTS(test_two_rights),
        ENGINE_TESTS(test_foreign_is_not_there),
        ENGINE_TESTS(test_rep_of_record),
        ENGINE_TESTS(test_tdsp_owns),
        ENGINE_TESTS(test_numbers_are_the_accounts_own),
        ENGINE_TESTS(test_names_are_the_meters),
        cmocka_unit_test(test_role_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
