/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of people against the whole product: home, sign-in, profile, the
 * first administrator, and who may enter which page at all. */
#include "api/account/account.h"
#include "api/routes.h"
#include "server/base/clock.h"
#include "tests/http/people.h"

static struct site *site;

static void
add(const char *login, const char *role, const char *duns)
{
    struct db *db = people_store(site);

    people_add(db, login, role, duns, "");
    db_close(db);
}

static void
tune(struct conf *conf)
{
    snprintf(conf->help_phone, sizeof conf->help_phone, "1-800-555-0199");
    snprintf(conf->site_name, sizeof conf->site_name, "Sun & Wire");
}

static int
set_up(void **state)
{
    site = site_start(tune);
    *state = site;
    return site ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    site_stop(site);
    return 0;
}

/* ---- the first administrator (runs first: nobody exists yet) --------------*/

static void
test_first_admin(void **state)
{
    struct db *db = people_store(site);
    char token[FIRST_ADMIN_TOKEN], good[512], weak[512];
    struct http_got got = {0};

    (void)state;
    assert_int_equal(account_first_token(db, clock_now(), token), DB_OK);
    db_close(db);
    snprintf(good, sizeof good,
             "token=%s&name=Alex+Kim&login=Alex&password=copper+lantern+hill",
             token);
    snprintf(weak, sizeof weak,
             "token=%s&name=Alex&login=alex&password=password1234", token);
    {
        const struct http_case CASES[] = {
            {"GET", "/first-admin", .status = 200,
             .has = "First administrator\nname=\"token\""},
            {"POST", "/first-admin", .body = good, .no_token = true,
             .status = 403},
            {"POST", "/first-admin", .body = "token=&login=&name=&password=",
             .status = 400, .has = "Please fill in every field"},
            {"POST", "/first-admin", .status = 400,
             .body = "token=wrong&name=A&login=alex&password=" PASSWORD,
             .has = "not the token\n!" PASSWORD},
            {"POST", "/first-admin", .body = weak, .status = 400,
             .has = "among the first that guessers try\nvalue=\"alex\""},
            {"POST", "/first-admin", .body = good, .status = 303,
             .header = "Location=/profile\nSet-Cookie: __Host-"},
            {"POST", "/first-admin", .body = good, .status = 404},
            {"GET", "/first-admin", .status = 404},
        };

        http_cases_run(site, CASES, COUNT(CASES));
    }
    site_sign_in(site, "alex", "ALEX", "copper lantern hill");
    http_ask(site, &(struct http_case){"GET", "/profile", .as = "alex"}, &got);
    assert_int_equal(got.status, 200);
    assert_non_null(strstr(buf_text(&got.body), "Administrator"));
    http_got_clear(&got);
}

/* ---- home and sign-in ----------------------------------------------------*/

static void
test_home(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/", .status = 200,
         .has = "See how your home uses electricity\naction=\"/sign-in\"\n"
                "Sun &amp; Wire\n!Sun & Wire\nhref=\"tel:18005550199\"\n"
                "<html lang=\"en\">\n!Try the demo"},
        {"GET", "/", .send = "Accept-Language: es-MX,es;q=0.9", .status = 200,
         .has = "<html lang=\"es\">\nVea cómo su hogar\n!Sign in"},
        {"GET", "/", .send = "Accept-Language: fr", .status = 200,
         .has = "<html lang=\"en\">"},
        {"GET", "/sign-in?next=/meters", .status = 200,
         .has = "name=\"next\" value=\"/meters\""},
        {"GET", "/sign-in?next=//evil.example", .status = 200,
         .has = "!name=\"next\""},
        {"GET", "/sign-in?next=https://evil.example/", .status = 200,
         .has = "!name=\"next\""},
        {"GET", "/sign-in?next=/%5Cevil.example", .status = 200,
         .has = "!name=\"next\""},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_sign_in(void **state)
{
    static const struct http_case CASES[] = {
        {"POST", "/sign-in", .body = "login=ana&password=" PASSWORD,
         .no_token = true, .status = 403},
        {"POST", "/sign-in", .body = "login=ana&password=" PASSWORD,
         .send = "Origin: https://evil.example", .status = 403},
        {"POST", "/sign-in", .body = "login=ana", .status = 400,
         .has = "Please enter your user name"},
        {"POST", "/sign-in", .body = "login=ana&password=wrong", .status = 401,
         .has = "is not right\nrole=\"alert\"\nvalue=\"ana\"\n!wrong",
         .header = "!Set-Cookie: __Host-session"},
        {"POST", "/sign-in", .body = "login=nobody&password=wrong",
         .status = 401, .has = "is not right"},
        {"POST", "/sign-in", .status = 401,
         .body = "login=%3Cb%3E&password=wrong",
         .has = "value=\"&lt;b&gt;\"\n!<b>"},
        {"POST", "/sign-in", .body = "login=ana&password=" PASSWORD,
         .status = 303,
         .header = "Location=/meters\nSet-Cookie: __Host-session=\n"
                   "Cache-Control: no-store"},
        {"POST", "/sign-in", .status = 303, .header = "Location=/profile",
         .body = "login=ana&next=/profile&password=" PASSWORD},
        {"POST", "/sign-in", .status = 303, .header = "Location=/meters",
         .body = "login=ana&next=//evil.example&password=" PASSWORD},
        {"GET", "/sign-in", .as = "ana", .status = 303},
        {"GET", "/", .as = "ana", .status = 200,
         .has = "Go on to your pages\n!action=\"/sign-in\""},
    };

    (void)state;
    add("ana", "customer", "");
    site_sign_in(site, "ana", "ana", PASSWORD);
    http_cases_run(site, CASES, COUNT(CASES));
}

/* The cookie is bound to the host, unreadable to scripts, new each time. */
static void
test_cookie(void **state)
{
    static const struct http_case sign_in = {
        "POST", "/sign-in", .body = "login=ana&password=" PASSWORD};
    char first[256] = "";

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct http_got got = {0};
        const char *at;
        char cookie[256];

        http_ask(site, &sign_in, &got);
        at = strstr(buf_text(&got.head), "__Host-session=");
        assert_non_null(at);
        snprintf(cookie, sizeof cookie, "%.*s", (int)strcspn(at, "\r\n"), at);
        assert_true(strcspn(cookie, ";") >= strlen("__Host-session=") + 43);
        assert_non_null(strstr(cookie, "; Secure"));
        assert_non_null(strstr(cookie, "; HttpOnly"));
        assert_non_null(strstr(cookie, "; SameSite=Lax"));
        assert_non_null(strstr(cookie, "; Path=/"));
        assert_null(strstr(cookie, "Max-Age"));
        assert_null(strstr(cookie, "Domain"));
        assert_string_not_equal(cookie, first);
        snprintf(first, sizeof first, "%s", cookie);
        http_got_clear(&got);
    }
}

static void
test_sign_out(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/profile", .as = "out", .status = 200},
        {"GET", "/sign-out", .as = "out", .status = 405},
        {"POST", "/sign-out", .as = "out", .body = "", .no_token = true,
         .status = 403},
        {"GET", "/profile", .as = "out", .status = 200},
        {"POST", "/sign-out", .as = "out", .body = "", .status = 303,
         .header = "Location=/"},
        {"GET", "/profile", .as = "out", .status = 303,
         .header = "Location=/sign-in?next=%2Fprofile"},
        {"GET", "/profile", .as = "kept", .status = 303}, /* the same cookie */
        {"POST", "/sign-out", .body = "", .status = 303},
    };
    static const struct http_case sign_in = {
        "POST", "/sign-in", .body = "login=ana&password=" PASSWORD};
    struct http_got got = {0};
    char token[256];
    const char *at;

    (void)state;
    http_ask(site, &sign_in, &got);
    at = strstr(buf_text(&got.head), "__Host-session=");
    assert_non_null(at);
    at += strlen("__Host-session=");
    snprintf(token, sizeof token, "%.*s", (int)strcspn(at, ";"), at);
    http_got_clear(&got);
    site_cookie(site, "out", "session", token);
    site_cookie(site, "kept", "session", token);
    http_cases_run(site, CASES, COUNT(CASES));
}

/* ---- profile -------------------------------------------------------------*/

static void
test_profile(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/profile", .as = "eva", .status = 200,
         .has = "Ana Reyes\neva\nResident or business\nThis device\n"
                "Sign out everywhere else\n!other@"},
        {"POST", "/profile/language", .as = "eva", .body = "lang=es",
         .status = 303, .header = "Location=/profile?done=language"},
        {"GET", "/profile?done=language", .as = "eva", .status = 200,
         .has = "<html lang=\"es\">\nSu idioma se guardó\nrole=\"status\""},
        {"POST", "/profile/language", .as = "eva", .body = "lang=fr",
         .status = 400},
        {"POST", "/language", .as = "eva", .body = "to=en&back=/profile",
         .status = 303, .header = "Location=/profile"},
        {"GET", "/profile", .as = "eva", .status = 200,
         .send = "Accept-Language: es", .has = "<html lang=\"en\">"},
        {"POST", "/profile/language", .as = "eva", .body = "lang=auto",
         .status = 303},
        {"GET", "/profile", .status = 303},
        {"POST", "/profile/password", .status = 303},
        /* what is wrong with a new password is said, and nothing changes */
        {"POST", "/profile/password", .as = "eva", .status = 400,
         .body = "password=wrong&new_password=an+entirely+new+one",
         .has = "nothing was changed"},
        {"POST", "/profile/password", .as = "eva", .status = 400,
         .body = "password=" PASSWORD "&new_password=short",
         .has = "at least 12 characters"},
        {"POST", "/profile/password", .as = "eva", .status = 400,
         .body = "password=" PASSWORD "&new_password=qwertyuiopas",
         .has = "among the first"},
        {"POST", "/profile/password", .as = "eva", .status = 400,
         .body = "password=" PASSWORD, .has = "Please fill in both"},
        {"GET", "/profile", .as = "eva2", .status = 200},
        {"POST", "/profile/password", .as = "eva", .status = 303,
         .body = "password=" PASSWORD "&new_password=an+entirely+new+one",
         .header = "Location=/profile?done=password"},
        {"GET", "/profile", .as = "eva2", .status = 303},
        {"GET", "/profile?done=password", .as = "eva", .status = 200,
         .has = "Every other session has ended\n!Sign out everywhere else"},
        {"GET", "/profile?done=<b>", .as = "eva", .status = 400, .has = "!<b>"},
    };

    (void)state;
    add("eva", "customer", "");
    site_sign_in(site, "eva", "eva", PASSWORD);
    site_sign_in(site, "eva2", "eva", PASSWORD);
    http_cases_run(site, CASES, COUNT(CASES));
}

/* The first id of a session that the page offers to end. */
static long
session_offered(const char *as)
{
    struct http_got got = {0};
    const char *at;
    long id = 0;

    http_ask(site, &(struct http_case){"GET", "/profile", .as = as}, &got);
    at = strstr(buf_text(&got.body), "name=\"session\" value=\"");
    if (at)
        id = strtol(at + strlen("name=\"session\" value=\""), NULL, 10);
    http_got_clear(&got);
    return id;
}

static void
test_sessions(void **state)
{
    char body[64];
    long id;

    (void)state;
    add("leo", "customer", "");
    site_sign_in(site, "leo", "leo", PASSWORD);
    site_sign_in(site, "leo2", "leo", PASSWORD);
    site_sign_in(site, "leo3", "leo", PASSWORD);
    id = session_offered("leo");
    assert_true(id > 0);
    snprintf(body, sizeof body, "session=%ld", id);
    {
        const struct http_case CASES[] = {
            /* somebody else's session is one that does not exist */
            {"POST", "/profile/session", .as = "ana", .body = body,
             .status = 404},
            {"POST", "/profile/session", .as = "ana", .status = 404,
             .body = "session=999999"},
            {"POST", "/profile/session", .as = "ana", .status = 400,
             .body = "session=-1"},
            {"GET", "/profile", .as = "leo2", .status = 200},
            {"GET", "/profile", .as = "leo3", .status = 200},
            {"POST", "/profile/session", .as = "leo", .body = body,
             .status = 303, .header = "Location=/profile?done=session"},
            {"POST", "/profile/session", .as = "leo", .body = body,
             .status = 404},
            {"POST", "/profile/sessions", .as = "leo", .body = "",
             .status = 303, .header = "Location=/profile?done=sessions"},
            {"GET", "/profile", .as = "leo2", .status = 303},
            {"GET", "/profile", .as = "leo3", .status = 303},
            {"GET", "/profile", .as = "leo", .status = 200},
        };

        http_cases_run(site, CASES, COUNT(CASES));
    }
}

/* ---- who may enter -------------------------------------------------------*/

struct person {
    const char *as, *role, *duns;
    unsigned gates; /* bits of enum who */
};

#define GATE(who) (1u << (who))
#define ALL       (GATE(WHO_ANYONE) | GATE(WHO_SIGNED_IN))

static const struct person PEOPLE[] = {
    {NULL, NULL, "", GATE(WHO_ANYONE)},
    {"ana", "customer", "", ALL | GATE(WHO_CUSTOMER)},
    {"rep", "rep", "1111", ALL | GATE(WHO_RETAILER)},
    {"tdsp", "tdsp", "9999", ALL | GATE(WHO_UTILITY)},
    {"help", "helpdesk", "", ALL | GATE(WHO_HELPDESK)},
    {"puc", "regulator", "", ALL | GATE(WHO_REGULATOR) | GATE(WHO_OVERSEER)},
    {"root", "admin", "",
     ALL | GATE(WHO_CUSTOMER) | GATE(WHO_ADMIN) | GATE(WHO_OVERSEER)},
};

/* The route's path with 1 for every {}. */
static void
path_of(const struct route *route, char to[256])
{
    size_t n = 0;

    for (const char *p = route->path; *p && n < 250; p++) {
        if (*p == '{') {
            to[n++] = '7';
            p++;
        } else {
            to[n++] = *p;
        }
    }
    to[n] = '\0';
}

/* Whether the gate let them in: what the page itself says does not matter. */
static void
check_gate(const struct route *route, const struct person *who)
{
    bool may = who->gates & GATE(route->who);
    char path[256];
    struct http_got got = {0};
    struct http_case c = {route->method, path, .as = who->as};
    bool page = route->face == FACE_PAGE || route->face == FACE_FILE;
    bool sign_in, refused;

    path_of(route, path);
    if (strcmp(route->method, "GET") != 0)
        c.body = "nothing=1";
    http_ask(site, &c, &got);
    sign_in = page ? got.status == 303 && strstr(got.location, "/sign-in")
                   : got.status == 401;
    refused = who->as ? got.status == 403 : sign_in;
    if (may == refused)
        fail_msg("%s %s as %s: status %d, %s", route->method, path,
                 who->as ? who->as : "nobody", got.status,
                 may ? "should enter" : "should not enter");
    http_got_clear(&got);
}

/* Every route and every role. */
static void
test_gates(void **state)
{
    bool signed_in = false; /* whatever changes something may end sessions */

    (void)state;
    for (size_t p = 1; p < COUNT(PEOPLE); p++) {
        if (strcmp(PEOPLE[p].as, "ana") != 0)
            add(PEOPLE[p].as, PEOPLE[p].role, PEOPLE[p].duns);
    }
    for (const struct route *route = ROUTES; route->method; route++) {
        bool ends = route > ROUTES && strcmp(route[-1].method, "GET") != 0;

        assert_int_not_equal(route->who, WHO_NOBODY);
        for (size_t p = 0; p < COUNT(PEOPLE); p++) {
            if (PEOPLE[p].as && (!signed_in || ends))
                site_sign_in(site, PEOPLE[p].as, PEOPLE[p].as, PASSWORD);
            check_gate(route, &PEOPLE[p]);
        }
        signed_in = true;
    }
}

/* ---- guessing (runs last: it slows this address down) ---------------------*/

static void
test_guessing_is_slowed_down(void **state)
{
    static const struct http_case guess = {
        "POST", "/sign-in", .body = "login=nobody&password=wrong"};
    int slowed = 0;

    (void)state;
    for (int i = 0; i < 8 && !slowed; i++) {
        struct http_got got = {0};

        http_ask(site, &guess, &got);
        slowed = got.status == 429;
        if (slowed) {
            assert_non_null(http_got_header(&got, "Retry-After"));
            assert_non_null(strstr(buf_text(&got.body), "Too many tries"));
        } else {
            assert_int_equal(got.status, 401);
        }
        http_got_clear(&got);
    }
    assert_true(slowed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_admin),
        cmocka_unit_test(test_home),
        cmocka_unit_test(test_sign_in),
        cmocka_unit_test(test_cookie),
        cmocka_unit_test(test_sign_out),
        cmocka_unit_test(test_profile),
        cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_gates),
        cmocka_unit_test(test_guessing_is_slowed_down),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
