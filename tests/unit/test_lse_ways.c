/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every way of reading LSE that this processor has says exactly what the plain
 * one says: a million records that are damaged at random, and half as many that
 * are not, of many shapes, whole and in pieces.  Texts end where the readable
 * memory ends, so a reader that looks further than it may is caught.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "api/feed/lse_row.h"
#include "server/base/buf.h"
#include "tests/unit/unit.h"

#ifdef __SANITIZE_ADDRESS__
#define DAMAGED 40000 /* records */
#else
#define DAMAGED 1000000
#endif
#define MOST_TEXT (1u << 20)

static uint64_t seed = 0x5eed1e55;

/* A number below `faces`; the same in every run. */
static uint32_t
dice(uint32_t faces)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 32) * faces >> 32);
}

/* ---- texts that end at a wall -----------------------------------------------
 */

static char *
wall_make(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *at = mmap(NULL, MOST_TEXT + page, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(at != MAP_FAILED);
    assert_int_equal(mprotect(at + MOST_TEXT, page, PROT_NONE), 0);
    return at + MOST_TEXT;
}

/* The text in front of the wall, with a pad that looks like more of it. */
static char *
wall_put(char *wall, size_t n)
{
    static const char PAD[LSE_PAD + 1] = "\0.123,A,,0.456,A,,\n10000001,0.1,";

    assert_true(n + LSE_PAD <= MOST_TEXT);
    memcpy(wall - LSE_PAD, PAD, LSE_PAD);
    return wall - LSE_PAD - n;
}

/* ---- records ----------------------------------------------------------------
 */

/* How the energy texts of a record are written. */
enum style { USUAL, TRIMMED, WIDE, WILD, STYLES };

static void
put_kwh(struct buf *to, enum style s)
{
    static const char *const WILDS[] = {".25",      "-0.125",
                                        "5.",       "",
                                        "0.000001", "0.1234567",
                                        "1.2.3",    "12345678",
                                        "1234567",  "123456.7",
                                        "12345.67", "9999999.999999",
                                        "10000000", "9999999999.99",
                                        "0",        "00000.001",
                                        "0.12345",  "0.123456",
                                        "1e3",      "+1",
                                        " 1",       "1 ",
                                        ".",        "123456789.123456"};
    uint32_t wh = dice(16) == 0 ? dice(40000) : dice(9999);

    if (s == WILD && dice(8) == 0) {
        buf_puts(to, WILDS[dice(COUNT(WILDS))]);
    } else if (s == USUAL || (s == WILD && dice(2) == 0)) {
        buf_printf(to, "%u.%03u", wh % 10000 / 1000, wh % 1000);
    } else if (s == WIDE) {
        buf_printf(to, "%u.%0*u", wh / 10, 1 + (int)dice(6), wh % 10);
    } else {
        buf_printf(to, "%g", wh / 1000.0);
    }
}

static void
put_rows(struct buf *to, const char *end)
{
    static const unsigned ROWS[] = {23, 24, 24, 24, 24, 24, 24, 24, 24, 24,
                                    24, 24, 24, 24, 24, 24, 25, 25, 26, 0};
    unsigned rows = ROWS[dice(COUNT(ROWS))];
    enum style s = (enum style)dice(STYLES);
    bool odd = dice(4) == 0, estimated = dice(3) == 0;

    if (dice(4) > 0 && s == WILD)
        s = USUAL;
    for (unsigned row = 0; row < rows; row++) {
        buf_printf(to, "100000%02u,", row);
        for (unsigned i = 0; i < 4; i++) {
            put_kwh(to, s);
            buf_puts(to, estimated && dice(5) == 0 ? ",E," : ",A,");
            if (i < 3)
                buf_putc(to, ',');
        }
        if (!odd || dice(2) == 0)
            buf_putc(to, ',');
        buf_puts(to, end);
    }
}

static void
put_fresh(struct buf *to)
{
    static const char *const ZONES[] = {"CST", "CST", "CST", "", "MST", "X Y"};
    static const char *const MORE[] = {"", "", "", "",          "",      "",
                                       "", "", "", ",Note=a b", ",REP=1"};
    const char *end = dice(8) == 0 ? "\r\n" : "\n";

    buf_printf(to, "00000001,%0*u%s,%c,20250%u01000000,20250%u01235900,Y,N%s",
               1 + (int)dice(22), dice(1000000), dice(16) ? "" : "Ab",
               "4441"[dice(4)], 1 + dice(2), 1 + dice(2), end);
    if (dice(2) == 0)
        buf_printf(to, "00000002,0,0,0,,0,,900,01,1,-1,0.0,0.0,%s%s",
                   ZONES[dice(COUNT(ZONES))], end);
    else
        buf_printf(to, "00000002,%u.%03u,%u,1,,1,,900,01,1,-1,0.0,0.0,%s%s",
                   dice(99999), dice(1000), dice(99999),
                   ZONES[dice(COUNT(ZONES))], end);
    buf_printf(to, "00000003,%0*u%s", 1 + (int)dice(40), dice(99999), end);
    buf_printf(to, "00000004,20250702%02u%02u33,M%s", dice(24),
               dice(dice(9) ? 60 : 61), end);
    buf_printf(to,
               "00000030,ATTRIBUTE_VALUE_PAIRS,MRE=999000111,"
               "Sender=999000111,Receiver=183529049%s",
               MORE[dice(COUNT(MORE))]);
    if (dice(4) > 0)
        buf_printf(to, ",REP=99900022%u", dice(4));
    buf_puts(to, end);
    put_rows(to, end);
}

/* Making a record costs more than reading it in every way: most are copies of
 * one made before, which are damaged in other places. */
static void
put_record(struct buf *to)
{
    static struct buf pool[2048];
    struct buf *one = &pool[dice(COUNT(pool))];

    if (one->len == 0 || dice(16) == 0) {
        one->len = 0;
        put_fresh(one);
    }
    buf_add(to, one->at, one->len);
}

/* ---- damage -----------------------------------------------------------------
 */

static char
any_byte(void)
{
    static const char BYTES[] = "0123456789.,,,,AEYNM-=\n\n\r: z\x7f\x80\xff";

    return dice(8) == 0 ? (char)dice(256) : BYTES[dice(sizeof BYTES)];
}

static void
splice(struct buf *b, size_t at, size_t out, const char *in, size_t n)
{
    struct buf tail = {0};

    buf_add(&tail, b->at + at + out, b->len - at - out);
    b->len = at;
    buf_add(b, in, n);
    buf_add(b, tail.at, tail.len);
    buf_clear(&tail);
}

static void
damage(struct buf *b)
{
    size_t at = dice((uint32_t)b->len), n = dice(dice(4) ? 4 : 200);
    char bytes[200];

    if (n > b->len - at)
        n = b->len - at;
    switch (dice(8)) {
    case 0:
    case 1:
    case 2:
        b->at[at] = any_byte();
        break;
    case 3:
        b->at[at] ^= (char)(1 << dice(8));
        break;
    case 4:
        splice(b, at, n, NULL, 0);
        break;
    case 5:
        for (size_t i = 0; i < n; i++)
            bytes[i] = any_byte();
        splice(b, at, 0, bytes, n);
        break;
    case 6: /* what stood there, again */
        memcpy(bytes, b->at + at, n);
        splice(b, at, 0, bytes, n);
        break;
    case 7:
        if (dice(4) == 0)
            b->len = at;
        break;
    }
}

/* Two records of three are damaged by themselves. */
static unsigned
put_any(struct buf *to)
{
    static struct buf one;
    size_t whole = to->len;
    bool differs;

    put_record(to);
    if (dice(3) == 0)
        return 0;
    one.len = 0;
    buf_add(&one, to->at + whole, to->len - whole);
    for (unsigned i = 1 + (dice(4) == 0); i > 0 && one.len > 1; i--)
        damage(&one);
    differs = one.len != to->len - whole ||
              memcmp(one.at, to->at + whole, one.len) != 0;
    to->len = whole;
    buf_add(to, one.at, one.len);
    return differs;
}

/* ---- what reading gives -----------------------------------------------------
 */

struct said {
    struct buf text;
    uint32_t records, refused;
};

static void
say(struct said *s, const void *bytes, size_t n)
{
    buf_add(&s->text, bytes, n);
}

static void
say_text(struct said *s, const char *text)
{
    say(s, text, strlen(text) + 1);
}

#define SAY(s, thing) say(s, &(thing), sizeof(thing))

static void
say_record(struct said *s, const struct lse_record *r)
{
    const struct reading_day *d = &r->d;

    SAY(s, r->line);
    say(s, r->esiid, r->esiid_n);
    say(s, r->zone, r->zone_n);
    say_text(s, r->sender);
    say_text(s, r->receiver);
    for (int i = 0; i < LSE_DETAIL; i++) {
        ptrdiff_t place = r->row[i] - r->row[0];

        SAY(s, place);
    }
    for (int i = 0; i < LSE_FIELD_COUNT; i++) {
        ptrdiff_t place = r->field[i] ? r->field[i] - r->row[0] : -1;

        SAY(s, place);
    }
    SAY(s, d->day);
    SAY(s, d->channel);
    SAY(s, d->origin);
    SAY(s, d->n);
    SAY(s, d->seconds);
    SAY(s, d->stamp);
    SAY(s, d->has_reads);
    SAY(s, d->start_read.micro);
    SAY(s, d->start_read.places);
    SAY(s, d->stop_read.micro);
    SAY(s, d->stop_read.places);
    say_text(s, d->transaction);
    say_text(s, d->rep);
    say_text(s, d->mre);
    say(s, d->value_ukwh, d->n * sizeof d->value_ukwh[0]);
    say(s, d->places, d->n);
    say(s, d->status, d->n);
}

static void
say_reject(struct said *s, const struct feed_reject *j)
{
    SAY(s, j->code);
    say_text(s, j->field);
    SAY(s, j->interval);
    SAY(s, j->channel);
    SAY(s, j->day);
    SAY(s, j->line);
    SAY(s, j->column);
    say_text(s, j->esiid);
    say_text(s, j->note);
    SAY(s, j->caret);
    say_text(s, j->excerpt);
}

static void
read_all(struct lse *in, struct said *s)
{
    static struct lse_record r;
    enum lse_rc rc;

    s->text.len = 0;
    s->records = s->refused = 0;
    while ((rc = feed_lse_next(in, &r)) != LSE_END) {
        SAY(s, rc);
        if (rc == LSE_RECORD) {
            say_record(s, &r);
        } else {
            say_reject(s, &in->reject);
            s->refused++;
        }
    }
    s->records = in->records;
    SAY(s, in->records);
    SAY(s, in->line);
}

/* ---- the two ways of giving a text ------------------------------------------
 */

static void
read_whole(enum lse_way way, const struct buf *text, struct said *s)
{
    static char *wall;
    struct lse in;
    char *at;

    if (!wall)
        wall = wall_make();
    at = wall_put(wall, text->len);
    memcpy(at, text->at, text->len);
    feed_lse_init_text(&in, at, text->len);
    assert_true(lse_use(&in, way));
    read_all(&in, s);
}

struct pieces {
    const struct buf *text;
    size_t at;
    int turn;
};

/* Each piece lies elsewhere; the one before is overwritten. */
static void
more(void *arg, const char *from, size_t keep, struct lse_span *span)
{
    static char *wall[2];
    struct pieces *p = arg;
    size_t left = p->text->len - p->at, n = 1 + dice(60000);
    char *at;

    for (int i = 0; i < 2; i++)
        if (!wall[i])
            wall[i] = wall_make();
    n = n < left ? n : left;
    p->turn = !p->turn;
    at = wall_put(wall[p->turn], keep + n);
    memcpy(at, from, keep);
    memset(wall[!p->turn] - keep - LSE_PAD, '7', keep);
    memcpy(at + keep, p->text->at + p->at, n);
    p->at += n;
    *span = (struct lse_span){at, at + keep + n, p->at == p->text->len};
}

static void
read_pieces(enum lse_way way, const struct buf *text, struct said *s)
{
    struct pieces p = {.text = text};
    struct lse in;

    feed_lse_init(&in, more, &p);
    assert_true(lse_use(&in, way));
    read_all(&in, s);
}

/* ---- tests ------------------------------------------------------------------
 */

static void
must_be_same(const struct said *want, const struct said *is, enum lse_way way,
             const struct buf *text)
{
    if (want->text.len == is->text.len &&
        memcmp(want->text.at, is->text.at, is->text.len) == 0)
        return;
    fwrite(text->at, 1, text->len, stderr);
    fail_msg("way %d: %u records, %u refused; plain: %u and %u", way,
             is->records, is->refused, want->records, want->refused);
}

static void
says_the_same(void **state)
{
    static struct said plain, other;
    struct buf text = {0};
    uint32_t records = 0, refused = 0, damaged = 0;
    int ways = 0;

    (void)state;
    while (damaged < DAMAGED) {
        /* now and then more than a span holds */
        unsigned n = dice(200) == 0 ? 60 + dice(90) : 1 + dice(3);

        text.len = 0;
        for (unsigned i = 0; i < n; i++)
            damaged += put_any(&text);
        if (dice(8) == 0 && text.len > 1) /* across records, too */
            damage(&text);
        read_whole(LSE_PLAIN, &text, &plain);
        for (enum lse_way w = LSE_PLAIN; w < LSE_WAYS; w++) {
            if (!lse_can(w))
                continue;
            ways |= 1 << w;
            if (w == LSE_PLAIN ? n > 8 : dice(4) > 0) {
                read_pieces(w, &text, &other);
                must_be_same(&plain, &other, w, &text);
            } else if (w != LSE_PLAIN) {
                read_whole(w, &text, &other);
                must_be_same(&plain, &other, w, &text);
            }
        }
        records += plain.records;
        refused += plain.refused;
    }
    print_message("# %u damaged; read: %u records, %u refused, ways %x\n",
                  damaged, records, refused, ways);
    /* both good and bad ones in plenty, or this says little */
    assert_in_range(refused, records / 8, records / 8 * 7);
    buf_clear(&text);
    buf_clear(&plain.text);
    buf_clear(&other.text);
}

/* A usual text ends at every byte: what is cut is told the same. */
static void
ends_anywhere(void **state)
{
    static struct said plain, other;
    struct buf text = {0};
    size_t n;

    (void)state;
    for (int round = 0; round < 4; round++) {
        text.len = 0;
        put_record(&text);
        for (n = text.len; text.len > 0; text.len--) {
            read_whole(LSE_PLAIN, &text, &plain);
            for (enum lse_way w = LSE_SSE; w < LSE_WAYS; w++) {
                if (!lse_can(w))
                    continue;
                read_whole(w, &text, &other);
                must_be_same(&plain, &other, w, &text);
            }
        }
        assert_true(n > 200);
    }
    buf_clear(&text);
    buf_clear(&plain.text);
    buf_clear(&other.text);
}

/* Forcing a way that there is not says so, and changes nothing. */
static void
knows_the_processor(void **state)
{
    struct lse in;

    (void)state;
    feed_lse_init_text(&in, "", 0);
    assert_false(lse_can(LSE_WAYS));
    assert_true(lse_use(&in, LSE_PLAIN));
    assert_false(in.swift);
    for (enum lse_way w = LSE_SSE; w < LSE_WAYS; w++)
        assert_int_equal(lse_use(&in, w), lse_can(w));
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        assert_true(lse_can(LSE_AVX2) && lse_can(LSE_SSE));
#endif
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_processor),
        cmocka_unit_test(ends_anywhere),
        cmocka_unit_test(says_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
