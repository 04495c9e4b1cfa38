/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user of a database writes before COPY or read_csv: LSE files become
 * CSV on standard output.  Nothing is checked.  It knows nothing of the
 * product, so that peers are fed by a stranger.
 *
 *   lse2csv rows FILE…   esiid,yyyymmdd,interval (1…100),kwh,status
 *   lse2csv cols FILE…   esiid,yyyymmdd,kwh1,…,kwh100,statuses; a line a record
 *   lse2csv list FILE…   esiid,yyyymmdd,"[kwh,…]",statuses
 *   lse2csv wide FILE…   esiid,yyyymmdd,"{kwh,…}",statuses
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST     100
#define FLUSH_AT (1u << 20)
#define LONGEST  16384 /* bytes that one record takes, in any shape */

enum shape { ROWS, COLS, LIST, WIDE };

struct record {
    bool open;
    char key[80]; /* "esiid,yyyymmdd," */
    size_t key_len;
    int n;
    const char *at[MOST]; /* the values, where they stand in the file */
    size_t len[MOST];
    char status[MOST];
};

struct out {
    enum shape shape;
    size_t n;
    char bytes[FLUSH_AT + LONGEST];
};

static void
flush(struct out *o)
{
    for (size_t at = 0; at < o->n;) {
        ssize_t n = write(1, o->bytes + at, o->n - at);

        if (n < 0) {
            perror("lse2csv");
            exit(1);
        }
        at += (size_t)n;
    }
    o->n = 0;
}

static void
add(struct out *o, const char *bytes, size_t n)
{
    memcpy(o->bytes + o->n, bytes, n);
    o->n += n;
}

static void
put_rows(struct out *o, const struct record *r)
{
    for (int i = 0; i < r->n; i++) {
        int number = i + 1;

        add(o, r->key, r->key_len);
        if (number >= 100)
            o->bytes[o->n++] = '1';
        if (number >= 10)
            o->bytes[o->n++] = (char)('0' + number / 10 % 10);
        o->bytes[o->n++] = (char)('0' + number % 10);
        o->bytes[o->n++] = ',';
        add(o, r->at[i], r->len[i]);
        o->bytes[o->n++] = ',';
        o->bytes[o->n++] = r->status[i];
        o->bytes[o->n++] = '\n';
    }
}

static void
put_line(struct out *o, const struct record *r)
{
    add(o, r->key, r->key_len);
    if (o->shape != COLS)
        add(o, o->shape == LIST ? "\"[" : "\"{", 2);
    for (int i = 0; i < r->n; i++) {
        if (i > 0)
            o->bytes[o->n++] = ',';
        add(o, r->at[i], r->len[i]);
    }
    for (int i = r->n; o->shape == COLS && i < MOST; i++)
        o->bytes[o->n++] = ',';
    if (o->shape != COLS)
        add(o, o->shape == LIST ? "]\"" : "}\"", 2);
    o->bytes[o->n++] = ',';
    add(o, r->status, (size_t)r->n);
    o->bytes[o->n++] = '\n';
}

static void
put(struct out *o, struct record *r)
{
    if (!r->open)
        return;
    r->open = false;
    if (o->shape == ROWS)
        put_rows(o, r);
    else
        put_line(o, r);
    if (o->n >= FLUSH_AT)
        flush(o);
}

/* "00000001,ESIID,CHANNEL,YYYYMMDD…" */
static void
take_head(struct record *r, const char *at, const char *end)
{
    const char *id = at + 9, *comma = memchr(id, ',', (size_t)(end - id));
    size_t n = comma ? (size_t)(comma - id) : 0;
    const char *day = comma ? memchr(comma + 1, ',', 8) : NULL;

    if (!day || n > 64 || end - day < 9) {
        fprintf(stderr, "lse2csv: no head: %.*s\n", (int)(end - at), at);
        exit(1);
    }
    memcpy(r->key, id, n + 1);
    memcpy(r->key + n + 1, day + 1, 8);
    r->key[n + 9] = ',';
    r->key_len = n + 10;
    r->n = 0;
    r->open = true;
}

/* "100000HH" and then kwh,status,time, up to four times */
static void
take_detail(struct record *r, const char *at, const char *end)
{
    const char *p = at + 9;

    while (p < end && *p != ',' && r->n < MOST) {
        const char *value = p;

        while (p < end && *p != ',')
            p++;
        r->at[r->n] = value;
        r->len[r->n] = (size_t)(p - value);
        r->status[r->n++] = p[1];
        p += 3; /* the comma, the status, its comma */
        while (p < end && *p != ',')
            p++;
        p++;
    }
}

static void
convert(struct out *o, const char *path)
{
    struct record r = {0};
    struct stat st;
    int fd = open(path, O_RDONLY);
    const char *p, *end;
    char *map;

    if (fd < 0 || fstat(fd, &st)) {
        perror(path);
        exit(1);
    }
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED) {
        perror(path);
        exit(1);
    }
    for (p = map, end = map + st.st_size; p < end;) {
        const char *line = p, *nl = memchr(p, '\n', (size_t)(end - p));

        nl = nl ? nl : end;
        if (*line == '1') {
            take_detail(&r, line, nl);
        } else if (nl - line > 9 && line[7] == '1') {
            put(o, &r);
            take_head(&r, line, nl);
        }
        p = nl + 1;
    }
    put(o, &r);
    munmap(map, (size_t)st.st_size);
}

int
main(int argc, char **argv)
{
    static const char *const names[] = {"rows", "cols", "list", "wide"};
    static struct out o;
    int shape = 0;

    while (argc > 2 && shape < 4 && strcmp(argv[1], names[shape]) != 0)
        shape++;
    if (argc < 3 || shape == 4) {
        fprintf(stderr, "usage: lse2csv rows|cols|list|wide FILE...\n");
        return 2;
    }
    o.shape = (enum shape)shape;
    for (int i = 2; i < argc; i++)
        convert(&o, argv[i]);
    flush(&o);
    return 0;
}
