/* SPDX-License-Identifier: Apache-2.0 */
/* The server by tables: routes, people, parameters, forms, faults, headers. */
#include "tests/http/http_case.h"
#include "tests/http/own_app.h"

static struct site *site;

#define WHOLE_CSP                                                              \
    "Content-Security-Policy: default-src 'none'; style-src 'self'; "          \
    "script-src 'self'; img-src 'self' data:; form-action 'self'; "            \
    "frame-ancestors 'none'; base-uri 'none'"
#define SECURE                                                                 \
    WHOLE_CSP                                                                  \
    "\nStrict-Transport-Security: max-age=31536000\n"                          \
    "X-Content-Type-Options: nosniff\nReferrer-Policy: same-origin\n"          \
    "Cross-Origin-Opener-Policy: same-origin\n"                                \
    "Cross-Origin-Resource-Policy: same-origin\n"                              \
    "Permissions-Policy: camera=()\n!Server\n!X-Powered-By"
#define DYNAMIC SECURE "\nCache-Control: no-store\nX-Request-Id: "

static void
test_routes(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/", .status = 200, .header = DYNAMIC, .has = "hello"},
        {"HEAD", "/", .status = 200, .header = "Content-Length: 6"},
        {"GET", "/nope", .status = 404, .header = DYNAMIC,
         .has = "<!doctype html>\nThere is nothing here\nError 404"},
        {"HEAD", "/nope", .status = 404},
        {"GET", "/mine/", .status = 404},
        {"GET", "/item/42", .status = 200, .has = "\"arg\":\"42\""},
        {"GET", "/item/special", .status = 200, .has = "special"},
        {"GET", "/item/", .status = 404},
        {"GET", "/item/a%20b%C3%A9", .status = 200, .has = "a bé"},
        {"GET", "/item/1/part/2", .status = 200,
         .has = "\"arg\":\"1\"\n\"arg2\":\"2\""},
        {"GET", "/item/1/part", .status = 404},
        {"POST", "/item/42", .body = "", .status = 405,
         .header = "Allow: GET, HEAD, OPTIONS"},
        {"DELETE", "/api/echo", .status = 405,
         .header =
             "Allow: GET, HEAD, "
             "POST, PUT, OPTIONS\nContent-Type: application/problem+json"},
        {"OPTIONS", "/api/echo", .status = 204,
         .header = "Allow: GET, HEAD, POST, PUT, OPTIONS\n" SECURE},
        {"OPTIONS", "/nope", .status = 404},
        {"TRACE", "/", .status = 405},
        {"GET", "/closed", .status = 404},
        {"GET", "/closed", .as = "ada", .status = 404},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_who(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/mine", .as = "ana", .status = 200},
        {"GET", "/mine", .status = 303,
         .header = "Location=/sign-in?next=%2Fmine"},
        {"GET", "/mine?a=%2F%26&b=c", .status = 303,
         .header = "Location=/sign-in?next=%2Fmine%3Fa%3D%252F%2526%26b%3Dc"},
        {"POST", "/mine", .body = "", .status = 303,
         .header = "Location=/sign-in"},
        {"GET", "/mine.csv", .status = 303},
        {"GET", "/api/mine", .status = 401,
         .header = "Content-Type: "
                   "application/problem+json",
         .has = "\"code\":\"signed_out\""},
        {"GET", "/admin", .as = "ana", .status = 403},
        {"GET", "/api/admin", .as = "ana", .status = 403},
        {"GET", "/admin", .as = "ada", .status = 200},
        {"GET", "/mine", .as = "stranger", .status = 303},
        {"GET", "/mine", .as = "broken", .status = 503,
         .header = "Retry-After: "},
        {"GET", "/echo", .as = "ana", .status = 200,
         .has = "\"who\":\"ana\"\n\"peer\":\"127.0.0.1\""},
    };

    (void)state;
    site_cookie(site, "stranger", "session", OWN_COOKIE("anabel"));
    site_cookie(site, "broken", "session", OWN_COOKIE("broken"));
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_parameters(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/echo", .status = 200,
         .has = "\"text\":null\n\"n\":7\n"
                "\"day\":null\n\"kind\":\"daily\"\n\"flag\":false"},
        {"GET",
         "/echo?text=a+b%26%C3%B1&n=-5&day=2024-02-29&kind=monthly&flag=1",
         .status = 200,
         .has = "\"text\":\"a b&ñ\"\n\"n\":-5\n"
                "\"day\":\"2024-02-29\"\n\"kind\":\"monthly\"\n\"flag\":true"},
        {"GET", "/echo?n=&day=&kind=&text=", .status = 200,
         .has = "\"n\":7\n\"day\":null\n\"text\":\"\""},
        {"GET", "/echo?n=101", .status = 400,
         .has = "<p class=\"notice warn\">"
                "n: lies outside the range — -5 … 100"},
        {"GET", "/echo?n=1.5", .status = 400, .has = "not a whole number"},
        {"GET", "/echo?n=99999999999999999999", .status = 400},
        {"GET", "/echo?day=2023-02-29", .status = 400,
         .has = "day: is not a "
                "date"},
        {"GET", "/echo?day=02/28/2023", .status = 400},
        {"GET", "/echo?kind=hourly", .status = 400,
         .has = "kind: is not one of the choices — daily monthly"},
        {"GET", "/echo?text=123456789012345678901", .status = 400,
         .has = "text: is too long — 20"},
        {"GET", "/echo?text=a&text=b", .status = 400, .has = "given twice"},
        {"GET", "/echo?text=%zz", .status = 400, .has = "cannot be read"},
        {"GET", "/echo?text=%ff", .status = 400},
        {"GET", "/echo?text=a%00b", .status = 400},
        {"GET", "/echo?text=%1b", .status = 400},
        {"GET", "/echo?%zz=1", .status = 400},
        {"GET", "/echo?other=1&other=2&&=&x", .status = 200},
        {"GET", "/api/echo?other=1", .status = 400,
         .has = "\"field\":\"other\"\n\"code\":\"bad_field\""},
        {"GET", "/api/echo?text=a&text=b", .status = 400,
         .has = "\"field\":\"text\"\n\"status\":400"},
        {"POST", "/echo?text=query", .body = "text=body", .status = 200,
         .has = "\"text\":\"body\""},
        {"POST", "/api/echo",
         .body = "{\"text\":\"é\\\"\",\"n\":5,"
                 "\"flag\":true,\"day\":null}",
         .status = 200, .has = "\"text\":\"é\\\"\"\n\"n\":5\n\"flag\":true"},
        {"POST", "/api/echo", .body = "{\"text\":{}}", .status = 400,
         .has = "\"field\":\"text\""},
        {"POST", "/api/echo", .body = "{\"other\":1}", .status = 400},
        {"POST", "/api/echo", .body = "{\"text\":1.5}", .status = 400},
        {"POST", "/api/echo", .body = "{\"text\":\"a\",\"text\":\"b\"}",
         .status = 400, .has = "\"code\":\"bad_request\""},
        {"POST", "/api/echo", .body = "{\"text\":", .status = 400},
        {"POST", "/api/echo", .body = "{\"text\":\"\\u0000\"}", .status = 400},
        {"POST", "/api/echo", .body = "text=a", .no_token = true, .status = 415,
         .send = "Content-Type: text/xml"},
        {"POST", "/api/echo", .body = "[1]", .no_token = true, .status = 400,
         .send = "Content-Type: application/json; charset=utf-8"},
        {"POST", "/api/echo", .body = "text=a", .no_token = true,
         .status = 200},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_json_depth(void **state)
{
    struct buf body = {0};
    struct http_case c = {"POST", "/api/echo", .status = 400};

    (void)state;
    buf_puts(&body, "{\"text\":");
    for (int i = 0; i < 5000; i++)
        buf_putc(&body, '[');
    c.body = buf_text(&body);
    http_cases_run(site, &c, 1);
    buf_clear(&body);
}

static void
test_forms(void **state)
{
    static const struct http_case CASES[] = {
        /* the token that http_ask adds is right */
        {"POST", "/echo", .body = "text=a", .status = 200},
        {"POST", "/echo", .as = "ana", .body = "text=a", .status = 200},
        {"POST", "/mine", .as = "ana", .body = "", .status = 200,
         .send = "Sec-Fetch-Site: same-origin"},
        /* none, or another's */
        {"POST", "/echo", .body = "csrf=", .no_token = true, .status = 403,
         .has = "The form was open for too long"},
        {"POST", "/echo", .body = "text=a", .no_token = true, .status = 403},
        {"POST", "/mine", .as = "ana", .body = "csrf=0123456789abcdef",
         .no_token = true, .status = 403},
        {"PUT", "/api/echo", .as = "ana", .body = "{\"n\":1}", .status = 403,
         .has = "\"code\":\"bad_token\""},
        {"PUT", "/api/echo", .body = "{\"n\":1}", .status = 401},
        /* from elsewhere, whatever the token */
        {"POST", "/mine", .as = "ana", .body = "", .status = 403,
         .send = "Origin: https://evil.example"},
        {"POST", "/mine", .as = "ana", .body = "", .status = 403,
         .send = "Origin: null"},
        {"POST", "/mine", .as = "ana", .body = "", .status = 403,
         .send = "Sec-Fetch-Site: cross-site"},
        {"POST", "/mine", .as = "ana", .body = "", .status = 403,
         .send = "Sec-Fetch-Site: same-site"},
        {"GET", "/mine", .as = "ana", .status = 200,
         .send = "Sec-Fetch-Site: cross-site\nOrigin: https://evil.example"},
    };
    struct http_case ours = {"POST", "/mine", .as = "ana", .body = "",
                             .status = 200};
    char origin[64];

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
    snprintf(origin, sizeof origin, "Origin: https://localhost:%d",
             site_port(site));
    ours.send = origin;
    http_cases_run(site, &ours, 1);
}

/* The token of one person or visitor is worth nothing to another. */
static void
test_tokens_are_personal(void **state)
{
    static const char mark[] = "name=\"csrf\" value=\"";
    const char *const from[] = {"luz", NULL, "visitor2"};

    (void)state;
    for (size_t i = 0; i < COUNT(from); i++) {
        struct http_case theirs = {"GET", "/notice", .as = from[i]};
        struct http_case mine = {"POST", "/mine", .as = "ana", .no_token = true,
                                 .status = 403};
        struct http_got got;
        char body[200] = "csrf=";
        const char *at;

        http_ask(site, &theirs, &got);
        at = strstr(buf_text(&got.body), mark);
        assert_non_null(at);
        strncat(body, at + sizeof mark - 1, 64);
        http_got_clear(&got);
        mine.body = body;
        http_cases_run(site, &mine, 1);
    }
}

static void
test_languages(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/echo", .status = 200, .has = "\"lang\":\"en\""},
        {"GET", "/echo", .status = 200, .has = "\"lang\":\"es\"",
         .send = "Accept-Language: fr, es-MX;q=0.8, en;q=0.5"},
        {"GET", "/echo", .as = "luz", .status = 200, .has = "\"lang\":\"es\"",
         .send = "Accept-Language: en"},
        {"GET", "/nope", .status = 404,
         .has = "<html lang=\"es\">\n"
                "Ir a la página de inicio",
         .send = "Accept-Language: es"},
        {"GET", "/language?to=es&next=/item/1", .as = "leo", .status = 303,
         .header = "Location=/item/1\nSet-Cookie: __Host-lang=es; Path=/; "
                   "Secure; HttpOnly; SameSite=Lax; Max-Age=31536000"},
        {"GET", "/echo", .as = "leo", .status = 200, .has = "\"lang\":\"es\""},
        {"POST", "/language", .as = "leo", .body = "to=en&back=%2Fnotice",
         .status = 303, .header = "Location=/notice"},
        {"GET", "/echo", .as = "leo", .status = 200, .has = "\"lang\":\"en\"",
         .send = "Accept-Language: es"},
        {"GET", "/language?to=de", .status = 400},
        {"GET", "/language?to=en&next=https://evil.example/", .status = 303,
         .header = "Location=/"},
        {"GET", "/language?to=en&next=//evil.example", .status = 303,
         .header = "Location=/", .has = "!evil"},
        {"GET", "/language?to=en&next=/%5Cevil.example", .status = 303},
    };
    struct http_got got;

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
    http_ask(site, &CASES[COUNT(CASES) - 1], &got);
    assert_string_equal(got.location, "/");
    http_got_clear(&got);
}

static void
test_pages(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/notice?x=1", .as = "ana", .status = 200,
         .header = DYNAMIC "\nContent-Type: text/html; charset=utf-8\n"
                           "Content-Language: en\n!Set-Cookie",
         .has =
             "<title>A &lt;notice&gt;\n<h1>&lt;Hello &amp; goodbye&gt;</h1>\n"
             "name=\"back\" value=\"/notice?x=1\"\naction=\"/sign-out\"\n"
             "name=\"csrf\" value=\"\nEspañol\n!{{\n!style=\n!onclick"},
        {"GET", "/notice", .status = 200,
         .header = "Set-Cookie: __Host-form=", .has = "!action=\"/sign-out\""},
        {"GET", "/no-template", .status = 500,
         .has = "Something went wrong on our side"},
        {"GET", "/twice", .status = 500},
        {"GET", "/never", .status = 500},
        {"GET", "/after", .status = 409,
         .header = "Set-Cookie: __Host-kept=yes"},
        {"GET", "/redirect?to=/item/1%3Fa=b", .status = 303,
         .header = "Location=/item/1?a=b"},
        {"GET", "/redirect?to=//evil.example", .status = 500},
        {"GET", "/redirect?to=https://evil.example", .status = 500},
        {"GET", "/redirect?to=/a%0d%0aX:y", .status = 500},
        {"GET", "/mine.csv", .as = "ana", .status = 200,
         .header =
             "Content-Disposition: attachment; filename=\"my__us__age_.csv"
             "\"\nSet-Cookie: __Host-good=b; Path=/; Secure; HttpOnly; "
             "SameSite=Lax; Max-Age=5\n!X-Bad\n!X-Split\n" DYNAMIC},
    };

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_faults(void **state)
{
    (void)state;
    for (enum fault f = FAULT_NONE + 1; f < FAULT_COUNT; f++) {
        char page_path[32], json_path[32], code[64];
        struct http_case cases[] = {
            {"GET", page_path, .as = "ana", .status = fault_http(f),
             .header = "Content-Type: text/html", .has = "<!doctype html>"},
            {"GET", json_path, .as = "ana", .status = fault_http(f),
             .header = "Content-Type: application/problem+json", .has = code},
        };

        if (f == FAULT_SIGNED_OUT) /* goes to the sign-in page */
            cases[0] = (struct http_case){"GET", page_path, .status = 303};
        snprintf(page_path, sizeof page_path, "/fault/%d", (int)f);
        snprintf(json_path, sizeof json_path, "/api/fault/%d", (int)f);
        snprintf(code, sizeof code, "\"code\":\"%s\"\n\"status\":%d",
                 fault_key(f), fault_http(f));
        http_cases_run(site, cases, COUNT(cases));
    }
}

static void
test_fault_names_the_field(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/fault/3", .status = 400,
         .has = "from: lies outside the range — 40 &lt;days&gt;"},
        {"GET", "/api/fault/3", .status = 400,
         .has = "\"field\":\"from\"\n"
                "\"detail\":\"from: lies outside the range — 40 <days>\"\n"
                "\"type\":\"urn:meterhouse:problem:past_limit\"\n\"id\":\""},
    };

    (void)state;
    assert_int_equal(FAULT_PAST_LIMIT, 3);
    http_cases_run(site, CASES, COUNT(CASES));
}

static void
test_static_files(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/static/site.css", .status = 200,
         .header =
             SECURE "\nContent-Type: text/css; charset=utf-8\nETag: \"\n"
                    "Cache-Control: no-cache\n!Set-Cookie\n!Content-Encoding\n"
                    "Vary: Accept-Encoding"},
        {"HEAD", "/static/site.css", .status = 200, .header = "ETag: "},
        {"GET", "/static/site.css", .status = 200,
         .send = "Accept-Encoding: br, gzip;q=0.5",
         .header = "Content-Encoding: gzip"},
        {"GET", "/static/site.css", .status = 200,
         .send = "Accept-Encoding: gzip;q=0", .header = "!Content-Encoding"},
        {"GET", "/static/logo.svg", .status = 200,
         .header = "Content-Type: image/svg+xml"},
        {"GET", "/static/nope.css", .status = 404},
        {"GET", "/static/", .status = 404},
        {"GET", "/static", .status = 404},
        {"GET", "/static/local.mk", .status = 404},
        {"GET", "/static/../templates/en.json", .status = 400},
        {"GET", "/static/%2e%2e/templates/en.json", .status = 400},
        {"GET", "/static/..%2ftemplates/en.json", .status = 400},
        {"GET", "/static//site.css", .status = 400},
        {"GET", "/static/./site.css", .status = 400},
        {"GET", "/static/site.css%00", .status = 400},
        {"GET", "/static/..\\site.css", .status = 400},
        {"POST", "/static/site.css", .body = "", .status = 404},
    };
    struct http_case same = {"GET", "/static/site.css", .status = 304,
                             .header = "ETag: \"\n" SECURE};
    struct http_case year = {"GET", NULL, .status = 200,
                             .header = "Cache-Control: public, "
                                       "max-age=31536000, immutable"};
    struct http_got got;
    char line[128], path[128];
    const char *at;

    (void)state;
    http_cases_run(site, CASES, COUNT(CASES));
    http_ask(site, &CASES[0], &got);
    snprintf(line, sizeof line, "If-None-Match: W/%s",
             http_got_header(&got, "ETag"));
    http_got_clear(&got);
    same.send = line;
    http_cases_run(site, &same, 1);
    http_ask(site, &(struct http_case){"GET", "/notice", .as = NULL}, &got);
    at = strstr(buf_text(&got.body), "/static/site.css?v=");
    if (at) { /* the frame asks for the version that may be kept */
        assert_true(sscanf(at, "%100[^\"]", path) == 1);
        year.path = path;
        http_cases_run(site, &year, 1);
    }
    http_got_clear(&got);
}

static void
test_health_and_metrics(void **state)
{
    static const struct http_case CASES[] = {
        {"GET", "/healthz", .status = 200, .has = "{\"status\":\"ready\"}",
         .header = "Content-Type: application/json\n" DYNAMIC},
        {"GET", "/metrics", .status = 200, .header = DYNAMIC,
         .has =
             "meterhouse_build_info{version=\"\n"
             "meterhouse_http_requests_total{method=\"GET\",route=\"/item/{}\","
             "status=\"200\"}\n"
             "meterhouse_http_requests_total{method=\"\",route=\"none\","
             "status=\"404\"}\n"
             "meterhouse_http_request_seconds_bucket{method=\"GET\","
             "route=\"/item/{}\",le=\"+Inf\"}\n"
             "meterhouse_http_connections \nmeterhouse_http_queue 0\n"
             "own_metric 42\n!/item/42"},
        {"POST", "/healthz", .body = "", .status = 404},
    };
    static const struct http_case ILL = {
        "GET", "/healthz", .status = 503,
        .has = "{\"status\":\"not ready\",\"reason\":\"no store\"}"};

    (void)state;
    http_cases_run(site, &(struct http_case){"GET", "/item/42", .status = 200},
                   1);
    http_cases_run(site, &(struct http_case){"GET", "/none", .status = 404}, 1);
    http_cases_run(site, CASES, COUNT(CASES));
    setenv("OWN_APP_ILL", "no store", 1);
    http_cases_run(site, &ILL, 1);
    unsetenv("OWN_APP_ILL");
}

/* A body of n bytes of form. */
static void
post_bytes(const char *path, size_t n, bool chunked, int status)
{
    struct buf body = {0};
    struct http_case c = {"POST", path, .status = status,
                          .send = chunked ? "Transfer-Encoding: chunked\n"
                                            "Expect:"
                                          : "Expect:"};

    buf_puts(&body, "text=");
    while (body.len < n)
        buf_putc(&body, 'x');
    c.body = buf_text(&body);
    http_cases_run(site, &c, 1);
    buf_clear(&body);
}

static void
test_bodies(void **state)
{
    (void)state;
    post_bytes("/large", 90000, false, 200);
    post_bytes("/large", 90000, true, 200);
    post_bytes("/large", 120000, false, 413);
    post_bytes("/large", 120000, true, 413);
    post_bytes("/echo", 17000, false, 413);
    post_bytes("/nope", 17000, false, 413);
}

static int
set_up(void **state)
{
    (void)state;
    site = site_start_app(&OWN_APP, NULL);
    site_cookie(site, "ana", "session", OWN_COOKIE("ana"));
    site_cookie(site, "ada", "session", OWN_COOKIE("ada"));
    site_cookie(site, "luz", "session", OWN_COOKIE("luz"));
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    site_stop(site);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_who),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_json_depth),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_tokens_are_personal),
        cmocka_unit_test(test_languages),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_fault_names_the_field),
        cmocka_unit_test(test_static_files),
        cmocka_unit_test(test_health_and_metrics),
        cmocka_unit_test(test_bodies),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
