/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "server/base/clock.h"
#include "server/base/fault.h"
#include "server/base/file.h"
#include "server/text/catalog.h"

static struct arena arena;
static char ours[512]; /* the product's templates */

static bool
open_pair(const char *en, const char *es, char why[512])
{
    char folder[256], path[300];
    bool ok;

    scratch_make(folder);
    snprintf(path, sizeof path, "%s/en.json", folder);
    assert_true(file_write(path, en, strlen(en), 0644));
    snprintf(path, sizeof path, "%s/es.json", folder);
    assert_true(file_write(path, es, strlen(es), 0644));
    ok = catalog_open(folder, why);
    if (!ok) /* the folder's name is chance */
        memmove(why,
                strstr(why, "es.json") ? strstr(why, "es.json")
                                       : strstr(why, "en.json"),
                100);
    scratch_remove(folder);
    return ok;
}

struct refusal {
    const char *en, *es, *why;
};

static const struct refusal REFUSALS[] = {
    {"{\"a\":{\"b\":\"x\",\"c\":\"y\"}}", "{\"a\":{\"b\":\"x\"}}",
     "es.json: a.c is missing"},
    {"{\"a\":\"x\"}", "{\"a\":\"x\",\"b\":{\"c\":\"y\"}}",
     "es.json: b is not in en.json"},
    {"{\"a\":{\"b\":\"x\"}}", "{\"a\":\"x\"}", "es.json: a is missing"},
    {"{\"a\":1}", "{\"a\":\"x\"}", "en.json: a: neither words nor a group"},
    {"{\"a\":\"x\"}", "{\"a\":\"\"}", "es.json: a: neither words nor a group"},
    {"{\"a.b\":\"x\"}", "{}",
     "en.json: a.b: the name is too long or has a point"},
    {"[]", "{}", "en.json: not an object"},
    {"{\n\"a\":\"x\",\n\"a\":\"y\"}", "{}",
     "en.json:3: duplicate object key near '\"a\"'"},
};

static void
bad_catalogs_are_refused(void **state)
{
    char why[512];

    (void)state;
    for (size_t i = 0; i < COUNT(REFUSALS); i++) {
        assert_false(open_pair(REFUSALS[i].en, REFUSALS[i].es, why));
        assert_string_equal(why, REFUSALS[i].why);
    }
}

static void
words_and_places(void **state)
{
    char why[512];

    (void)state;
    assert_true(
        open_pair("{\"a\":{\"b\":\"Hi {name}, {name}! {x} {\","
                  "\"n\":{\"one\":\"{n} day\",\"other\":\"{n} days\"}}}",
                  "{\"a\":{\"b\":\"Hola {name}\","
                  "\"n\":{\"one\":\"{n} d\xc3\xad"
                  "a\",\"other\":\"{n} d\xc3\xad"
                  "as\"}}}",
                  why));
    assert_string_equal(tr(LANG_ES, "a.b"), "Hola {name}");
    assert_string_equal(tr(LANG_EN, "a.none"), "a.none");
    assert_string_equal(tr(LANG_EN, "a"), "a");
    assert_string_equal(tr(LANG_EN, "a.b.c"), "a.b.c");
    assert_string_equal(tr_fill(&arena, LANG_EN, "a.b", "name", "{x}", NULL),
                        "Hi {x}, {x}! {x} {");
    assert_string_equal(tr_count(&arena, LANG_EN, "a.n", 1), "1 day");
    assert_string_equal(tr_count(&arena, LANG_EN, "a.n", 0), "0 days");
    assert_string_equal(tr_count(&arena, LANG_ES, "a.n", 12345),
                        "12,345 d\xc3\xad"
                        "as");
    assert_non_null(json_object_get(catalog_tree(LANG_ES), "t"));
}

static void
languages(void **state)
{
    (void)state;
    assert_int_equal(lang_from("es"), LANG_ES);
    assert_int_equal(lang_from("es-MX"), LANG_ES);
    assert_int_equal(lang_from("ES_419"), LANG_ES);
    assert_int_equal(lang_from("est"), LANG_EN);
    assert_int_equal(lang_from("fr"), LANG_EN);
    assert_int_equal(lang_from(NULL), LANG_EN);
    assert_string_equal(lang_code(LANG_ES), "es");
}

struct accept_case {
    const char *header;
    enum lang want;
};

static const struct accept_case ACCEPT[] = {
    {"", LANG_EN},
    {"es", LANG_ES},
    {"es-MX,es;q=0.9,en;q=0.8", LANG_ES},
    {"en-US,en;q=0.9,es;q=0.8", LANG_EN},
    {"en;q=0.2, es;q=0.25", LANG_ES},
    {"fr, de;q=0.9, es;q=0.1", LANG_ES},
    {"es;q=0", LANG_EN},
    {"es;q=0.001", LANG_ES},
    {"*, es;q=0.5", LANG_EN},
    {"es;q=1.0,en;q=1.0", LANG_ES},
    {"en;q=0.5,es;q=junk", LANG_EN},
    {",,;;,= ;q", LANG_EN},
    {"es ; q=0.4, en ; q=0.3", LANG_ES},
    {"est", LANG_EN},
};

static void
accept_language(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ACCEPT); i++) {
        if (lang_accept(ACCEPT[i].header) != ACCEPT[i].want)
            fail_msg("%s", ACCEPT[i].header);
    }
    assert_int_equal(lang_accept(NULL), LANG_EN);
}

static void
open_ours(void)
{
    char why[512];

    if (!catalog_open(ours, why))
        fail_msg("%s", why);
}

static void
dates(void **state)
{
    int32_t day = day_from_civil(2026, 11, 1);

    (void)state;
    open_ours();
    assert_string_equal(lang_date(&arena, LANG_EN, day, DATE_LONG),
                        "Sunday, November 1, 2026");
    assert_string_equal(lang_date(&arena, LANG_ES, day, DATE_LONG),
                        "domingo, 1 de noviembre de 2026");
    assert_string_equal(lang_date(&arena, LANG_EN, day, DATE_SHORT),
                        "Nov 1, 2026");
    assert_string_equal(lang_date(&arena, LANG_ES, day, DATE_SHORT),
                        "1 nov 2026");
    assert_string_equal(lang_date(&arena, LANG_EN, day, DATE_MONTH),
                        "November 2026");
    assert_string_equal(lang_date(&arena, LANG_ES, day, DATE_MONTH),
                        "noviembre de 2026");
    assert_string_equal(lang_date(&arena, LANG_EN, day, DATE_WEEKDAY),
                        "Sun, Nov 1");
    assert_string_equal(lang_date(&arena, LANG_ES, day + 2, DATE_WEEKDAY),
                        "mar 3 nov");
    assert_string_equal(lang_date(&arena, LANG_EN, day, DATE_DAY), "Nov 1");
}

/* Days that follow each other, and any others: the same dates. */
static void
dates_in_a_run(void **state)
{
    static const int32_t STEPS[] = {1, 1, 1, 7, 31, -1, -40, 400};

    (void)state;
    open_ours();
    for (int l = 0; l < LANG_COUNT; l++) {
        for (int s = DATE_LONG; s <= DATE_DAY; s++) {
            struct date_run run = date_run((enum lang)l, (enum date_style)s);
            int32_t day = day_from_civil(2023, 12, 20);

            for (int i = 0; i < 1200; i++) {
                const char *want =
                    lang_date(&arena, (enum lang)l, day, (enum date_style)s);

                assert_string_equal(lang_date_run(&run, day), want);
                assert_int_equal(run.n, strlen(want));
                day += i < 800 ? 1 : STEPS[i % 8];
            }
        }
    }
}

struct number_case {
    int64_t micro;
    int places;
    const char *want;
};

static const struct number_case NUMBERS[] = {
    {0, 2, "0"},
    {1234560000, 2, "1,234.56"},
    {999999999, 6, "999.999999"},
    {1000000000, 6, "1,000"},
    {-500000, 6, "-0.5"},
    {-12000000, 7, "-12"},
    {1234565000, 2, "1,234.57"},
    {1234564999, 2, "1,234.56"},
    {1234500000, 2, "1,234.5"},
    {1234000000, 2, "1,234"},
    {999999999999, 0, "1,000,000"},
    {999499999, 0, "999"},
    {145000, 3, "0.145"},
    {145000, 6, "0.145"},
    {1, 6, "0.000001"},
    {-145000, 2, "-0.15"},
    {-400000, 0, "0"},
    {-500000, 0, "-1"},
    {50000, 1, "0.1"},
    {INT64_MAX, 6, "9,223,372,036,854.775807"},
};

static void
numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(NUMBERS); i++)
        assert_string_equal(
            lang_number(&arena, LANG_EN, NUMBERS[i].micro, NUMBERS[i].places),
            NUMBERS[i].want);
}

/* The {places} of a text, sorted by where they first stand in `in`. */
static bool
places_within(const char *text, const char *in)
{
    const char *open = text;

    while ((open = strchr(open, '{')) != NULL) {
        size_t n = strcspn(open, "}");
        char place[64];

        assert_true(open[n] == '}' && n + 2 < sizeof place);
        memcpy(place, open, n + 1);
        place[n + 1] = '\0';
        if (strstr(in, place) == NULL)
            return false;
        open += n;
    }
    return true;
}

static void
compare_group(const json_t *en, const json_t *es, const char *at)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)en, name, value)
    {
        const json_t *other = json_object_get(es, name);
        const char *a, *b;

        if (json_is_object(value)) {
            compare_group(value, other, name);
            continue;
        }
        a = json_string_value(value);
        b = json_string_value(other);
        /* "one" may say "a day" for "{n} days" */
        if (strcmp(name, "one") != 0 &&
            (!places_within(a, b) || !places_within(b, a)))
            fail_msg("%s.%s: other places in es.json", at, name);
    }
}

static void
both_languages_fill_the_same_places(void **state)
{
    (void)state;
    open_ours();
    compare_group(json_object_get(catalog_tree(LANG_EN), "t"),
                  json_object_get(catalog_tree(LANG_ES), "t"), "");
}

static void
every_fault_has_words(void **state)
{
    (void)state;
    open_ours();
    for (int f = 0; f < FAULT_COUNT; f++) {
        for (int l = 0; l < LANG_COUNT; l++) {
            const char *key = arena_printf(&arena, "fault.%s.title",
                                           fault_key((enum fault)f));

            assert_string_not_equal(tr((enum lang)l, key), key);
            key =
                arena_printf(&arena, "fault.%s.text", fault_key((enum fault)f));
            assert_string_not_equal(tr((enum lang)l, key), key);
        }
    }
}

static int
teardown(void **state)
{
    (void)state;
    catalog_close();
    arena_clear(&arena);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_catalogs_are_refused),
        cmocka_unit_test(words_and_places),
        cmocka_unit_test(languages),
        cmocka_unit_test(accept_language),
        cmocka_unit_test(dates),
        cmocka_unit_test(dates_in_a_run),
        cmocka_unit_test(numbers),
        cmocka_unit_test(both_languages_fill_the_same_places),
        cmocka_unit_test(every_fault_has_words),
    };
    const char *top = getenv("srcdir");

    snprintf(ours, sizeof ours, "%s/templates", top ? top : ".");
    return cmocka_run_group_tests(tests, NULL, teardown);
}
