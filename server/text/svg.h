/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bar chart as inline SVG: works without scripts, prints, can be read by a
 * screen reader and walked by keyboard.  No colours and no style attributes
 * here: classes only, so that dark mode, print and high contrast are the style
 * sheet's affair.  All texts come from the caller, translated.
 *
 * Across, the chart is drawn in percent of its width and its letters keep
 * their size, so that one picture is readable on a phone and on a wall.  The
 * style sheet leaves room for the scale with padding on the left and hides
 * .chart-x-wide where the page is narrow.
 *
 * More bars than SVG_CROWDED are one picture: outlines instead of bars, too
 * thin to hit, so without links and words of their own.  The page has those in
 * a table, from which a script may make them again; data-top and data-tall say
 * where bars stand.
 *
 *   chart-bar chart-estimated chart-surplus chart-gap   what is drawn
 *   chart-slot chart-hit       one bar with its focus and its pointer area
 *   chart-crowded              bars without room between them
 *   chart-plot                 what is drawn of those
 *   chart-grid chart-zero chart-x chart-y chart-unit     the frame
 */
#ifndef MH_TEXT_SVG_H
#define MH_TEXT_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/base/buf.h"

#define SVG_CROWDED 200 /* slots */

struct svg_bar {
    int64_t micro;         /* height in millionths of the unit */
    int64_t surplus_micro; /* drawn below the axis, 0 for none */
    bool missing;          /* nothing known: a gap is drawn, no bar */
    bool ahead;            /* missing because still to come: left empty */
    uint16_t hatched;      /* share of the bar that is estimated, 0..1000 */
    uint16_t slots;        /* bars' widths it takes; 0 is 1 */
    /* Both unused where the chart is crowded: */
    const char *title; /* "1:15–1:30 AM: 0.145 kWh, estimated" */
    const char *href;  /* a click goes there, NULL for none */
};

/* Words under the axis, evenly spaced; thinned out where they do not fit. */
struct svg_label {
    size_t slot;      /* centred below it */
    const char *text; /* "1 AM" */
};

struct svg_chart {
    const char *id;              /* unique on the page, for aria-labelledby */
    const char *title, *summary; /* <title>, <desc> */
    const char *unit;            /* "kWh" */
    int height;                  /* pixels, scale and labels included */
    size_t n, labels;
    const struct svg_bar *bars;
    const struct svg_label *label;
};

void svg_bar_chart(struct buf *to, const struct svg_chart *c);

#endif
