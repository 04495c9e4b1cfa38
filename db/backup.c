/* SPDX-License-Identifier: Apache-2.0 */
/* Backups: their folder and manifest. */
#include "config.h"

#include "db/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/backup_parts.h"
#include "db/reading_home.h"
#include "server/base/buf.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "server/base/str.h"

#define MANIFEST      "manifest"
#define FIRST_LINE    "meterhouse backup 2"
#define FIRST_LINE_1  "meterhouse backup 1" /* had no marks */
#define MANIFEST_MOST (1 << 20)
#define READ_CHUNK    (1 << 20)

static const char *const ENGINE_NAME[] = {"sqlite", "postgres"};

void
backup_path(const char *folder, const char *name, char to[DB_PATH])
{
    snprintf(to, DB_PATH, "%.1000s/%.90s", folder, name);
}

struct backup_file *
backup_add(struct backup *b, const char *name)
{
    struct backup_file *f;

    if (b->n == b->room) {
        b->room = b->room ? 2 * b->room : 32;
        b->file = mem_grow(b->file, b->room * sizeof *b->file);
    }
    f = &b->file[b->n++];
    *f = (struct backup_file){.bytes = 0};
    str_copy(f->name, sizeof f->name, name);
    return f;
}

static void
backup_clear(struct backup *b)
{
    free(b->file);
    b->file = NULL;
    b->n = b->room = 0;
}

static enum db_rc
failed(char why[DB_WHY], const char *path)
{
    snprintf(why, DB_WHY, "%.400s: %s", path, strerror(errno));
    return DB_FAIL;
}

/* ---- files -----------------------------------------------------------------
 */

bool
backup_measure(const struct backup *b, struct backup_file *f, char why[DB_WHY])
{
    char path[DB_PATH], *chunk;
    struct sha256 *h = sha256_new();
    ssize_t n;
    int fd;

    backup_path(b->folder, f->name, path);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        failed(why, path);
    chunk = mem_new(READ_CHUNK);
    f->bytes = 0;
    while (fd >= 0 && (n = read(fd, chunk, READ_CHUNK)) != 0) {
        if (n < 0) {
            failed(why, path);
            close(fd);
            fd = -1;
            break;
        }
        sha256_add(h, chunk, (size_t)n);
        f->bytes += n;
    }
    free(chunk);
    sha256_end(h, f->sha256);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static int
sync_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

    (void)st;
    (void)kind;
    (void)at;
    if (fd < 0)
        return -1;
    rc = fsync(fd);
    close(fd);
    return rc;
}

/* ---- the manifest ----------------------------------------------------------
 */

static bool
manifest_write(const struct backup *b)
{
    struct buf text = {0};
    char path[DB_PATH], made[21];
    bool ok;

    buf_printf(&text, FIRST_LINE "\nengine %s\nmade %s\n",
               ENGINE_NAME[b->engine], utc_format(made, b->made_utc));
    for (size_t i = 0; i < b->n; i++)
        buf_printf(&text, "file %s %" PRId64 " %s%s%s\n", b->file[i].name,
                   b->file[i].bytes, b->file[i].sha256,
                   b->file[i].mark[0] ? " " : "", b->file[i].mark);
    buf_puts(&text, "end\n");
    backup_path(b->folder, MANIFEST, path);
    ok = file_write(path, text.at, text.len, 0600);
    buf_clear(&text);
    return ok;
}

/* account.db, market.db, store.dump, readings/YYYY-MM.db or .copy: nothing that
 * leads out of the folder. */
static bool
name_check(const char *name)
{
    if (str_eq(name, "account.db") || str_eq(name, "market.db") ||
        str_eq(name, "store.dump"))
        return true;
    return str_starts(name, "readings/") && str_is_digits(name + 9, 4) &&
           name[13] == '-' && str_is_digits(name + 14, 2) &&
           (str_eq(name + 16, ".db") || str_eq(name + 16, ".copy"));
}

static bool
file_line(struct backup *b, char *line)
{
    char *save, *name = strtok_r(line, " ", &save);
    char *bytes = strtok_r(NULL, " ", &save);
    char *sha256 = strtok_r(NULL, " ", &save);
    char *mark = strtok_r(NULL, " ", &save);
    struct backup_file *f;

    if (!sha256 || !name_check(name))
        return false;
    f = backup_add(b, name);
    return str_to_i64(bytes, &f->bytes) &&
           str_copy(f->sha256, sizeof f->sha256, sha256) &&
           strlen(sha256) == SHA256_HEX - 1 &&
           (!mark || str_copy(f->mark, sizeof f->mark, mark));
}

static bool
manifest_line(struct backup *b, char *line, bool *ended)
{
    *ended = str_eq(line, "end");
    if (str_eq(line, "engine sqlite"))
        b->engine = DB_SQLITE;
    else if (str_eq(line, "engine postgres"))
        b->engine = DB_POSTGRES;
    else if (str_starts(line, "made "))
        return utc_parse(line + 5, &b->made_utc);
    else if (str_starts(line, "file "))
        return file_line(b, line + 5);
    else
        return *ended;
    return true;
}

static bool
manifest_parse(struct backup *b, char *text)
{
    char *save, *line = strtok_r(text, "\n", &save);
    bool ended = false;

    if (!line || (!str_eq(line, FIRST_LINE) && !str_eq(line, FIRST_LINE_1)))
        return false;
    while (!ended && (line = strtok_r(NULL, "\n", &save))) {
        if (!manifest_line(b, line, &ended))
            return false;
    }
    return ended;
}

static enum db_rc
manifest_read(struct backup *b, char why[DB_WHY])
{
    struct buf text = {0};
    char path[DB_PATH];
    bool ok;

    backup_path(b->folder, MANIFEST, path);
    if (!file_read(path, MANIFEST_MOST, &text))
        return failed(why, path);
    buf_text(&text);
    ok = manifest_parse(b, text.at);
    buf_clear(&text);
    if (ok)
        return DB_OK;
    snprintf(why, DB_WHY, "%.400s: not the manifest of a backup", path);
    return DB_FAIL;
}

static enum db_rc
same_check(const struct backup *b, const struct backup_file *found,
           const struct backup_file *want, char why[DB_WHY])
{
    if (found->bytes == want->bytes && str_eq(found->sha256, want->sha256))
        return DB_OK;
    snprintf(why, DB_WHY,
             "%.300s/%s: damaged: not the bytes that were "
             "backed up",
             b->folder, want->name);
    return DB_FAIL;
}

/* Every file is there and as it was. */
static enum db_rc
files_check(const struct backup *b, char why[DB_WHY])
{
    for (size_t i = 0; i < b->n; i++) {
        struct backup_file f = b->file[i];

        if (!backup_measure(b, &f, why) ||
            same_check(b, &f, &b->file[i], why) != DB_OK)
            return DB_FAIL;
    }
    return DB_OK;
}

/* ---- what an earlier backup has --------------------------------------------
 */

struct backup_file *
backup_find(const struct backup *b, const char *name)
{
    for (size_t i = 0; i < b->n; i++) {
        if (str_eq(b->file[i].name, name))
            return &b->file[i];
    }
    return NULL;
}

enum db_rc
backup_reuse(const struct backup *b, struct backup_file *f, bool *had,
             char why[DB_WHY])
{
    const struct backup_file *old =
        b->since && f->mark[0] ? backup_find(b->since, f->name) : NULL;
    char from[DB_PATH], to[DB_PATH];

    *had = old && str_eq(old->mark, f->mark);
    if (!*had)
        return DB_OK;
    backup_path(b->since->folder, f->name, from);
    backup_path(b->folder, f->name, to);
    /* Another file system, or one without hard links: a copy does as well. */
    if (link(from, to) != 0 && (errno == ENOENT || !file_copy(from, to, 0600)))
        return failed(why, from);
    f->reused = true;
    if (!backup_measure(b, f, why))
        return DB_FAIL;
    return same_check(b->since, f, old, why);
}

struct parts_row {
    struct sha256 *hash;
    struct reading_part p;
    int64_t seq;
    char sha256[SHA256_HEX];
};

static bool
parts_row(void *arg)
{
    struct parts_row *r = arg;
    char line[256];
    int n = snprintf(line, sizeof line,
                     "%" PRId64 " %" PRId64 " %" PRId32 " %" PRId32 " %" PRId64
                     " %" PRId64 " %" PRId64 " %" PRId64 " %s\n",
                     r->p.load_id, r->seq, r->p.first_day, r->p.last_day,
                     r->p.first_group, r->p.last_group, r->p.rows, r->p.records,
                     r->sha256);

    sha256_add(r->hash, line, (size_t)n);
    return true;
}

enum db_rc
backup_mark(struct db_conn *c, int32_t month, const char *what,
            char mark[SHA256_HEX])
{
    struct parts_row r = {.hash = sha256_new()};
    enum db_rc rc;

    sha256_add(r.hash, what, strlen(what));
    rc = conn_each(
        c,
        "SELECT p.load_id, l.seq, p.first_day, p.last_day, p.first_group, "
        "p.last_group, p.n_rows, p.n_records, l.sha256 FROM reading_part p "
        "JOIN load l ON l.id = p.load_id WHERE p.month = $1 "
        "ORDER BY p.load_id",
        IN(in_i64(month)),
        OUT(out_i64(&r.p.load_id), out_i64(&r.seq), out_i32(&r.p.first_day),
            out_i32(&r.p.last_day), out_i64(&r.p.first_group),
            out_i64(&r.p.last_group), out_i64(&r.p.rows), out_i64(&r.p.records),
            out_text(r.sha256, sizeof r.sha256)),
        parts_row, &r);
    sha256_end(r.hash, mark);
    if (rc != DB_OK)
        mark[0] = '\0';
    return rc;
}

/* ---- both ways -------------------------------------------------------------
 */

static void
facts_fill(const struct backup *b, struct backup_facts *f)
{
    *f = (struct backup_facts){.made_utc = b->made_utc, .files = (int64_t)b->n};
    for (size_t i = 0; i < b->n; i++) {
        f->bytes += b->file[i].bytes;
        if (b->file[i].reused) {
            f->reused_files++;
            f->reused_bytes += b->file[i].bytes;
        }
    }
}

/* Copies into the folder, measures, syncs. */
static enum db_rc
folder_fill(struct db *db, struct backup *b, double seconds, char why[DB_WHY])
{
    enum db_rc rc = db->engine == DB_SQLITE ? backup_sqlite(db, b, seconds, why)
                                            : backup_pg(db, b, seconds, why);

    for (size_t i = 0; i < b->n && rc == DB_OK; i++) {
        if (!b->file[i].reused && !backup_measure(b, &b->file[i], why))
            rc = DB_FAIL;
    }
    if (rc != DB_OK)
        return rc;
    return manifest_write(b) && nftw(b->folder, sync_one, 16, FTW_PHYS) == 0
               ? DB_OK
               : failed(why, b->folder);
}

/* Without the slashes that a shell's completion puts at its end. */
static bool
folder_name(const char *folder, char to[DB_PATH])
{
    size_t n = strlen(folder);

    while (n > 1 && folder[n - 1] == '/')
        n--;
    return str_copyn(to, DB_PATH - sizeof ".part", folder, n);
}

/* Makes the folder under another name, and moves it where it belongs. */
static enum db_rc
folder_make(struct db *db, struct backup *b, double seconds, char why[DB_WHY])
{
    char folder[DB_PATH], part[DB_PATH + 8];
    const char *given = b->folder;
    enum db_rc rc;

    errno = ENAMETOOLONG;
    if (!folder_name(given, folder))
        return failed(why, given);
    /* An empty folder gives way to the new one. */
    if (rmdir(folder) != 0 && errno != ENOENT)
        return failed(why, folder);
    snprintf(part, sizeof part, "%s.part", folder);
    if (!file_remove_all(part))
        return failed(why, part);
    if (!file_make_dir(part, 0700))
        return failed(why, part);
    b->folder = part;
    rc = folder_fill(db, b, seconds, why);
    if (rc == DB_OK && !file_move(part, folder))
        rc = failed(why, folder);
    if (rc != DB_OK)
        file_remove_all(part);
    b->folder = given;
    return rc;
}

enum db_rc
db_backup(struct db *db, const char *folder, const char *since, double seconds,
          struct backup_facts *f, char why[DB_WHY])
{
    struct backup b = {
        .folder = folder, .engine = db->engine, .made_utc = clock_now()};
    struct backup earlier = {.folder = since};
    enum db_rc rc = since ? manifest_read(&earlier, why) : DB_OK;

    if (rc == DB_OK && since && earlier.engine != b.engine) {
        snprintf(why, DB_WHY, "%.300s: a backup of %s; this store is of %s",
                 since, ENGINE_NAME[earlier.engine], ENGINE_NAME[b.engine]);
        rc = DB_FAIL;
    }
    if (rc == DB_OK) {
        why[0] = '\0';
        b.since = since ? &earlier : NULL;
        rc = folder_make(db, &b, seconds, why);
    }
    facts_fill(&b, f);
    backup_clear(&b);
    backup_clear(&earlier);
    return rc;
}

enum db_rc
db_backup_verify(const char *folder, struct backup_facts *f, char why[DB_WHY])
{
    struct backup b = {.folder = folder};
    enum db_rc rc = manifest_read(&b, why);

    if (rc == DB_OK)
        rc = files_check(&b, why);
    if (rc == DB_OK)
        rc =
            b.engine == DB_SQLITE ? verify_sqlite(&b, why) : verify_pg(&b, why);
    facts_fill(&b, f);
    backup_clear(&b);
    return rc;
}

enum db_rc
db_restore(const char *store, const char *folder, double seconds,
           struct backup_facts *f, char why[DB_WHY])
{
    struct backup b = {.folder = folder};
    enum db_engine engine;
    const char *place;
    enum db_rc rc = store_parse(store, &engine, &place, why);

    if (rc == DB_OK)
        rc = manifest_read(&b, why);
    if (rc == DB_OK && b.engine != engine) {
        snprintf(why, DB_WHY, "%.300s: a backup of %s cannot go into %s",
                 folder, ENGINE_NAME[b.engine], ENGINE_NAME[engine]);
        rc = DB_FAIL;
    }
    if (rc == DB_OK)
        rc = files_check(&b, why);
    if (rc == DB_OK)
        rc = engine == DB_SQLITE ? restore_sqlite(place, &b, seconds, why)
                                 : restore_pg(place, &b, seconds, why);
    facts_fill(&b, f);
    backup_clear(&b);
    return rc;
}
