/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the made-up meters are: their ESI IDs, habits, devices and REPs, each a
 * hash of (seed, ESI ID).  What they use on a day is generate_day.c's affair.
 */
#include "config.h"

#include <string.h>

#include "api/feed/generate.h"

/* The four large wires companies of the market; the numbers are stand-ins. */
const struct generate_tdsp GENERATE_TDSP[GENERATE_TDSPS] = {
    {"Trinity Wires",
     "1039940674000",
     "10443720",
     17,
     true,
     0,
     {"Dallas", "Fort Worth", "Waco", "Tyler"},
     {"75201", "76102", "76701", "75702"}},
    {"Bayou Electric Delivery",
     "957877905",
     "1008901",
     22,
     true,
     15,
     {"Houston", "Katy", "Sugar Land", "Pasadena"},
     {"77002", "77449", "77479", "77502"}},
    {"Gulf Bend Power Lines",
     "007924772",
     "10032789",
     17,
     true,
     25,
     {"Corpus Christi", "McAllen", "Laredo", "Victoria"},
     {"78401", "78501", "78040", "77901"}},
    {"Caprock Utilities",
     "007929441",
     "10400511",
     17,
     false,
     -10,
     {"Lewisville", "Texas City", "Fort Stockton", "Alvin"},
     {"75057", "77590", "79735", "77511"}},
};

uint64_t
generate_mix(uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* One draw in [0, n) for a purpose (salt) of a meter. */
static int64_t
draw(const struct generate_meter *m, uint64_t salt, int64_t n)
{
    return (int64_t)(generate_mix(m->key ^ generate_mix(salt)) >> 1) % n;
}

static bool
chance(const struct generate_meter *m, uint64_t salt, int ppm)
{
    return draw(m, salt, 1000000) < ppm;
}

/* The prefix, then a number that spreads but never repeats. */
static void
esiid_make(const struct generate_plan *p, int64_t number,
           struct generate_meter *m)
{
    const struct generate_tdsp *t = &GENERATE_TDSP[m->tdsp];
    size_t at = strlen(t->prefix);
    int64_t serial =
        number * 37 + (int64_t)(generate_mix(p->seed ^ (uint64_t)number) % 37);

    memcpy(m->esiid, t->prefix, at);
    if (t->digits == 22)
        serial = serial * 1000 + 100;
    for (int i = t->digits - 1; i >= (int)at; i--) {
        m->esiid[i] = (char)('0' + serial % 10);
        serial /= 10;
    }
    m->esiid[t->digits] = '\0';
    m->esiid_len = t->digits;
}

static void
home_habits(struct generate_meter *m)
{
    m->base = (int32_t)(22 + draw(m, 10, 70));
    m->active = (int32_t)(45 + draw(m, 11, 110));
    m->cool = (int32_t)(380 + draw(m, 12, 750));
    m->heat = m->kind == GENERATE_GAS_HOME ? (int32_t)(40 + draw(m, 13, 90))
                                           : (int32_t)(550 + draw(m, 13, 900));
    m->car =
        m->kind == GENERATE_CAR_HOME ? (int32_t)(5000 + draw(m, 14, 9000)) : 0;
}

static void
business_habits(struct generate_meter *m)
{
    int32_t size = (int32_t)(1 + draw(m, 15, 6));

    m->base = size * (int32_t)(90 + draw(m, 10, 120));
    m->active = size * (int32_t)(180 + draw(m, 11, 260));
    m->cool = size * (int32_t)(300 + draw(m, 12, 500));
    m->heat = size * (int32_t)(60 + draw(m, 13, 200));
    m->car = 0;
}

void
generate_meter_get(const struct generate_plan *p, int64_t number,
                   struct generate_meter *m)
{
    int32_t least;

    memset(m, 0, sizeof *m);
    m->tdsp = (int)(number % p->tdsps);
    esiid_make(p, number, m);
    m->key = p->seed;
    for (int i = 0; i < m->esiid_len; i++)
        m->key = generate_mix(m->key ^ (uint64_t)(unsigned char)m->esiid[i]);
    if (chance(m, 1, p->business_ppm)) {
        m->kind = GENERATE_SHOP + (enum generate_kind)draw(m, 2, 2);
        business_habits(m);
    } else {
        m->kind = (enum generate_kind)draw(m, 2, 3);
        home_habits(m);
    }
    /* What the mildest day takes bounds what may be drawn from it. */
    least = m->base * 96 + m->active * 24;
    m->wobble = least / 4;
    m->solar = chance(m, 3, p->solar_ppm);
    if (m->solar) {
        m->own_wh = least / 2;
        m->surplus_wh = (int32_t)(least / 2 + draw(m, 4, least));
    }
}

/* Terms of a fixed length one after another, shifted by the meter's phase:
 * which one a day lies in, and its days. */
static int
term_of(const struct generate_meter *m, uint64_t salt, int32_t length,
        int32_t day, int32_t *from, int32_t *to)
{
    int32_t phase = (int32_t)draw(m, salt, length);
    int term = (day + phase) / length;

    *from = term * length - phase;
    *to = *from + length - 1;
    return term;
}

static int
rep_of_term(const struct generate_plan *p, const struct generate_meter *m,
            int term)
{
    int64_t u = draw(m, 22 + ((uint64_t)term << 8), 1000);

    return (int)(u * u * p->reps / 1000000); /* a few REPs have most homes */
}

/* Texans choose their REP since 2002-01-01. */
#define RETAIL_OPENED 11688

int
generate_rep_on(const struct generate_plan *p, const struct generate_meter *m,
                int32_t day, int32_t *from, int32_t *to)
{
    /* Contracts of one, two or four years; who renews is not a change. */
    int32_t length = 365 << draw(m, 20, 3);
    int term = term_of(m, 21, length, day, from, to);
    int rep = rep_of_term(p, m, term);

    for (int t = term - 1; t >= 0 && *from - length >= RETAIL_OPENED &&
                           rep_of_term(p, m, t) == rep;
         t--)
        *from -= length;
    for (int t = term + 1; t < 400 && rep_of_term(p, m, t) == rep; t++)
        *to += length;
    return rep;
}

char *
generate_rep_duns(char *to, int rep)
{
    int64_t duns = 100000007 + (int64_t)rep * 7919;

    for (int i = 8; i >= 0; i--) {
        to[i] = (char)('0' + duns % 10);
        duns /= 10;
    }
    to[9] = '\0';
    return to;
}

int
generate_device_on(const struct generate_meter *m, int32_t day, int32_t *from,
                   int32_t *to)
{
    /* A device lasts ten to fourteen years. */
    return term_of(m, 31, (int32_t)(3650 + draw(m, 30, 1500)), day, from, to);
}

bool
generate_day_gap(const struct generate_plan *p, const struct generate_meter *m,
                 int32_t day)
{
    /* An outage of the radio is two days long. */
    return chance(m, 40 + ((uint64_t)(uint32_t)(day / 2) << 8), p->gap_ppm);
}

int
generate_day_resent(const struct generate_plan *p,
                    const struct generate_meter *m, int32_t day)
{
    uint64_t salt = (uint64_t)(uint32_t)day << 8;

    if (!chance(m, 41 + salt, p->replaced_ppm))
        return 0;
    return 2 + (int)draw(m, 42 + salt, 4);
}
