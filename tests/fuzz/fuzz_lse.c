/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the LSE reader.  Whatever the bytes are, reading them whole and in
 * pieces and in every way that this processor has must say the same, each
 * record must be one that the format allows, and each refusal must point into
 * the text.
 */
#include "api/feed/check.h"
#include "api/feed/lse_row.h"
#include "server/base/hash.h"
#include "tests/fuzz/fuzz.h"

struct pieces {
    const uint8_t *bytes;
    size_t n, at, step;
    char *piece;
};

static void
more_pieces(void *arg, const char *from, size_t keep, struct lse_span *span)
{
    struct pieces *p = arg;
    size_t n = p->n - p->at;
    char *old = p->piece;

    if (n > p->step)
        n = p->step;
    p->piece = malloc(keep + n + LSE_PAD);
    REQUIRE(p->piece != NULL);
    memcpy(p->piece, from, keep);
    memcpy(p->piece + keep, p->bytes + p->at, n);
    memset(p->piece + keep + n, 0, LSE_PAD);
    p->at += n;
    free(old);
    *span = (struct lse_span){p->piece, p->piece + keep + n, p->at == p->n};
}

/* What reading gave, to be compared between ways of cutting the text. */
struct outcome {
    uint64_t hash;
    uint32_t records, rejects;
};

static void
note(struct outcome *o, const void *bytes, size_t n)
{
    struct {
        uint64_t before, now;
    } both = {o->hash, hash64(bytes, n)};

    o->hash = hash64(&both, sizeof both);
}

static void
note_record(struct outcome *o, const struct lse_record *r)
{
    const struct reading_day *d = &r->d;

    REQUIRE(d->n % 4 == 0 && d->n > 0 && d->n <= READING_MOST);
    REQUIRE(d->channel == CHANNEL_LOAD || d->channel == CHANNEL_GENERATION);
    REQUIRE(r->esiid_n >= 1 && r->esiid_n <= LSE_MOST_ESIID);
    REQUIRE(d->transaction[0] != '\0' && strlen(d->transaction) <= LSE_MOST_ID);
    REQUIRE(strlen(r->sender) == 9 || strlen(r->sender) == 13);
    for (unsigned i = 0; i < d->n; i++) {
        REQUIRE(d->value_ukwh[i] >= 0 && d->value_ukwh[i] <= LSE_MOST_UKWH);
        REQUIRE(d->places[i] <= DECIMAL_PLACES);
        REQUIRE(d->status[i] == 'A' || d->status[i] == 'E');
    }
    note(o, r->esiid, r->esiid_n);
    note(o, &d->day, sizeof d->day);
    note(o, &d->stamp, sizeof d->stamp);
    note(o, d->transaction, strlen(d->transaction));
    note(o, r->sender, strlen(r->sender));
    note(o, d->rep, strlen(d->rep));
    note(o, r->zone, r->zone_n);
    note(o, d->value_ukwh, d->n * sizeof d->value_ukwh[0]);
    note(o, d->places, d->n);
    note(o, d->status, d->n);
    note(o, &r->line, sizeof r->line);
}

static void
note_reject(struct outcome *o, const struct feed_reject *j)
{
    REQUIRE(j->code < FEED_CODE_COUNT && j->field != NULL);
    REQUIRE(j->interval <= READING_MOST && strlen(j->esiid) <= LSE_MOST_ESIID);
    REQUIRE(strlen(j->excerpt) < FEED_EXCERPT && j->caret < FEED_EXCERPT);
    REQUIRE(j->column <= LSE_MOST_LINE + 1 || j->ercot[0] == 'F');
    note(o, &j->code, sizeof j->code);
    note(o, j->field, strlen(j->field));
    note(o, &j->interval, sizeof j->interval);
    note(o, &j->line, sizeof j->line);
    note(o, &j->column, sizeof j->column);
    note(o, j->esiid, strlen(j->esiid));
    o->rejects++;
}

static struct outcome
read_all(struct lse *in)
{
    static const struct tz *zone;
    struct feed_point point = {.id = 0};
    struct outcome o = {0};
    struct lse_record r;
    struct feed_check check;
    uint32_t warnings;
    enum lse_rc rc;

    if (zone == NULL)
        zone = tz_get("America/Chicago");
    point.zone = zone;
    feed_check_init(&check, "183529049", "", 1800000000);
    while ((rc = feed_lse_next(in, &r)) != LSE_END) {
        if (rc == LSE_RECORD)
            note_record(&o, &r);
        if (rc != LSE_RECORD ||
            !feed_check_record(&check, in, &r, &point, &warnings))
            note_reject(&o, &in->reject);
        o.records += rc != LSE_REFUSED;
    }
    REQUIRE(o.records <= in->records);
    return o;
}

static struct outcome
read_whole(enum lse_way way, const uint8_t *bytes, size_t n)
{
    struct outcome whole;
    char *text = malloc(n + LSE_PAD);
    struct lse in;

    REQUIRE(text != NULL);
    if (n > 0)
        memcpy(text, bytes, n);
    memset(text + n, 0, LSE_PAD);
    feed_lse_init_text(&in, text, n);
    REQUIRE(lse_use(&in, way));
    whole = read_all(&in);
    free(text);
    return whole;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct pieces p = {.bytes = bytes, .n = n};
    struct outcome plain = read_whole(LSE_PLAIN, bytes, n), other;
    struct lse in;

    for (enum lse_way w = LSE_SSE; w < LSE_WAYS; w++) {
        if (!lse_can(w))
            continue;
        other = read_whole(w, bytes, n);
        REQUIRE(plain.records == other.records && plain.hash == other.hash);
    }
    p.step = n > 0 ? 1 + n / (1 + bytes[0] % 8) : 1;
    feed_lse_init(&in, more_pieces, &p);
    other = read_all(&in);
    free(p.piece);
    REQUIRE(plain.records == other.records && plain.hash == other.hash);
    return 0;
}
