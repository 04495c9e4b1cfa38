/* SPDX-License-Identifier: Apache-2.0 */
/* The static files, held in memory with their answers. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "server/base/arena.h"
#include "server/base/buf.h"
#include "server/base/file.h"
#include "server/base/hash.h"
#include "server/base/str.h"
#include "server/http/files.h"
#include "server/http/headers.h"

#define FILE_MOST  (8 * 1024 * 1024)
#define DEPTH      8
#define TAG_SIZE   20
#define GZIP_LEAST 512

enum form { FORM_PLAIN, FORM_GZIP, FORMS };
enum life { LIFE_ASK, LIFE_YEAR, LIVES };

struct file {
    char *name;
    char tag[TAG_SIZE + 1];  /* first digits of its SHA-256 */
    struct buf bytes[FORMS]; /* the gzip form may be empty */
    struct MHD_Response *whole[FORMS][LIVES];
    struct MHD_Response *same; /* 304 */
};

struct files {
    struct file *at;
    size_t n, size;
    char version[TAG_SIZE + 1];
    struct files *old; /* replaced by this one */
};

static const char *
type_of(const char *name, bool *text)
{
    static const struct {
        const char *end, *type;
        bool text;
    } types[] = {
        {".css", "text/css; charset=utf-8", true},
        {".js", "text/javascript; charset=utf-8", true},
        {".svg", "image/svg+xml", true},
        {".txt", "text/plain; charset=utf-8", true},
        {".json", "application/json", true},
        {".webmanifest", "application/manifest+json", true},
        {".png", "image/png", false},
        {".jpg", "image/jpeg", false},
        {".webp", "image/webp", false},
        {".ico", "image/x-icon", false},
        {".woff2", "font/woff2", false},
    };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (str_ends(name, types[i].end)) {
            *text = types[i].text;
            return types[i].type;
        }
    }
    *text = false;
    return "application/octet-stream";
}

static void
gzip(struct buf *to, const struct buf *from)
{
    z_stream z = {0};

    if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return;
    buf_room(to, deflateBound(&z, from->len));
    z.next_in = (Bytef *)from->at;
    z.avail_in = (uInt)from->len;
    z.next_out = (Bytef *)to->at;
    z.avail_out = (uInt)to->size;
    if (deflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out < from->len)
        to->len = z.total_out;
    deflateEnd(&z);
}

static struct MHD_Response *
answer_make(const struct file *f, const struct buf *bytes, enum form form,
            enum life life, const char *type)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(
        bytes ? bytes->len : 0, bytes ? bytes->at : NULL,
        MHD_RESPMEM_PERSISTENT);
    char tag[TAG_SIZE + 8];

    if (!r)
        abort(); /* out of memory at start */
    snprintf(tag, sizeof tag, "\"%s%s\"", f->tag,
             form == FORM_GZIP ? "-gz" : "");
    headers_secure(r);
    MHD_add_response_header(r, "ETag", tag);
    MHD_add_response_header(r, "Vary", "Accept-Encoding");
    MHD_add_response_header(
        r, "Cache-Control",
        life == LIFE_YEAR ? "public, max-age=31536000, immutable" : "no-cache");
    if (type)
        MHD_add_response_header(r, "Content-Type", type);
    if (form == FORM_GZIP)
        MHD_add_response_header(r, "Content-Encoding", "gzip");
    return r;
}

static void
file_prepare(struct file *f)
{
    char hex[SHA256_HEX];
    bool text;
    const char *type = type_of(f->name, &text);

    sha256_hex(hex, f->bytes[FORM_PLAIN].at, f->bytes[FORM_PLAIN].len);
    str_copyn(f->tag, sizeof f->tag, hex, TAG_SIZE);
    if (text && f->bytes[FORM_PLAIN].len >= GZIP_LEAST)
        gzip(&f->bytes[FORM_GZIP], &f->bytes[FORM_PLAIN]);
    for (enum form form = 0; form < FORMS; form++) {
        if (form == FORM_GZIP && f->bytes[form].len == 0)
            continue;
        for (enum life life = 0; life < LIVES; life++)
            f->whole[form][life] =
                answer_make(f, &f->bytes[form], form, life, type);
    }
    f->same = answer_make(f, NULL, FORM_PLAIN, LIFE_ASK, NULL);
}

static bool
file_add(struct files *fs, const char *path, const char *name, char why[512])
{
    struct file *f;

    if (fs->n == fs->size) {
        fs->size = fs->size ? fs->size * 2 : 32;
        fs->at = mem_grow(fs->at, fs->size * sizeof *fs->at);
    }
    f = &fs->at[fs->n];
    memset(f, 0, sizeof *f);
    if (!file_read(path, FILE_MOST, &f->bytes[FORM_PLAIN])) {
        snprintf(why, 512, "%.300s: %m", path);
        buf_clear(&f->bytes[FORM_PLAIN]);
        return false;
    }
    f->name = mem_dup(name);
    fs->n++;
    return true;
}

static bool dir_add(struct files *fs, const char *dir, const char *below,
                    int depth, char why[512]);

static bool
entry_add(struct files *fs, const char *dir, const char *below,
          const char *entry, int depth, char why[512])
{
    char path[2048], name[1024];
    struct stat st;

    if (entry[0] == '.' || str_eq(entry, "local.mk"))
        return true;
    snprintf(path, sizeof path, "%s/%s", dir, entry);
    snprintf(name, sizeof name, "%s%s%s", below, *below ? "/" : "", entry);
    if (stat(path, &st) != 0) {
        snprintf(why, 512, "%.300s: %m", path);
        return false;
    }
    if (S_ISDIR(st.st_mode))
        return depth == 0 || dir_add(fs, path, name, depth - 1, why);
    return !S_ISREG(st.st_mode) || file_add(fs, path, name, why);
}

static bool
dir_add(struct files *fs, const char *dir, const char *below, int depth,
        char why[512])
{
    DIR *d = opendir(dir);
    struct dirent *e;
    bool good = true;

    if (!d) {
        snprintf(why, 512, "%.300s: %m", dir);
        return false;
    }
    while (good && (e = readdir(d)))
        good = entry_add(fs, dir, below, e->d_name, depth, why);
    closedir(d);
    return good;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name,
                  ((const struct file *)b)->name);
}

struct files *
files_open(const char *dir, char why[512])
{
    struct files *fs = mem_new(sizeof *fs);
    struct sha256 *all = sha256_new();
    char hex[SHA256_HEX];

    if (!dir_add(fs, dir, "", DEPTH, why)) {
        sha256_end(all, hex);
        files_close(fs);
        return NULL;
    }
    if (fs->n > 0)
        qsort(fs->at, fs->n, sizeof *fs->at, by_name);
    for (size_t i = 0; i < fs->n; i++) {
        file_prepare(&fs->at[i]);
        sha256_add(all, fs->at[i].name, strlen(fs->at[i].name) + 1);
        sha256_add(all, fs->at[i].tag, TAG_SIZE);
    }
    sha256_end(all, hex);
    str_copyn(fs->version, sizeof fs->version, hex, TAG_SIZE);
    return fs;
}

static void
file_clear(struct file *f)
{
    for (enum form form = 0; form < FORMS; form++) {
        for (enum life life = 0; life < LIVES; life++) {
            if (f->whole[form][life])
                MHD_destroy_response(f->whole[form][life]);
        }
        buf_clear(&f->bytes[form]);
    }
    if (f->same)
        MHD_destroy_response(f->same);
    free(f->name);
}

void
files_close(struct files *fs)
{
    if (!fs)
        return;
    for (size_t i = 0; i < fs->n; i++)
        file_clear(&fs->at[i]);
    files_close(fs->old);
    free(fs->at);
    free(fs);
}

void
files_keep(struct files *fs, struct files *old)
{
    fs->old = old;
}

const char *
files_version(const struct files *fs)
{
    return fs->version;
}

/* Whether an Accept-Encoding takes gzip: named, and not with q=0. */
static bool
takes_gzip(const char *accept)
{
    const char *at = accept ? strcasestr(accept, "gzip") : NULL;

    if (!at)
        return false;
    at += 4;
    at += strspn(at, " \t");
    if (*at != ';')
        return true;
    at += 1 + strspn(at + 1, " \t");
    if (strncasecmp(at, "q=0", 3) != 0)
        return true;
    at += 3;
    return *at == '.' && strspn(at + 1, "0") != strspn(at + 1, "0123456789");
}

struct MHD_Response *
files_answer(const struct files *fs, const struct files_ask *ask, int *status,
             uint64_t *bytes)
{
    struct file key = {.name = (char *)ask->name};
    const struct file *f =
        fs->n ? bsearch(&key, fs->at, fs->n, sizeof *fs->at, by_name) : NULL;
    enum life life;
    enum form form;

    if (!f)
        return NULL;
    if (ask->if_none_match && strstr(ask->if_none_match, f->tag)) {
        *status = 304;
        *bytes = 0;
        return f->same;
    }
    life = str_eq(ask->version, fs->version) ? LIFE_YEAR : LIFE_ASK;
    form = f->whole[FORM_GZIP][life] && takes_gzip(ask->accept_encoding)
               ? FORM_GZIP
               : FORM_PLAIN;
    *status = 200;
    *bytes = f->bytes[form].len;
    return f->whole[form][life];
}
