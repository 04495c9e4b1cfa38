/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bar chart as inline SVG: works without scripts, prints, can be read by a
 * screen reader and walked by keyboard.  No colours here: classes only
 * (chart-bar, chart-bar-estimated with a hatch pattern, chart-bar-surplus,
 * chart-gap …), so that dark mode, print and high contrast are the style
 * sheet's affair.  All texts come from the caller, translated.
 */
#ifndef MH_TEXT_SVG_H
#define MH_TEXT_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/buf.h"

enum svg_bar_kind { SVG_ACTUAL, SVG_ESTIMATED, SVG_SURPLUS, SVG_MISSING };

struct svg_bar {
    int64_t micro;           /* height in millionths of the unit */
    int64_t surplus_micro;   /* drawn below the axis, 0 for none */
    enum svg_bar_kind kind;  /* of the upper bar */
    const char *label;       /* "1:15 AM" under the axis, NULL for no tick */
    const char *title;       /* "1:15–1:30 AM: 0.145 kWh, estimated" */
    const char *href;        /* a click goes there, NULL for none */
};

struct svg_chart {
    const char *id;          /* unique on the page, for aria-labelledby */
    const char *title, *summary; /* <title>, <desc> */
    const char *unit;        /* "kWh" */
    int width, height;       /* viewBox */
    size_t n;
    const struct svg_bar *bars;
};

void svg_bar_chart(struct buf *to, const struct svg_chart *c);

#endif
