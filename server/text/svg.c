/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bar charts.  Up and down, one unit is one pixel: values are scaled to
 * hundredths of a pixel in whole numbers.  Across, everything is a share of the
 * width in thousandths of a percent.
 */
#include "server/text/svg.h"

#include <string.h>

#include "server/base/decimal.h"
#include "server/text/template.h"

#define TOP    26     /* room for the unit above the scale */
#define BOTTOM 26     /* room for the labels under the axis */
#define FULL   100000 /* the whole width */
#define LINES  5      /* most lines of the scale */
#define LETTER 7      /* pixels of an average letter */
#define ROOM   12     /* pixels between two labels */
#define NARROW 290    /* pixels of a chart on a phone */
#define WIDE   620    /* and where the style sheet shows wide labels */

/* The scale: round steps that span all values. */
struct scale {
    int64_t step;      /* micro */
    int64_t high, low; /* micro; low is how far it goes below zero */
    int height;        /* hundredths of a pixel between high and -low */
    int zero;          /* hundredths of a pixel from the top */
};

/* value / whole of `out`, safe for any energy. */
static int
share(int64_t value, int64_t whole, int out)
{
    while (whole > (int64_t)1 << 40) {
        whole >>= 1;
        value >>= 1;
    }
    return (int)(value * out / whole);
}

static int64_t
step_up(int64_t value, int64_t step)
{
    return (value + step - 1) / step * step;
}

/* 1, 2, 5, 10, 20, 50 … until the values need at most LINES steps. */
static int64_t
round_step(int64_t high, int64_t low)
{
    static const int grow[] = {2, 5, 10};
    int64_t unit = 1, step = 1;
    size_t i = 0;

    while (step_up(high, step) / step + step_up(low, step) / step > LINES) {
        step = unit * grow[i];
        if (++i == 3) {
            i = 0;
            unit *= 10;
        }
    }
    return step;
}

static struct scale
make_scale(const struct svg_chart *c)
{
    struct scale s = {.height = (c->height - TOP - BOTTOM) * 100};
    int64_t high = 0, low = 0;

    for (size_t i = 0; i < c->n; i++) {
        const struct svg_bar *b = &c->bars[i];

        if (b->missing)
            continue;
        high = b->micro > high ? b->micro : high;
        low = b->surplus_micro > low ? b->surplus_micro : low;
    }
    if (high == 0 && low == 0)
        high = DECIMAL_ONE;
    s.step = round_step(high, low);
    s.high = step_up(high, s.step);
    s.low = step_up(low, s.step);
    s.zero = TOP * 100 + share(s.high, s.high + s.low, s.height);
    return s;
}

/* Hundreds of bars make these worth more than a printf: each returns where it
 * ended, at most NUMBER_MOST bytes on. */
#define NUMBER_MOST 24

static char *
write_whole(char *to, int64_t n)
{
    int64_t unit = 1;

    if (n < 0) {
        *to++ = '-';
        n = -n;
    }
    while (n / unit >= 10)
        unit *= 10;
    for (; unit > 0; unit /= 10)
        *to++ = (char)('0' + n / unit % 10);
    return to;
}

/* A length in hundredths of a pixel, or thousandths of a percent, with its
 * point and without trailing zeros. */
static char *
write_cut(char *to, int n, int unit)
{
    int rest = n % unit;

    to = write_whole(to, n / unit);
    if (rest == 0)
        return to;
    *to++ = '.';
    for (unit /= 10; rest; unit /= 10) {
        *to++ = (char)('0' + rest / unit);
        rest %= unit;
    }
    return to;
}

static void
put_cut(struct buf *to, int n, int unit)
{
    buf_room(to, NUMBER_MOST);
    to->len = (size_t)(write_cut(to->at + to->len, n, unit) - to->at);
}

static void
put_name(struct buf *to, const char *name)
{
    buf_putc(to, ' ');
    buf_puts(to, name);
    buf_puts(to, "=\"");
}

static void
put_px(struct buf *to, const char *name, int hundredths)
{
    put_name(to, name);
    put_cut(to, hundredths, 100);
    buf_putc(to, '"');
}

static void
put_percent(struct buf *to, const char *name, int share_of_full)
{
    put_name(to, name);
    put_cut(to, share_of_full, FULL / 100);
    buf_puts(to, "%\"");
}

static void
put_rect(struct buf *to, const char *class, int x, int width, int y, int height)
{
    buf_puts(to, "<rect");
    put_name(to, "class");
    buf_puts(to, class);
    buf_putc(to, '"');
    put_percent(to, "x", x);
    put_percent(to, "width", width);
    put_px(to, "y", y);
    put_px(to, "height", height);
}

/* "0.05": as many digits as the step needs. */
static void
put_scale_number(struct buf *to, int64_t micro, int64_t step)
{
    char text[DECIMAL_TEXT];
    struct decimal d = {micro, DECIMAL_PLACES};

    for (int64_t unit = 10; d.places > 0 && step % unit == 0; unit *= 10)
        d.places--;
    buf_add(to, text, decimal_format(text, d));
}

static void
put_grid(struct buf *to, const struct svg_chart *c, const struct scale *s)
{
    buf_puts(to, "<g class=\"chart-grid\" aria-hidden=\"true\">");
    for (int64_t at = -s->low; at <= s->high; at += s->step) {
        int64_t size = at < 0 ? -at : at;
        int down = share(size, s->high + s->low, s->height);
        int y = at < 0 ? s->zero + down : s->zero - down;

        buf_printf(to, "<line class=\"%s\" x1=\"0\" x2=\"100%%\"",
                   at ? "chart-line" : "chart-zero");
        put_px(to, "y1", y);
        put_px(to, "y2", y);
        buf_puts(to, "/><text class=\"chart-y\" x=\"-8\" dy=\".32em\"");
        put_px(to, "y", y);
        buf_putc(to, '>');
        put_scale_number(to, size, s->step);
        buf_puts(to, "</text>");
    }
    buf_puts(to, "<text class=\"chart-unit\" x=\"-8\" y=\"0\" dy=\".1em\">");
    template_escape(to, c->unit);
    buf_puts(to, "</text></g>");
}

/* Pixels of a value; something however small is still seen. */
static int
bar_height(int64_t micro, const struct scale *s)
{
    int height = share(micro, s->high + s->low, s->height);

    return micro > 0 && height < 100 ? 100 : height;
}

/* The part of a bar that is estimated, drawn on top of the rest. */
static int
estimated_height(const struct svg_bar *b, int up)
{
    int hatched = up * b->hatched / 1000;

    if (b->hatched > 0 && hatched < 400)
        hatched = up < 400 ? up : 400;
    return hatched;
}

static void
put_bar(struct buf *to, const struct svg_chart *c, const struct svg_bar *b,
        const struct scale *s, int x, int width)
{
    int up = bar_height(b->micro, s), down = bar_height(b->surplus_micro, s);
    int hatched = estimated_height(b, up);

    if (up > hatched) {
        put_rect(to, "chart-bar", x, width, s->zero - up + hatched,
                 up - hatched);
        buf_puts(to, "/>");
    }
    if (hatched > 0) {
        put_rect(to, "chart-estimated", x, width, s->zero - up, hatched);
        buf_printf(to, " fill=\"url(#%s-e)\"/>", c->id);
    }
    if (down > 0) {
        put_rect(to, "chart-surplus", x, width, s->zero, down);
        buf_puts(to, "/>");
    }
}

static int64_t
slots_of(const struct svg_bar *b)
{
    return b->slots ? b->slots : 1;
}

/* One bar, from slot `at` on, of `all` slots. */
static void
put_slot(struct buf *to, const struct svg_chart *c, const struct scale *s,
         const struct svg_bar *b, int64_t at, int64_t all)
{
    int x = (int)(FULL * at / all);
    int end = (int)(FULL * (at + slots_of(b)) / all);
    int gap = (end - x) / 6;

    buf_puts(to, b->href ? "<a class=\"chart-slot\" href=\""
                         : "<g class=\"chart-slot\" tabindex=\"0\" "
                           "role=\"img");
    if (b->href)
        template_escape(to, b->href);
    buf_puts(to, "\"><title>");
    template_escape(to, b->title ? b->title : "");
    buf_puts(to, "</title>");
    put_rect(to, "chart-hit", x, end - x, TOP * 100, s->height);
    buf_puts(to, "/>");
    if (b->missing && !b->ahead) {
        put_rect(to, "chart-gap", x, end - x, TOP * 100, s->height);
        buf_printf(to, " fill=\"url(#%s-g)\"/>", c->id);
    } else if (!b->missing) {
        put_bar(to, c, b, s, x + gap / 2, end - x - gap);
    }
    buf_puts(to, b->href ? "</a>" : "</g>");
}

/* ---- many bars: outlines ------------------------------------------------- */

/* A tenth of a pixel is finer than screens are. */
static char *
write_down(char *to, char command, int hundredths)
{
    *to++ = command;
    return write_cut(to, (hundredths - TOP * 100 + 5) / 10, 10);
}

static void
put_down(struct buf *to, char command, int hundredths)
{
    buf_room(to, 1 + NUMBER_MOST);
    to->len =
        (size_t)(write_down(to->at + to->len, command, hundredths) - to->at);
}

enum outline { OUTLINE_USE, OUTLINE_SURPLUS };

/* Steps along the tops of all bars, and back along the zero line. */
static void
put_outline(struct buf *to, const struct svg_chart *c, const struct scale *s,
            enum outline which)
{
    int at = s->zero;
    char *end;

    buf_printf(to, "<path class=\"%s\" d=\"M0 ",
               which == OUTLINE_USE ? "chart-bar" : "chart-surplus");
    put_cut(to, (at - TOP * 100 + 5) / 10, 10);
    buf_room(to, c->n * 2 * (1 + NUMBER_MOST));
    end = to->at + to->len;
    for (size_t i = 0; i < c->n; i++) {
        const struct svg_bar *b = &c->bars[i];
        int up = b->missing ? 0 : bar_height(b->micro, s);
        int y = s->zero - up + estimated_height(b, up);

        if (which == OUTLINE_SURPLUS)
            y = s->zero + (b->missing ? 0 : bar_height(b->surplus_micro, s));
        if (y != at)
            end = write_down(end, 'V', y);
        *end++ = 'h';
        end = write_whole(end, slots_of(b));
        at = y;
    }
    to->len = (size_t)(end - to->at);
    if (at != s->zero)
        put_down(to, 'V', s->zero);
    buf_puts(to, "z\"/>");
}

static void
put_estimates(struct buf *to, const struct svg_chart *c, const struct scale *s)
{
    int64_t x = 0;
    bool any = false;

    for (size_t i = 0; i < c->n; x += slots_of(&c->bars[i]), i++) {
        const struct svg_bar *b = &c->bars[i];
        int up = b->missing ? 0 : bar_height(b->micro, s);
        int high = estimated_height(b, up);

        if (high == 0)
            continue;
        if (!any)
            buf_printf(to,
                       "<path class=\"chart-estimated\" "
                       "fill=\"url(#%s-e)\" d=\"",
                       c->id);
        any = true;
        buf_putc(to, 'M');
        buf_int(to, x);
        put_down(to, ' ', s->zero - up + high);
        put_down(to, 'V', s->zero - up);
        buf_putc(to, 'h');
        buf_int(to, slots_of(b));
        put_down(to, 'V', s->zero - up + high);
        buf_putc(to, 'z');
    }
    if (any)
        buf_puts(to, "\"/>");
}

static void
put_gaps(struct buf *to, const struct svg_chart *c, const struct scale *s,
         int64_t all)
{
    int64_t at = 0;

    for (size_t i = 0; i < c->n; at += slots_of(&c->bars[i]), i++) {
        const struct svg_bar *b = &c->bars[i];
        int x = (int)(FULL * at / all);

        if (!b->missing || b->ahead)
            continue;
        put_rect(to, "chart-gap", x, (int)(FULL * (at + slots_of(b)) / all) - x,
                 TOP * 100, s->height);
        buf_printf(to, " fill=\"url(#%s-g)\"/>", c->id);
    }
}

/* Drawn in slots and pixels, then pulled to the width there is. */
static void
put_picture(struct buf *to, const struct svg_chart *c, const struct scale *s,
            int64_t all)
{
    put_gaps(to, c, s, all);
    buf_printf(to,
               "<svg class=\"chart-plot\" y=\"%d\" width=\"100%%\" "
               "height=\"%d\" viewBox=\"0 0 %lld %d\" "
               "preserveAspectRatio=\"none\">",
               TOP, s->height / 100, (long long)all, s->height / 100);
    put_outline(to, c, s, OUTLINE_USE);
    put_estimates(to, c, s);
    if (s->low > 0)
        put_outline(to, c, s, OUTLINE_SURPLUS);
    buf_puts(to, "</svg>");
}

/* Letters, not bytes. */
static size_t
letters(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Every how many labels one fits, in a chart of so many pixels. */
static size_t
label_step(size_t labels, size_t longest, size_t pixels)
{
    size_t most = pixels / (longest * LETTER + ROOM);

    return most == 0 ? labels : (labels + most - 1) / most;
}

static void
put_labels(struct buf *to, const struct svg_chart *c, int64_t all)
{
    size_t longest = 1, wide, narrow;

    if (c->labels == 0)
        return;
    for (size_t i = 0; i < c->labels; i++) {
        size_t n = letters(c->label[i].text);

        longest = n > longest ? n : longest;
    }
    wide = label_step(c->labels, longest, WIDE);
    narrow = label_step(c->labels, longest, NARROW);
    narrow = (narrow + wide - 1) / wide * wide;
    buf_puts(to, "<g aria-hidden=\"true\">");
    for (size_t i = 0; i < c->labels; i += wide) {
        int64_t middle = 2 * (int64_t)c->label[i].slot + 1;

        buf_printf(to, "<text class=\"chart-x%s\"",
                   i % narrow ? " chart-x-wide" : "");
        put_percent(to, "x", (int)(FULL * middle / (2 * all)));
        put_px(to, "y", (c->height - 8) * 100);
        buf_putc(to, '>');
        template_escape(to, c->label[i].text);
        buf_puts(to, "</text>");
    }
    buf_puts(to, "</g>");
}

/* Hatching for estimates and for gaps, drawn by classes.  What is pulled in
 * width is hatched level, so that its stripes stay as they are. */
static void
put_patterns(struct buf *to, const char *id, bool crowded)
{
    static const char *const kinds[] = {"e", "g"};

    buf_puts(to, "<defs>");
    if (crowded)
        buf_printf(to,
                   "<pattern id=\"%s-e\" width=\"1\" height=\"4\" "
                   "patternUnits=\"userSpaceOnUse\">"
                   "<rect class=\"chart-e-ground\" width=\"1\" "
                   "height=\"4\"/><rect class=\"chart-e-stripe\" "
                   "width=\"1\" height=\"2\"/></pattern>",
                   id);
    for (size_t i = crowded; i < 2; i++)
        buf_printf(to,
                   "<pattern id=\"%s-%s\" width=\"6\" height=\"6\" "
                   "patternUnits=\"userSpaceOnUse\" "
                   "patternTransform=\"rotate(45)\">"
                   "<rect class=\"chart-%s-ground\" width=\"6\" "
                   "height=\"6\"/><rect class=\"chart-%s-stripe\" "
                   "width=\"2.5\" height=\"6\"/></pattern>",
                   id, kinds[i], kinds[i], kinds[i]);
    buf_puts(to, "</defs>");
}

void
svg_bar_chart(struct buf *to, const struct svg_chart *c)
{
    struct scale s = make_scale(c);
    int64_t all = 0, at = 0;
    bool crowded;

    for (size_t i = 0; i < c->n; i++)
        all += slots_of(&c->bars[i]);
    crowded = all > SVG_CROWDED;
    buf_printf(to,
               "<svg class=\"chart%s\" id=\"%s\" width=\"100%%\" height=\"%d\" "
               "role=\"%s\" data-top=\"%d\" data-tall=\"%d\" "
               "aria-labelledby=\"%s-t\" "
               "aria-describedby=\"%s-d\"><title id=\"%s-t\">",
               crowded ? " chart-crowded" : "", c->id, c->height,
               crowded ? "img" : "group", TOP, s.height / 100, c->id, c->id,
               c->id);
    template_escape(to, c->title);
    buf_printf(to, "</title><desc id=\"%s-d\">", c->id);
    template_escape(to, c->summary);
    buf_puts(to, "</desc>");
    put_patterns(to, c->id, crowded);
    put_grid(to, c, &s);
    if (crowded)
        put_picture(to, c, &s, all);
    for (size_t i = 0; i < c->n && !crowded; i++) {
        put_slot(to, c, &s, &c->bars[i], at, all);
        at += slots_of(&c->bars[i]);
    }
    put_labels(to, c, all);
    buf_puts(to, "</svg>");
}
