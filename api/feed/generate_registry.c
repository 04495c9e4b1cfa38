/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up meters as registry rows and billed months (docs/registry.md,
 * docs/billed.md). */
#include "config.h"

#include "api/feed/generate.h"
#include "db/reading.h"
#include "server/base/clock.h"

static const char *const STREETS[] = {
    "Pecan St",     "Live Oak Dr",    "Bluebonnet Ln",  "Mesquite Trl",
    "Magnolia Ave", "Mockingbird Ln", "Lone Star Blvd", "Cypress Creek Rd",
    "Alamo St",     "Wildflower Ct",  "Cedar Elm Way",  "Rio Grande St",
    "Brazos Bend",  "Sabine St",      "Caddo Lake Dr",  "Palo Duro Dr"};
static const char *const MAKES[] = {"Landis+Gyr", "Itron", "Sensus", "Aclara"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* A date, or nothing for a day that is not known yet. */
static void
add_day(struct buf *to, int32_t day, int32_t last)
{
    char text[11];

    buf_putc(to, ',');
    if (day <= last)
        buf_puts(to, day_format(text, day));
}

static void
add_place(struct buf *to, const struct generate_meter *m)
{
    const struct generate_tdsp *t = &GENERATE_TDSP[m->tdsp];
    uint64_t x = generate_mix(m->key ^ 0x61646472);
    unsigned city = (unsigned)(x & 3);
    bool home = m->kind <= GENERATE_CAR_HOME;

    buf_printf(to, ",America/Chicago,%s,%c,", home ? "residential" : "business",
               m->solar ? 'Y' : 'N');
    buf_printf(to, "%d %s", 100 + (int)(x >> 8 & 0x1fff),
               STREETS[(x >> 24) % COUNT(STREETS)]);
    if (m->kind == GENERATE_GAS_HOME && (x >> 40) % 3 == 0)
        buf_printf(to, " Apt %d", 1 + (int)((x >> 44) % 40));
    buf_printf(to, ",%s,TX,%s", t->city[city], t->zip[city]);
}

static void
add_device(struct buf *to, const struct generate_meter *m, int device,
           int32_t from, int32_t to_day, int32_t last)
{
    uint64_t x = generate_mix(m->key ^ (uint64_t)(device + 1) * 7919);

    buf_printf(to, ",1%08d,%.2s%08d,%s", (int)(x % 100000000),
               MAKES[x >> 60 & 3], (int)((x >> 27) % 100000000),
               MAKES[x >> 60 & 3]);
    add_day(to, from, INT32_MAX);
    add_day(to, from + 2, INT32_MAX);
    add_day(to, to_day, last);
}

/* One row for each meeting of a device's days with a REP's days. */
static void
add_point(const struct generate_plan *p, const struct generate_meter *m,
          struct buf *to)
{
    int32_t at = p->from_day - 400, last = p->to_day;

    while (at <= last) {
        int32_t dev_from, dev_to, rep_from, rep_to;
        int device = generate_device_on(m, at, &dev_from, &dev_to);
        int rep = generate_rep_on(p, m, at, &rep_from, &rep_to);
        char duns[16];

        buf_printf(to, "%s,P%s,%s", m->esiid, m->esiid + m->esiid_len - 8,
                   GENERATE_TDSP[m->tdsp].duns);
        add_place(to, m);
        add_device(to, m, device, dev_from, dev_to, last);
        buf_printf(to, ",%s", generate_rep_duns(duns, rep));
        add_day(to, rep_from, INT32_MAX);
        add_day(to, rep_to, last);
        buf_putc(to, '\n');
        at = (dev_to < rep_to ? dev_to : rep_to) + 1;
    }
}

void
generate_registry(const struct generate_plan *p, int tdsp, int64_t first,
                  int64_t last, struct buf *to)
{
    struct generate_meter m;

    buf_puts(to, "ESIID,PREMISE,TDSP,ZONE,CLASS,SOLAR,ADDRESS,CITY,STATE,ZIP,"
                 "METER,SERIAL,MAKE,INSTALLED,PROVISIONED,REMOVED,"
                 "REP,REP_FROM,REP_TO\n");
    for (; first < last; first++) {
        generate_meter_get(p, first * p->tdsps + tdsp, &m);
        add_point(p, &m, to);
    }
}

struct bill {
    int64_t wh;
    int32_t peak_wh;
};

/* Energy by the register, gaps included; the peak of the days that came. */
static void
bill_sum(const struct generate_world *w, const struct generate_meter *m,
         int32_t from, int32_t to, struct bill *b)
{
    struct generate_day d;

    b->wh = generate_taken(w, m, from, to, CHANNEL_LOAD);
    b->peak_wh = 0;
    for (int32_t day = from; day <= to; day++) {
        if (!generate_day_get(w, m, day, CHANNEL_LOAD, 1, &d))
            continue;
        for (int i = 0; i < d.n; i++) {
            if (d.wh[i] > b->peak_wh)
                b->peak_wh = d.wh[i];
        }
    }
}

/* kW of a quarter hour's Wh, one place; kVA at a power factor of 0.93. */
static void
add_demand(struct buf *to, int64_t wh)
{
    int64_t kw10 = wh * 4 / 100, kva10 = kw10 * 100 / 93;
    int64_t billed = (kw10 + 9) / 10, billed_kva = (kva10 + 9) / 10;

    buf_printf(to, ",%d.%d,%d,%d.%d,%d", (int)(kw10 / 10), (int)(kw10 % 10),
               (int)billed, (int)(kva10 / 10), (int)(kva10 % 10),
               (int)billed_kva);
}

static void
add_bills(const struct generate_plan *p, const struct generate_world *w,
          const struct generate_meter *m, struct buf *to)
{
    /* Each point has its day of the month on which the reader comes. */
    int32_t cycle = (int32_t)(generate_mix(m->key ^ 0x6379636c) % 28);
    int32_t from = day_month_start(p->from_day) + cycle;

    if (from < p->from_day)
        from = day_add_months(from, 1);
    for (;;) {
        int32_t next = day_add_months(from, 1), made = next + 2;
        char a[11], b[11], c[11];
        struct bill bill;

        if (made > p->to_day)
            return;
        bill_sum(w, m, from, next - 1, &bill);
        buf_printf(to, "%s,%s,%s,%s 04:%02d:%02d,%d", m->esiid,
                   day_format(a, from), day_format(b, next - 1),
                   day_format(c, made), (int)(m->key % 60),
                   (int)(m->key / 64 % 60), (int)(bill.wh / 1000));
        if (m->kind > GENERATE_CAR_HOME)
            add_demand(to, bill.peak_wh);
        else
            buf_puts(to, ",,,,");
        buf_putc(to, '\n');
        from = next;
    }
}

void
generate_billed(const struct generate_plan *p, const struct generate_world *w,
                int tdsp, int64_t first, int64_t last, struct buf *to)
{
    struct generate_meter m;

    buf_puts(to, "ESIID,START_DATE,END_DATE,REVISION_DATE,ACTUAL_KWH,"
                 "METERED_KW,BILLED_KW,METERED_KVA,BILLED_KVA\n");
    for (; first < last; first++) {
        generate_meter_get(p, first * p->tdsps + tdsp, &m);
        add_bills(p, w, &m, to);
    }
}
