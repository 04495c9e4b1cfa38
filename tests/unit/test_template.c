/* SPDX-License-Identifier: Apache-2.0 */
/* The engine against cases worked out by hand; tests/interop compares it with
 * the npm package. */
#include "tests/unit/unit.h"

#include "server/base/file.h"
#include "server/text/template.h"

struct render_case {
    const char *text, *view, *want;
};

static const struct render_case CASES[] = {
    {"plain", "{}", "plain"},
    {"", "{}", ""},
    {"{{x}}", "{'x':'a&b<c>\\\"d\\\"\\u0027e'}",
     "a&amp;b&lt;c&gt;&quot;d&quot;&#39;e"},
    {"{{ x }}|{{x}}", "{'x':5}", "5|5"},
    {"{{none}}.", "{}", "."},
    {"{{x}}", "{'x':null}", ""},
    {"{{x}} {{y}}", "{'x':true,'y':false}", "true false"},
    {"{{x}} {{y}}", "{'x':0.1,'y':-9223372036854775808}",
     "0.1 -9223372036854775808"},
    {"{{x}}{{y}}", "{'x':[1,2],'y':{'a':1}}", ""},
    {"{{a.b.c}}", "{'a':{'b':{'c':'deep'}}}", "deep"},
    {"{{a.b.c}}", "{'a':{'b':{}}}", ""},
    {"{{#a}}in{{/a}}", "{'a':true}", "in"},
    {"{{#a}}in{{/a}}", "{'a':false}", ""},
    {"{{#a}}in{{/a}}", "{'a':0}", ""},
    {"{{#a}}in{{/a}}", "{'a':''}", ""},
    {"{{#a}}in{{/a}}", "{'a':[]}", ""},
    {"{{#a}}in{{/a}}", "{'a':{}}", "in"},
    {"{{#a}}in{{/a}}", "{}", ""},
    {"{{^a}}out{{/a}}", "{}", "out"},
    {"{{^a}}out{{/a}}", "{'a':[]}", "out"},
    {"{{^a}}out{{/a}}", "{'a':'x'}", ""},
    {"{{#a}}{{.}},{{/a}}", "{'a':[1,'b',true]}", "1,b,true,"},
    {"{{#a}}{{x}}{{y}},{{/a}}", "{'a':[{'x':1},{'x':2}],'y':9}", "19,29,"},
    {"{{#a}}{{#b}}{{x}}{{/b}}{{/a}}", "{'a':{'x':1},'b':true}", "1"},
    {"{{#a.b}}{{c}}{{/a.b}}", "{'a':{'b':{'c':3}}}", "3"},
    {"{{#a}}({{#.}}{{.}}{{/.}}){{/a}}", "{'a':[[1,2],[3]]}", "(12)(3)"},
    {"{{#s}}{{.}}!{{/s}}", "{'s':'text'}", "text!"},
    {"a{{! words {{ }}b", "{}", "ab"},
    {"a\n  {{! alone }}  \nb\n", "{}", "a\nb\n"},
    {"{{! two\nlines }}\nb", "{}", "b"},
    {"a\n{{#x}}\nb\n{{/x}}\nc\n", "{'x':true}", "a\nb\nc\n"},
    {"a\r\n{{#x}}\r\nb\r\n{{/x}}\r\n", "{'x':true}", "a\r\nb\r\n"},
    {"{{#x}}\n{{/x}}", "{'x':[1,2]}", ""},
    {" {{#x}} {{/x}} \nb", "{'x':true}", "b"},
    {" {{#x}}-{{/x}} \nb", "{'x':true}", " - \nb"},
    {"{{x}}\n{{x}}\n", "{}", "\n\n"},
    {"{ {x} } {", "{}", "{ {x} } {"},
    {"[{{>p.html}}]", "{'x':1}", "[p1\n]"},
    {"  {{>p.html}}\n-", "{'x':1}", "  p1\n-"},
    {"  {{>q.html}}  \n-", "{'x':'1\\n2'}", "  <\n\n  1\n2\n  >\n-"},
    {"a {{>p.html}} b", "{'x':1}", "a p1\n b"},
    {"{{t.w}} {{x}}", "{'x':1}", "word 1"},
    {"{{#t}}{{w}}{{/t}}", "{'t':{'w':'mine'}}", "mine"},
};

static const struct template_text PARTIALS[] = {
    {"p.html", "p{{x}}\n", 7},
    {"q.html", "<\n\n{{#x}}\n{{x}}\n{{/x}}\n>\n", 25},
};

static json_t *
json_of(const char *quoted)
{
    char text[400];
    json_t *value;

    snprintf(text, sizeof text, "%s", quoted);
    for (char *p = text; *p != '\0'; p++) {
        if (*p == '\'')
            *p = '"';
    }
    value = json_loads(text, JSON_DECODE_ANY, NULL);
    if (value == NULL)
        fail_msg("not JSON: %s", text);
    return value;
}

static struct templates *
compile(const char *text, char why[512])
{
    struct template_text all[3] = {
        {"case.html", text, strlen(text)}, PARTIALS[0], PARTIALS[1]};

    return templates_from(all, 3, why);
}

static void
renders(void **state)
{
    json_t *extra = json_of("{'t':{'w':'word'}}");

    (void)state;
    for (size_t i = 0; i < COUNT(CASES); i++) {
        char why[512];
        struct templates *t = compile(CASES[i].text, why);
        json_t *view = json_of(CASES[i].view);
        struct buf b = {0};

        if (t == NULL)
            fail_msg("%s", why);
        assert_true(template_render(t, "case.html", view, extra, &b));
        if (strcmp(buf_text(&b), CASES[i].want) != 0)
            fail_msg("%s with %s: \"%s\", want \"%s\"", CASES[i].text,
                     CASES[i].view, b.at, CASES[i].want);
        buf_clear(&b);
        json_decref(view);
        templates_close(t);
    }
    json_decref(extra);
}

struct refusal {
    const char *text, *why;
};

static const struct refusal REFUSALS[] = {
    {"a\n{{{x}}}", "case.html:2: raw values are not written by templates: x"},
    {"{{&x}}", "case.html:1: raw values are not written by templates: x"},
    {"{{=<% %>=}}", "case.html:1: the delimiters cannot be changed: <% %>="},
    {"\n\n{{x", "case.html:3: {{ without }}"},
    {"{{x\n}}", "case.html:1: a line end inside a tag"},
    {"{{}}", "case.html:1: not a name"},
    {"{{a b}}", "case.html:1: not a name: a b"},
    {"{{a..b}}", "case.html:1: not a name: a..b"},
    {"{{a.}}", "case.html:1: not a name: a."},
    {"{{.a}}", "case.html:1: not a name: .a"},
    {"{{a.b.c.d.e.f.g.h.i}}",
     "case.html:1: too many points in: a.b.c.d.e.f.g.h.i"},
    {"x\n{{#a}}\n\n", "case.html:2: section is not closed: a"},
    {"{{#a}}{{#b}}{{/a}}{{/b}}",
     "case.html:1: closed before the section inside it: a"},
    {"{{/a}}", "case.html:1: closes what is not open: a"},
    {"{{>none.html}}", "case.html:1: no such partial: none.html"},
    {"{{>case.html}}", "case.html:1: the partial includes itself: case.html"},
    {"a\x01", "case.html:1: not UTF-8, or control characters"},
    {"\xff", "case.html:1: not UTF-8, or control characters"},
};

static void
refusals_say_where_and_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(REFUSALS); i++) {
        char why[512];
        struct templates *t = compile(REFUSALS[i].text, why);

        if (t != NULL)
            fail_msg("taken: %s", REFUSALS[i].text);
        assert_string_equal(why, REFUSALS[i].why);
    }
}

static void
a_circle_of_partials_is_refused(void **state)
{
    static const struct template_text all[] = {
        {"a.html", "{{>b.html}}", 11},
        {"b.html", "\n{{>a.html}}", 12},
    };
    char why[512];

    (void)state;
    assert_null(templates_from(all, 2, why));
    assert_string_equal(why, "b.html:2: the partial includes itself: a.html");
}

/* Each of ten partials includes the next one ten times, without any text. */
static void
partials_cannot_explode(void **state)
{
    char text[11][200] = {"", ""}, name[11][8], why[512];
    struct template_text all[11];

    (void)state;
    for (int i = 0; i < 11; i++) {
        size_t n = 0;

        snprintf(name[i], sizeof name[i], "p%d", i);
        for (int k = 0; i < 10 && k < 10; k++)
            n += (size_t)snprintf(text[i] + n, sizeof text[i] - n, "{{>p%d}}",
                                  i + 1);
        all[i] = (struct template_text){name[i], text[i], n};
    }
    assert_null(templates_from(all, 11, why));
    assert_non_null(strstr(why, "too many partials"));
}

static void
depth_is_bounded(void **state)
{
    char text[2000], why[512];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 65; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "{{#a}}");
    for (int i = 0; i < 65; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "{{/a}}");
    assert_null(compile(text, why));
    assert_string_equal(why, "case.html:1: too many tags or too deep: a");
}

static void
only_code_writes_markup(void **state)
{
    char why[512];
    struct templates *t =
        compile("{{chart}}|{{text}}|{{#chart}}{{.}}{{/chart}}", why);
    json_t *view = json_pack("{s:o,s:s}", "chart",
                             template_safe("<svg id=\"a\"/>"), "text", "<svg>");
    struct buf b = {0}, markup = {0}, none = {0};

    (void)state;
    assert_true(template_render(t, "case.html", view, NULL, &b));
    assert_string_equal(buf_text(&b),
                        "<svg id=\"a\"/>|&lt;svg&gt;|<svg id=\"a\"/>");
    /* Where it lies is as good as a copy; nothing at all is nothing. */
    buf_puts(&markup, "<b/>");
    json_object_set_new(view, "chart", template_safe_here(&markup));
    b.len = 0;
    assert_true(template_render(t, "case.html", view, NULL, &b));
    assert_string_equal(buf_text(&b), "<b/>|&lt;svg&gt;|<b/>");
    json_object_set_new(view, "chart", template_safe_here(&none));
    b.len = 0;
    assert_true(template_render(t, "case.html", view, NULL, &b));
    assert_string_equal(buf_text(&b), "|&lt;svg&gt;|");
    buf_clear(&markup);
    json_decref(view);
    buf_clear(&b);
    templates_close(t);
}

static void
row(void *arg, size_t i, struct template_cell *cell)
{
    (void)arg;
    cell[0] = template_cell(i ? "<b>" : "a");
    if (!i)
        cell[1] = template_cell("/x?a=1&b=2");
    cell[2] = template_cell_plain("", 0);
    cell[3] = template_cell_plain("<2>", 2);
}

/* A long list, row by row: the same escapes and sections, no tree. */
static void
writes_rows(void **state)
{
    static const char *const names[] = {"name", "href", "none", "raw"};
    struct template_rows rows = {names, 4, 2, row, NULL};
    char why[512];
    struct templates *t = compile(
        "<li>{{#href}}<a href=\"{{href}}\">{{#name}}{{name}}{{/name}}</a>"
        "{{/href}}{{^href}}{{name}}{{/href}}{{#none}}no{{/"
        "none}}{{none}}{{raw}};",
        why);
    struct buf b = {0};

    (void)state;
    assert_true(template_render_rows(t, "case.html", &rows, &b));
    assert_string_equal(buf_text(&b), "<li><a href=\"/x?a=1&amp;b=2\">a</a><2;"
                                      "<li>&lt;b&gt;<2;");
    rows.columns = 2; /* the template names a third */
    assert_false(template_render_rows(t, "case.html", &rows, &b));
    assert_false(template_render_rows(t, "other.html", &rows, &b));
    buf_clear(&b);
    templates_close(t);
}

static void
reads_a_folder(void **state)
{
    char folder[256], path[400], why[512];
    struct templates *t;
    struct buf b = {0};
    json_t *view = json_object();

    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/usage", folder);
    assert_true(file_make_dir(path, 0755));
    snprintf(path, sizeof path, "%s/usage/day.html", folder);
    assert_true(file_write(path, "day{{>a.txt}}", 13, 0644));
    snprintf(path, sizeof path, "%s/a.txt", folder);
    assert_true(file_write(path, "!", 1, 0644));
    snprintf(path, sizeof path, "%s/en.json", folder);
    assert_true(file_write(path, "{{", 2, 0644));
    t = templates_open(folder, why);
    assert_non_null(t);
    assert_true(template_render(t, "usage/day.html", view, NULL, &b));
    assert_string_equal(buf_text(&b), "day!");
    assert_false(template_render(t, "day.html", view, NULL, &b));
    templates_close(t);
    assert_null(templates_open("/nonexistent", why));
    assert_string_equal(why, "/nonexistent: No such file or directory");
    buf_clear(&b);
    json_decref(view);
    scratch_remove(folder);
}

/* The product's own templates compile. */
static void
ours_compile(void **state)
{
    const char *top = getenv("srcdir");
    char path[512], why[512] = "";
    struct templates *t;

    (void)state;
    snprintf(path, sizeof path, "%s/templates", top ? top : ".");
    t = templates_open(path, why);
    if (t == NULL)
        fail_msg("%s", why);
    templates_close(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(renders),
        cmocka_unit_test(refusals_say_where_and_why),
        cmocka_unit_test(a_circle_of_partials_is_refused),
        cmocka_unit_test(partials_cannot_explode),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(only_code_writes_markup),
        cmocka_unit_test(writes_rows),
        cmocka_unit_test(reads_a_folder),
        cmocka_unit_test(ours_compile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
