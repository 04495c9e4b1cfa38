/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zip by libarchive's streaming reader, which goes by the local headers and so
 * sees every entry that is there, listed in the central directory or not.  The
 * directory at the end is looked at too: it must list that one entry, as a
 * plain file.
 */
#include "server/wire/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "server/base/arena.h"
#include "server/wire/layer.h"

#define BLOCK     65536
#define NAME_MOST 120
#define TAIL      4096  /* bytes at the end that hold the directory */
#define REST_MOST 65536 /* bytes behind the directory */

struct zip {
    struct archive *archive;
    struct source *under;
    unsigned char tail[TAIL]; /* the newest bytes read, at its end */
    size_t tail_n;
    bool done;
    unsigned long long unpacked;
    char block[BLOCK];
};

bool
zip_is(const unsigned char *first, size_t n)
{
    return n >= 4 && (memcmp(first, "PK\003\004", 4) == 0 ||
                      memcmp(first, "PK\005\006", 4) == 0);
}

/* Reads a block from below and keeps the newest bytes. */
static ssize_t
read_block(struct zip *z)
{
    ssize_t n = source_read(z->under, z->block, sizeof z->block);
    size_t keep = n > TAIL ? TAIL : n > 0 ? (size_t)n : 0;

    if (keep > 0) {
        memmove(z->tail, z->tail + keep, TAIL - keep);
        memcpy(z->tail + TAIL - keep, z->block + (size_t)n - keep, keep);
        z->tail_n = z->tail_n + keep < TAIL ? z->tail_n + keep : TAIL;
    }
    return n;
}

static la_ssize_t
feed_archive(struct archive *a, void *arg, const void **block)
{
    struct zip *z = arg;
    ssize_t n = read_block(z);

    if (n < 0)
        archive_set_error(a, EIO, "%s", source_why(z->under));
    *block = z->block;
    return n < 0 ? ARCHIVE_FATAL : n;
}

static void
zip_close(struct source *s)
{
    struct zip *z = s->state;

    archive_read_free(z->archive);
    free(z);
}

/* Letters, digits, . _ - and no point at the start: no way out of a folder. */
static bool
name_is_sound(const char *name)
{
    size_t n = name != NULL ? strlen(name) : 0;

    return n >= 1 && n <= NAME_MOST && name[0] != '.' &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                        "0123456789._-") == n;
}

/* What the first local header says, before libarchive is asked. */
static const char *
header_refusal(const unsigned char *p, ssize_t n)
{
    unsigned flags, method;

    if (n < 30 || p[2] == 5)
        return "the zip is empty";
    flags = p[6] | (unsigned)p[7] << 8;
    method = p[8] | (unsigned)p[9] << 8;
    if (flags & 1)
        return "the zip is encrypted";
    if (method != 0 && method != 8)
        return "the zip is compressed by another method than deflate";
    return NULL;
}

static const char *
entry_refusal(struct archive_entry *e)
{
    if (archive_entry_filetype(e) != AE_IFREG ||
        archive_entry_symlink(e) != NULL || archive_entry_hardlink(e) != NULL)
        return "the zip holds something that is no file";
    if (!name_is_sound(archive_entry_pathname(e)))
        return "the name inside the zip is not 1 to 120 letters, digits, "
               "points, _ and -";
    if (archive_entry_size_is_set(e) &&
        archive_entry_size(e) > (la_int64_t)SOURCE_MOST)
        return "the file in the zip is larger than 2 GiB";
    return NULL;
}

static unsigned
le16(const unsigned char *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

/* The newest place of a signature PK.. before `end`; NULL when there is none.
 */
static const unsigned char *
find_back(const unsigned char *from, const unsigned char *end, size_t least,
          const char *signature)
{
    if ((size_t)(end - from) < least)
        return NULL;
    for (const unsigned char *p = end - least; p >= from; p--) {
        if (memcmp(p, signature, 4) == 0)
            return p;
    }
    return NULL;
}

/* The directory lists one entry: ours, a plain file by its Unix mode. */
static bool
directory_is_sound(const struct zip *z, const char *name)
{
    const unsigned char *from = z->tail + TAIL - z->tail_n;
    const unsigned char *end = z->tail + TAIL, *last, *entry;
    size_t n = strlen(name);
    unsigned mode;

    last = find_back(from, end, 22, "PK\005\006");
    if (last == NULL || le16(last + 10) != 1 ||
        last + 22 + le16(last + 20) != end)
        return false;
    entry = find_back(from, last, 46 + n, "PK\001\002");
    if (entry == NULL || le16(entry + 28) != n ||
        memcmp(entry + 46, name, n) != 0)
        return false;
    mode = le16(entry + 40) & S_IFMT;
    /* zip marks what it read from a pipe as one */
    return mode == 0 || mode == S_IFREG || mode == S_IFIFO;
}

/* Behind the entry there must be no other, and the source below must come to
 * its own sound end. */
static ssize_t
finish(struct source *s, struct zip *z)
{
    struct archive_entry *e;
    size_t rest = 0;
    ssize_t n;
    int rc = archive_read_next_header(z->archive, &e);

    if (rc != ARCHIVE_EOF)
        return rc == ARCHIVE_OK
                   ? layer_fail(s, "the zip holds more than one file")
                   : layer_fail(s, "damaged zip: %.300s",
                                archive_error_string(z->archive));
    while ((n = read_block(z)) > 0 && rest <= REST_MOST)
        rest += (size_t)n;
    if (n < 0)
        return layer_fail(s, "%s", source_why(s->under));
    if (n > 0)
        return layer_fail(s,
                          "damaged zip: too much stands behind its directory");
    if (!directory_is_sound(z, s->name))
        return layer_fail(s, "damaged zip: its directory does not list one "
                             "plain file, the one in it");
    z->done = true;
    return 0;
}

static ssize_t
zip_read(struct source *s, void *to, size_t n)
{
    struct zip *z = s->state;
    la_ssize_t got;

    if (z->done)
        return 0;
    got = archive_read_data(z->archive, to, n);
    if (got == 0)
        return finish(s, z);
    if (got < 0)
        return layer_fail(s, "damaged zip: %.300s",
                          archive_error_string(z->archive));
    z->unpacked += (unsigned long long)got;
    if (!layer_ratio_ok(s->under, z->unpacked))
        return layer_fail(s, LAYER_RATIO_TEXT);
    return (ssize_t)got;
}

static bool
archive_start(struct source *s, struct zip *z, char why[512])
{
    struct archive_entry *e;
    const unsigned char *first = NULL;
    ssize_t n = layer_peek(s->under, &first);
    const char *refusal =
        n < 0 ? source_why(s->under) : header_refusal(first, n);

    if (refusal != NULL) {
        snprintf(why, 512, "%s", refusal);
        return false;
    }
    if (z->archive == NULL ||
        archive_read_support_format_zip_streamable(z->archive) != ARCHIVE_OK ||
        archive_read_open(z->archive, z, NULL, feed_archive, NULL) !=
            ARCHIVE_OK ||
        archive_read_next_header(z->archive, &e) != ARCHIVE_OK) {
        snprintf(why, 512, "damaged zip: %.300s",
                 z->archive ? archive_error_string(z->archive) : "no memory");
        return false;
    }
    refusal = entry_refusal(e);
    if (refusal != NULL)
        snprintf(why, 512, "%s", refusal);
    else
        snprintf(s->name, sizeof s->name, "%s", archive_entry_pathname(e));
    return refusal == NULL;
}

struct source *
zip_open(struct source *under, char why[512])
{
    struct source *s = layer_new(under, source_name(under));
    struct zip *z = mem_new(sizeof *z);

    z->under = under;
    z->archive = archive_read_new();
    s->state = z;
    s->read = zip_read;
    s->close = zip_close;
    if (archive_start(s, z, why))
        return s;
    source_close(s);
    return NULL;
}
