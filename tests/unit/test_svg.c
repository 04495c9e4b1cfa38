/* SPDX-License-Identifier: Apache-2.0 */
/* The bar chart's markup: shape, scale, escapes, no styles. */
#include "server/text/svg.h"
#include "tests/unit/unit.h"

static const char *
draw(struct buf *to, const struct svg_bar *bars, size_t n)
{
    struct svg_chart c = {.id = "c",
                          .title = "A & B",
                          .summary = "5 < 6",
                          .unit = "kWh",
                          .height = 320,
                          .n = n,
                          .bars = bars};

    to->len = 0;
    svg_bar_chart(to, &c);
    return buf_text(to);
}

static void
parts(void **state)
{
    static const struct svg_bar bars[] = {
        {.micro = 1000000, .title = "one \"1\""},
        {.micro = 500000,
         .surplus_micro = 250000,
         .hatched = 1000,
         .title = "two",
         .href = "/meters/1/day?a=1&b=2"},
        {.missing = true, .slots = 6, .title = "not yet"},
        {.micro = 800000, .hatched = 500, .title = "half"},
    };
    struct buf b = {0};
    const char *svg = draw(&b, bars, 4);

    (void)state;
    assert_non_null(strstr(svg, "<title id=\"c-t\">A &amp; B</title>"));
    assert_non_null(strstr(svg, "<desc id=\"c-d\">5 &lt; 6</desc>"));
    assert_non_null(strstr(svg, "<title>one &quot;1&quot;</title>"));
    assert_non_null(strstr(svg, "href=\"/meters/1/day?a=1&amp;b=2\""));
    assert_int_equal(text_count(svg, "tabindex=\"0\" role=\"img\""), 3);
    assert_int_equal(text_count(svg, "class=\"chart-slot\""), 4);
    assert_int_equal(text_count(svg, "class=\"chart-bar\""), 2);
    assert_int_equal(text_count(svg, "class=\"chart-estimated\""), 2);
    assert_int_equal(text_count(svg, "class=\"chart-surplus\""), 1);
    assert_int_equal(text_count(svg, "class=\"chart-gap\""), 1);
    assert_non_null(strstr(svg, "class=\"chart-gap\" x=\"22.222%\" "
                                "width=\"66.666%\""));
    assert_null(strstr(svg, "class=\"chart-x"));
    assert_null(strstr(svg, "style="));
    assert_int_equal(text_count(svg, "<svg"), text_count(svg, "</svg>"));
    assert_int_equal(text_count(svg, "<g"), text_count(svg, "</g>"));
    assert_int_equal(text_count(svg, "<a "), text_count(svg, "</a>"));
    buf_clear(&b);
}

/* The highest bar, the zero line and the labels of the scale fit together. */
static void
scale(void **state)
{
    static const struct svg_bar bars[] = {
        {.micro = 1000000, .title = "a"},
        {.micro = 250000, .title = "b"},
    };
    struct buf b = {0};
    const char *svg = draw(&b, bars, 2);

    (void)state;
    /* 320 high, 26 above, 26 below: 268 for 1 kWh */
    assert_non_null(strstr(svg, "y=\"26\" height=\"268\"/><rect "
                                "class=\"chart-bar\" x=\"4.166%\" "
                                "width=\"41.667%\" y=\"26\" height=\"268\"/>"));
    assert_non_null(strstr(svg, "y=\"227\" height=\"67\"/>"));
    assert_non_null(strstr(svg, ">0.2</text>"));
    assert_non_null(strstr(svg, ">1.0</text>"));
    buf_clear(&b);
}

static void
extremes(void **state)
{
    static const struct svg_bar nothing[] = {{.missing = true, .title = "a"}};
    static const struct svg_bar zero[] = {{.title = "a"}};
    static const struct svg_bar huge[] = {
        {.micro = 99999999999999999, .surplus_micro = 1, .title = "a"}};
    struct buf b = {0};

    (void)state;
    assert_int_equal(text_count(draw(&b, nothing, 1), "chart-gap"), 1);
    assert_int_equal(text_count(draw(&b, zero, 1), "chart-bar"), 0);
    assert_int_equal(text_count(draw(&b, huge, 1), "chart-bar"), 1);
    assert_int_equal(text_count(draw(&b, NULL, 0), "chart-slot"), 0);
    assert_null(strstr(buf_text(&b), "height=\"-"));
    buf_clear(&b);
}

/* Very many bars are outlines: one picture, without links and titles. */
static void
crowd(void **state)
{
    static struct svg_bar bars[203];
    struct buf b = {0};
    const char *svg;

    (void)state;
    for (size_t i = 0; i < 203; i++)
        bars[i] =
            (struct svg_bar){.micro = 1000000, .title = "one", .href = "/day"};
    bars[1].micro = 500000;
    bars[1].surplus_micro = 500000;
    bars[2].hatched = 500;
    bars[3] = (struct svg_bar){.missing = true, .slots = 7, .title = "no"};
    bars[202] = (struct svg_bar){.missing = true, .ahead = true};
    svg = draw(&b, bars, 203);
    assert_non_null(strstr(svg, "class=\"chart chart-crowded\""));
    assert_non_null(strstr(svg, "role=\"img\" data-top=\"26\" "
                                "data-tall=\"268\""));
    /* 268 px hold 1 kWh up and half of one down: 178.7 from the top */
    assert_non_null(strstr(svg, "class=\"chart-bar\" d=\"M0 178.7V0h1V89.3h1h1"
                                "V178.7h7V0h1h1h1"));
    assert_non_null(strstr(svg, "h1h1V178.7h1z\"/>"));
    assert_non_null(strstr(svg, "class=\"chart-surplus\" d=\"M0 178.7h1V268h1"
                                "V178.7h1h7h1"));
    assert_non_null(strstr(svg, "fill=\"url(#c-e)\" "
                                "d=\"M2 89.3V0h1V89.3z\"/>"));
    assert_non_null(strstr(svg, "viewBox=\"0 0 209 268\""));
    assert_int_equal(text_count(svg, "class=\"chart-gap\""), 1);
    assert_non_null(strstr(svg, "class=\"chart-gap\" x=\"1.435%\" "
                                "width=\"3.349%\""));
    assert_null(strstr(svg, "chart-slot"));
    assert_null(strstr(svg, "href"));
    assert_int_equal(text_count(svg, "<svg"), text_count(svg, "</svg>"));
    buf_clear(&b);
}

/* Labels thin out: no more than fit, and fewer on a phone. */
static void
labels(void **state)
{
    static struct svg_bar bars[96];
    static struct svg_label words[96];
    struct svg_chart c = {.id = "c",
                          .title = "t",
                          .summary = "s",
                          .unit = "kWh",
                          .height = 320,
                          .n = 96,
                          .labels = 96,
                          .bars = bars,
                          .label = words};
    struct buf b = {0};
    const char *svg;
    int all, wide;

    (void)state;
    for (size_t i = 0; i < 96; i++) {
        bars[i] = (struct svg_bar){.micro = 1000, .title = "x"};
        words[i] = (struct svg_label){i, "10:15 PM"};
    }
    svg_bar_chart(&b, &c);
    svg = buf_text(&b);
    all = text_count(svg, "class=\"chart-x");
    wide = text_count(svg, "class=\"chart-x chart-x-wide\"");
    assert_in_range(all, 4, 10);
    assert_in_range(all - wide, 2, 4);
    buf_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts),    cmocka_unit_test(scale),
        cmocka_unit_test(extremes), cmocka_unit_test(crowd),
        cmocka_unit_test(labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
