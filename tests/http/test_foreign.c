/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every route that names a meter, asked by everybody about every meter: only
 * who has a right gets an answer, and a foreign meter answers to the byte like
 * one that does not exist (OWASP ASVS 4.0.3, 4.2.1).
 */
#include "api/routes.h"
#include "db/agreement.h"
#include "server/base/arena.h"
#include "server/base/clock.h"
#include "tests/http/people.h"
#include "tests/store/usage_days.h"

#define POINTS 3

static struct site *site;
static const char *const ESIID[POINTS] = {
    "10443720000000001",
    "10443720000000002",
    "10443720000000003",
};

/* Who has which points, by their own numbers; -1 ends the list. */
struct person {
    const char *as, *role, *duns;
    int owns[POINTS + 1];
};

static const struct person PEOPLE[] = {
    {"ana", "customer", "", {0, -1}}, {"bob", "customer", "", {1, 2, -1}},
    {"eva", "customer", "", {-1}},    {"root", "admin", "", {-1}},
    {"rep", "rep", "1111", {-1}},     {"tdsp", "tdsp", "9999", {-1}},
    {"help", "helpdesk", "", {-1}},   {"puc", "regulator", "", {-1}},
};

static bool
enters(const struct person *p)
{
    return strcmp(p->role, "customer") == 0 || strcmp(p->role, "admin") == 0;
}

static int
owned(const struct person *p)
{
    int n = 0;

    while (p->owns[n] >= 0)
        n++;
    return n;
}

static void
add(struct db *db, const struct person *p, const int64_t point[POINTS])
{
    int64_t id = people_add(db, p->as, p->role, p->duns, "");

    for (int i = 0; p->owns[i] >= 0; i++) {
        struct account_point right = {.account_id = id,
                                      .point_id = point[p->owns[i]],
                                      .to_day = DAY_NONE};

        assert_int_equal(db_account_point_add(db, &right), DB_OK);
    }
}

static int
set_up(void **state)
{
    struct usage_plan plan[POINTS];
    int64_t point[POINTS], now;
    struct db *db;

    if (!utc_parse("2026-11-22T16:00:00Z", &now))
        return -1;
    clock_set(now);
    site = site_start(NULL);
    if (!site)
        return -1;
    db = people_store(site);
    for (int i = 0; i < POINTS; i++) {
        point[i] = usage_days_point(db, ESIID[i], NULL);
        plan[i] = (struct usage_plan){.point_id = point[i],
                                      .channel = CHANNEL_LOAD,
                                      .from = "2026-11-01",
                                      .to = "2026-11-21",
                                      .base_ukwh = 100000 * (i + 1)};
    }
    usage_days_load(db, plan, POINTS);
    for (size_t i = 0; i < COUNT(PEOPLE); i++) {
        add(db, &PEOPLE[i], point);
        site_sign_in(site, PEOPLE[i].as, PEOPLE[i].as, PASSWORD);
    }
    db_close(db);
    *state = site;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    site_stop(site);
    clock_set(CLOCK_REAL);
    return 0;
}

/* The route's path for a meter, with a period where it takes one. */
static void
path_of(const struct route *route, const char *number, char to[256])
{
    const char *at = strstr(route->path, "{}");
    bool span = route->params && strstr(route->params, "from");

    snprintf(to, 256, "%.*s%s%s%s", (int)(at - route->path), route->path,
             number, at + 2,
             span ? "?from=2026-11-05&to=2026-11-07" : "?day=2026-11-05");
}

/* What differs between two answers anyway: the request's id, the path and the
 * form's token. */
static void
blank(char *text, const char *what, size_t n)
{
    char *at = text;

    if (!*what)
        return;
    while ((at = strstr(at, what)) != NULL) {
        memset(at, '.', n);
        at += n;
    }
}

static char *
answer(const struct route *route, const char *as, const char *number,
       int *status)
{
    char path[256], query[16];
    struct http_got got = {0};
    struct http_case c = {route->method, path, .as = as};
    const char *id;
    char *text;

    path_of(route, number, path);
    if (strcmp(route->method, "GET") != 0)
        c.body = "nothing=1";
    http_ask(site, &c, &got);
    text = mem_dup(buf_text(&got.body));
    id = http_got_header(&got, "X-Request-Id");
    blank(text, id ? id : "", id ? strlen(id) : 0);
    snprintf(query, sizeof query, "/%s/", number);
    blank(text, query, strlen(query));
    snprintf(query, sizeof query, "/%s?", number);
    blank(text, query, strlen(query));
    *status = got.status;
    http_got_clear(&got);
    return text;
}

/* Nobody's answer ever holds an ESI ID that is not theirs. */
static void
check_silence(const struct route *route, const struct person *p,
              const char *number, const char *text)
{
    for (int i = 0; i < POINTS; i++) {
        bool theirs = false;

        for (int k = 0; p->owns[k] >= 0; k++)
            theirs |= p->owns[k] == i;
        if (!theirs && strstr(text, ESIID[i]))
            fail_msg("%s of meter %s as %s tells %s", route->path, number,
                     p->as, ESIID[i]);
    }
}

static void
check_number(const struct route *route, const struct person *p, int number)
{
    char at[24];
    int status, other_status;
    char *text, *other;

    snprintf(at, sizeof at, "%d", number);
    text = answer(route, p->as, at, &status);
    check_silence(route, p, at, text);
    if (enters(p) && number <= owned(p)) {
        if (status != 200 && status != 303) /* "the newest day" goes on */
            fail_msg("%s of meter %s as %s: status %d", route->path, at, p->as,
                     status);
        free(text);
        return;
    }
    /* 9 exists for nobody and is as long as the others */
    other = answer(route, p->as, "9", &other_status);
    if (status != (enters(p) ? 404 : 403) || status != other_status ||
        strcmp(text, other) != 0)
        fail_msg("%s of meter %s as %s: status %d, of one that is not there "
                 "%d",
                 route->path, at, p->as, status, other_status);
    free(text);
    free(other);
}

static void
test_everybody_everything(void **state)
{
    int routes = 0;

    (void)state;
    for (const struct route *route = ROUTES; route->method; route++) {
        if (!strstr(route->path, "/meters/{}"))
            continue;
        routes++;
        for (size_t p = 0; p < COUNT(PEOPLE); p++) {
            for (int number = 1; number <= POINTS; number++)
                check_number(route, &PEOPLE[p], number);
        }
    }
    assert_true(routes >= 11);
}

/* Numbers of points and ESI IDs open nothing. */
static void
test_other_names(void **state)
{
    static const char *const names[] = {
        "0",
        "-1",
        "1.0",
        "1e0",
        "+1",
        "%201",
        "9223372036854775807",
        "9223372036854775808",
        "10443720000000001",
        "1;2",
        "*",
        "%2e%2e",
    };

    (void)state;
    for (const struct route *route = ROUTES; route->method; route++) {
        if (!strstr(route->path, "/meters/{}"))
            continue;
        for (size_t i = 0; i < COUNT(names); i++) {
            int status;
            char *text = answer(route, "bob", names[i], &status);

            if (status != 404 && status != 400)
                fail_msg("%s of meter %s: status %d", route->path, names[i],
                         status);
            assert_null(strstr(text, ESIID[0]));
            free(text);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everybody_everything),
        cmocka_unit_test(test_other_names),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
