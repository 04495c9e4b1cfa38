/* SPDX-License-Identifier: Apache-2.0 */
/* The progress bar of progress.h. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/base/progress.h"

#define WIDTH 30

void
progress_init(struct progress *p, FILE *to, const char *what, int64_t total,
              const char *unit)
{
    memset(p, 0, sizeof *p);
    p->to = to;
    p->what = what;
    p->total = total > 0 ? total : 1;
    p->unit = unit;
    p->since = clock_monotonic();
    p->terminal = to && isatty(fileno(to));
    pthread_mutex_init(&p->lock, NULL);
}

static void
draw(struct progress *p, double now)
{
    static const char full[WIDTH + 1] = "##############################";
    static const char empty[WIDTH + 1] = "..............................";
    int64_t done = p->done < p->total ? p->done : p->total;
    int part = (int)(done * WIDTH / p->total);
    int64_t shown = p->done, rate = 0;
    const char *unit = p->unit;

    if (now > p->since)
        rate = (int64_t)((double)p->done / (now - p->since));
    if (strcmp(unit, "bytes") == 0) {
        unit = "MB";
        shown /= 1000000;
        rate /= 1000000;
    }
    fprintf(p->to, "%s%s [%.*s%.*s] %3d %%  %lld %s, %lld %s/s%s",
            p->terminal ? "\r" : "", p->what, part, full, WIDTH - part, empty,
            (int)(done * 100 / p->total), (long long)shown, unit,
            (long long)rate, unit, p->terminal ? "\033[K" : "\n");
    fflush(p->to);
}

static bool
is_time(struct progress *p, double now)
{
    int tenths = (int)(p->done * 10 / p->total);

    if (p->terminal) {
        if (now - p->drawn < 0.1)
            return false;
        p->drawn = now;
        return true;
    }
    if (tenths <= p->tenths)
        return false;
    p->tenths = tenths;
    return true;
}

void
progress_add(struct progress *p, int64_t n)
{
    double now;

    if (!p->to)
        return;
    pthread_mutex_lock(&p->lock);
    p->done += n;
    now = clock_monotonic();
    if (is_time(p, now))
        draw(p, now);
    pthread_mutex_unlock(&p->lock);
}

void
progress_clear(struct progress *p)
{
    if (p->to && p->terminal) {
        p->total = p->done > 0 ? p->done : p->total;
        draw(p, clock_monotonic());
        fputc('\n', p->to);
    }
    pthread_mutex_destroy(&p->lock);
}
