/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the template engine: the bytes up to the first NUL are a template, the
 * rest is its partial "p".  A refusal must say where; what is taken must
 * render, and no markup may come out that did not stand in the template.
 */
#include "server/text/template.h"
#include "tests/fuzz/fuzz.h"

/* Lists of one: sections inside one another multiply. */
static json_t *
make_view(void)
{
    return json_loads(
        "{\"a\":{\"b\":{\"c\":\"<deep>\"}},\"b\":[{\"a\":\"<x>\",\"c\":1}],"
        "\"c\":\"<&>'\\\"\",\"d\":[],\"e\":false,\"f\":0.5,\"g\":null,"
        "\"h\":[[\"<\"]],\"i\":true}",
        0, NULL);
}

static void
refusal_check(const char *why)
{
    const char *line = strchr(why, ':');

    REQUIRE(line != NULL && line[1] >= '1' && line[1] <= '9');
    REQUIRE(strstr(line, ": ") != NULL && strlen(why) < 512);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static json_t *view;
    const char *text = (const char *)bytes;
    const char *nul = n > 0 ? memchr(text, 0, n) : NULL;
    size_t first = nul != NULL ? (size_t)(nul - text) : n;
    struct template_text all[2] = {
        {"main", text, first},
        {"p", nul != NULL ? nul + 1 : "", nul != NULL ? n - first - 1 : 0},
    };
    char why[512] = "";
    struct templates *t = templates_from(all, 2, why);
    struct buf out = {0};

    if (view == NULL)
        view = make_view();
    if (t == NULL) {
        refusal_check(why);
        return 0;
    }
    REQUIRE(template_render(t, "main", view, NULL, &out));
    REQUIRE(template_render(t, "p", view, NULL, &out));
    if (n == 0 || memchr(text, '<', n) == NULL)
        REQUIRE(out.len == 0 || memchr(out.at, '<', out.len) == NULL);
    buf_clear(&out);
    templates_close(t);
    return 0;
}
