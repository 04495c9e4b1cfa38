/* SPDX-License-Identifier: Apache-2.0 */
/* Days of every shape that a packed day can have, at random. */
#include "tests/unit/random_day.h"

static uint64_t state = 88172645463325252u;

uint64_t
random_dice(uint64_t faces)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % faces;
}

static const int64_t POWER[] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

static int64_t
random_micro(unsigned kind, unsigned places)
{
    int64_t unit = POWER[6 - places], v;

    switch (kind) {
    case 0:
        v = (int64_t)random_dice(300);
        break; /* a home */
    case 1:
        v = (int64_t)random_dice(1 + random_dice(100000));
        break;
    case 2:
        v = random_dice(20) ? (int64_t)random_dice(50)
                            : (int64_t)random_dice(90000000);
        break;
    case 3:
        v = (int64_t)random_dice(DECIMAL_MAX) / unit;
        break;
    case 4:
        v = (int64_t)random_dice(2000) - 1000;
        break; /* signed */
    case 5:
        v = 7;
        break; /* all the same */
    case 6:
        v = random_dice(2) ? DECIMAL_MAX / unit : -(DECIMAL_MAX / unit);
        break;
    default:
        v = 0;
    }
    return v * unit;
}

static uint8_t
random_status(unsigned kind, size_t i, size_t n)
{
    switch (kind) {
    case 1:
        return 'E';
    case 2:
        return i > n / 3 && i < n / 2 ? 'E' : 'A';
    case 3:
        return random_dice(2) ? 'E' : 'A';
    case 4:
        return random_dice(10) ? 'A' : 0;
    case 5:
        return 0;
    case 6:
        return (uint8_t)random_dice(256);
    case 7:
        return (uint8_t)("AE\0N"[random_dice(4)]);
    default:
        return 'A';
    }
}

static uint8_t
least_places(int64_t micro)
{
    uint8_t p = 6;

    for (; p > 0 && micro % 10 == 0; p--)
        micro /= 10;
    return p;
}

static void
random_text(char *to, size_t size)
{
    size_t n = random_dice(4) ? random_dice(size) : 0;

    for (size_t i = 0; i < n; i++)
        to[i] = "0123456789ABCDEFGHJKLMNPQRSTUVWXyz-_"[random_dice(36)];
    to[n] = '\0';
}

static struct decimal
random_read(void)
{
    uint8_t places = (uint8_t)random_dice(7);

    return (struct decimal){
        random_micro(1 + 2 * (unsigned)random_dice(2), places), places};
}

static void
random_values(struct reading_day *d)
{
    unsigned kind = (unsigned)random_dice(8),
             status = (unsigned)random_dice(12);
    unsigned style = (unsigned)random_dice(3),
             places = (unsigned)random_dice(7);

    for (size_t i = 0; i < d->n; i++) {
        unsigned p = style == 2 ? (unsigned)random_dice(7) : places;

        d->status[i] = random_status(status, i, d->n);
        if (!d->status[i])
            continue;
        d->value_ukwh[i] = random_micro(kind, p);
        d->places[i] = style == 1 ? least_places(d->value_ukwh[i]) : (uint8_t)p;
    }
}

void
random_day(struct reading_day *d)
{
    static const uint16_t LENGTHS[] = {96, 96, 92, 100, 24, 48, 0, 1, 99};

    *d = (struct reading_day){.seconds = 900, .origin = 'M'};
    d->n = LENGTHS[random_dice(9)];
    if (!random_dice(8))
        d->seconds = (uint16_t)random_dice(65536);
    if (!random_dice(8))
        d->origin = (uint8_t)random_dice(256);
    d->stamp = 20200101000000 + (int64_t)random_dice(100000000000);
    random_text(d->transaction, sizeof d->transaction);
    random_text(d->rep, sizeof d->rep);
    random_text(d->mre, sizeof d->mre);
    random_values(d);
    d->has_reads = random_dice(3) == 0;
    if (d->has_reads) {
        d->start_read = random_read();
        d->stop_read = random_read();
    }
}
