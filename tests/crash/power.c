/* SPDX-License-Identifier: Apache-2.0 */
/* A model of a file system that keeps what was synced apart from what was not;
 * see power.h. */
#include "config.h"

#include "tests/crash/power.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/arena.h"
#include "server/base/buf.h"
#include "server/base/file.h"
#include "server/base/str.h"
#include "tests/crash/shim.h"

#define SECTOR    512
#define NAME      128
#define FILE_MOST (1 << 28)

struct node;

struct entry {
    char name[NAME];
    struct node *node;
};

/* A change of a folder: `name` is `node` from now on, or nothing; a rename
 * takes `from` away in the same step. */
struct link {
    char name[NAME], from[NAME];
    struct node *node;
};

struct node {
    uint64_t inode;
    bool folder;
    struct buf kept; /* a file's synced bytes */
    const struct fault_record **op;
    size_t ops, op_room;       /* not synced */
    struct entry *live, *safe; /* a folder now, and as synced */
    size_t live_n, safe_n;
    struct link *link; /* not synced */
    size_t links;
    struct node *next; /* of all */
};

struct power {
    struct buf log;
    const struct fault_record **at;
    size_t n, now;
    int marks;
    char root[PATH_MAX];
    struct node *top, *all;
};

uint64_t
power_dice(uint64_t *seed, uint64_t faces)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (*seed >> 11) % faces;
}

/* ---- folders ---------------------------------------------------------------
 */

static struct node *
node_new(struct power *p, bool folder)
{
    struct node *n = mem_new(sizeof *n);

    n->folder = folder;
    n->next = p->all;
    p->all = n;
    return n;
}

static struct node *
entry_get(const struct entry *e, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(e[i].name, name))
            return e[i].node;
    }
    return NULL;
}

/* NULL takes the name away. */
static void
entry_put(struct entry **e, size_t *n, const char *name, struct node *node)
{
    size_t i = 0;

    while (i < *n && !str_eq((*e)[i].name, name))
        i++;
    if (!node) {
        if (i < *n)
            (*e)[i] = (*e)[--*n];
        return;
    }
    if (i == *n) {
        *e = mem_grow(*e, (*n + 1) * sizeof **e);
        str_copy((*e)[(*n)++].name, NAME, name);
    }
    (*e)[i].node = node;
}

/* The folder that a path of the record lies in, and its last name. */
static struct node *
parent_of(const struct power *p, const char *path, char name[NAME])
{
    struct node *at = p->top;
    const char *s = path + strlen(p->root), *end;

    while (at && *s == '/') {
        s++;
        end = strchrnul(s, '/');
        if ((size_t)(end - s) >= NAME)
            return NULL;
        snprintf(name, NAME, "%.*s", (int)(end - s), s);
        if (!*end)
            return at;
        at = entry_get(at->live, at->live_n, name);
        s = end;
    }
    return NULL;
}

static struct node *
lookup(const struct power *p, const char *path)
{
    char name[NAME];
    struct node *in;

    if (str_eq(path, p->root))
        return p->top;
    in = parent_of(p, path, name);
    return in ? entry_get(in->live, in->live_n, name) : NULL;
}

static void
link_add(struct node *in, const char *name, struct node *node, const char *from)
{
    struct link *l;

    in->link = mem_grow(in->link, (in->links + 1) * sizeof *in->link);
    l = &in->link[in->links++];
    str_copy(l->name, NAME, name);
    str_copy(l->from, NAME, from);
    l->node = node;
}

static void
link_apply(struct entry **e, size_t *n, const struct link *l)
{
    if (l->from[0])
        entry_put(e, n, l->from, NULL);
    entry_put(e, n, l->name, l->node);
}

/* ---- the folder as it was --------------------------------------------------
 */

static bool
read_before(struct power *p, struct node *in, const char *folder)
{
    DIR *d = opendir(folder);
    struct dirent *e;
    bool ok = d != NULL;

    while (ok && (e = readdir(d))) {
        char path[PATH_MAX];
        struct node *n;
        struct stat st;

        if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        ok = stat(path, &st) == 0;
        n = node_new(p, ok && S_ISDIR(st.st_mode));
        entry_put(&in->live, &in->live_n, e->d_name, n);
        entry_put(&in->safe, &in->safe_n, e->d_name, n);
        if (ok)
            ok = n->folder ? read_before(p, n, path)
                           : file_read(path, FILE_MOST, &n->kept);
    }
    if (d)
        closedir(d);
    return ok;
}

static void
find_records(struct power *p)
{
    size_t at = 0, room = 0;

    while (at + sizeof(struct fault_record) <= p->log.len) {
        const struct fault_record *r = (const void *)(p->log.at + at);

        at += sizeof *r + r->n + r->n2;
        if (at > p->log.len)
            break;
        if (p->n == room) {
            room = room ? 2 * room : 256;
            p->at = mem_grow(p->at, room * sizeof *p->at);
        }
        p->at[p->n++] = r;
    }
}

struct power *
power_open(const char *before, const char *root, const char *log, char why[512])
{
    struct power *p = mem_new(sizeof *p);

    str_copy(p->root, sizeof p->root, root);
    p->top = node_new(p, true);
    if (!read_before(p, p->top, before) ||
        !file_read(log, (size_t)4 * FILE_MOST, &p->log)) {
        snprintf(why, 512, "%.200s, %.200s: %s", before, log, strerror(errno));
        power_close(p);
        return NULL;
    }
    find_records(p);
    return p;
}

void
power_close(struct power *p)
{
    struct node *next;

    for (struct node *n = p->all; n; n = next) {
        next = n->next;
        buf_clear(&n->kept);
        free(n->op);
        free(n->live);
        free(n->safe);
        free(n->link);
        free(n);
    }
    buf_clear(&p->log);
    free(p->at);
    free(p);
}

size_t
power_changes(const struct power *p)
{
    return p->n;
}

bool
power_is_sync(const struct power *p, size_t at)
{
    return p->at[at]->change == CHANGE_SYNC ||
           p->at[at]->change == CHANGE_SYNC_FOLDER;
}

int
power_marks(const struct power *p)
{
    return p->marks;
}

/* ---- going forward ---------------------------------------------------------
 */

static struct node *
by_inode(const struct power *p, uint64_t inode)
{
    for (struct node *n = p->all; n; n = n->next) {
        if (n->inode == inode)
            return n;
    }
    return NULL;
}

static void
op_add(struct node *n, const struct fault_record *r)
{
    if (n->ops == n->op_room) {
        n->op_room = n->op_room ? 2 * n->op_room : 16;
        n->op = mem_grow(n->op, n->op_room * sizeof *n->op);
    }
    n->op[n->ops++] = r;
}

static void
size_set(struct buf *b, size_t n)
{
    if (n > b->len) {
        buf_room(b, n - b->len);
        memset(b->at + b->len, 0, n - b->len);
    }
    b->len = n;
}

/* Cuts to nothing on opening count as a cut to 0. */
static size_t
cut_to(const struct fault_record *r)
{
    return r->change == CHANGE_CUT ? (size_t)r->at : 0;
}

static void
op_apply(struct buf *b, const struct fault_record *r)
{
    if (r->change != CHANGE_WRITE) {
        size_set(b, cut_to(r));
        return;
    }
    if ((size_t)r->at + r->n > b->len)
        size_set(b, (size_t)r->at + r->n);
    memcpy(b->at + r->at, r + 1, r->n);
}

static void
file_synced(struct node *n)
{
    for (size_t i = 0; i < n->ops; i++)
        op_apply(&n->kept, n->op[i]);
    n->ops = 0;
}

static void
folder_synced(struct node *n)
{
    for (size_t i = 0; i < n->links; i++)
        link_apply(&n->safe, &n->safe_n, &n->link[i]);
    n->links = 0;
}

static bool
go_open(struct power *p, const struct fault_record *r, const char *path)
{
    char name[NAME];
    struct node *in, *n = lookup(p, path), *old;

    if (r->at == 1) {
        in = parent_of(p, path, name);
        if (!in)
            return false;
        n = node_new(p, false);
        entry_put(&in->live, &in->live_n, name, n);
        link_add(in, name, n, "");
    }
    if (!n)
        return false;
    /* The number may have been another file's, gone since. */
    old = by_inode(p, r->inode);
    if (old)
        old->inode = 0;
    n->inode = r->inode;
    if (r->at == 2)
        op_add(n, r);
    return true;
}

static bool
go_rename(struct power *p, const char *path, const char *path2)
{
    char from[NAME], to[NAME];
    struct node *a = parent_of(p, path, from), *b = parent_of(p, path2, to);
    struct node *n = lookup(p, path);

    if (!a || !b || !n)
        return false;
    entry_put(&a->live, &a->live_n, from, NULL);
    entry_put(&b->live, &b->live_n, to, n);
    link_add(b, to, n, a == b ? from : "");
    if (a != b)
        link_add(a, from, NULL, "");
    return true;
}

static bool
go_link(struct power *p, const char *path, const char *path2)
{
    char name[NAME];
    struct node *in = parent_of(p, path2, name), *n = lookup(p, path);

    if (!in || !n)
        return false;
    entry_put(&in->live, &in->live_n, name, n);
    link_add(in, name, n, "");
    return true;
}

static bool
go_name(struct power *p, const char *path, bool made)
{
    char name[NAME];
    struct node *in = parent_of(p, path, name);
    struct node *n = made ? node_new(p, true) : NULL;

    if (!in)
        return false;
    entry_put(&in->live, &in->live_n, name, n);
    link_add(in, name, n, "");
    return true;
}

static bool
go_one(struct power *p, const struct fault_record *r)
{
    char path[PATH_MAX], path2[PATH_MAX];
    struct node *n = r->inode ? by_inode(p, r->inode) : NULL;

    if (r->change != CHANGE_WRITE) {
        const char *text = (const char *)(r + 1);

        snprintf(path, sizeof path, "%.*s", (int)r->n, text);
        snprintf(path2, sizeof path2, "%.*s", (int)r->n2, text + r->n);
    }
    switch ((enum fault_change)r->change) {
    case CHANGE_OPEN:
        return go_open(p, r, path);
    case CHANGE_WRITE:
    case CHANGE_CUT:
        if (n)
            op_add(n, r);
        return n != NULL;
    case CHANGE_SYNC:
        if (n)
            file_synced(n);
        return n != NULL;
    case CHANGE_SYNC_FOLDER:
        if (n)
            folder_synced(n);
        return n != NULL;
    case CHANGE_RENAME:
        return go_rename(p, path, path2);
    case CHANGE_LINK:
        return go_link(p, path, path2);
    case CHANGE_UNLINK:
        return go_name(p, path, false);
    case CHANGE_MKDIR:
        return go_name(p, path, true);
    case CHANGE_MARK:
        p->marks++;
        return true;
    }
    return false;
}

bool
power_go(struct power *p, size_t cut, char why[512])
{
    for (; p->now < cut; p->now++) {
        if (go_one(p, p->at[p->now]))
            continue;
        snprintf(why, 512, "change %zu of %zu, of kind %u, does not fit",
                 p->now, p->n, p->at[p->now]->change);
        return false;
    }
    return true;
}

/* ---- an image --------------------------------------------------------------
 */

enum mood { MOOD_NONE, MOOD_ALL, MOOD_FIRST, MOOD_SOME, MOOD_TORN, MOOD_MIXED };
static const char *const MOOD_NAME[] = {
    "nothing unsynced", "everything", "the first", "some", "torn", "mixed"};

struct imaging {
    struct power *p;
    uint64_t *seed;
    enum mood mood;
    bool rubbish; /* where a file grew without its bytes */
};

/* Bytes of a write, each sector there or not. */
static void
torn_apply(struct imaging *m, struct buf *b, const struct fault_record *r)
{
    const char *from = (const char *)(r + 1);
    size_t at = (size_t)r->at, end = at + r->n, old = b->len;

    if (end > old) {
        size_set(b, end);
        for (size_t i = old; m->rubbish && i < end; i++)
            b->at[i] = (char)power_dice(m->seed, 256);
    }
    while (at < end) {
        size_t next = (at / SECTOR + 1) * SECTOR;

        if (next > end)
            next = end;
        if (power_dice(m->seed, 2))
            memcpy(b->at + at, from + (at - (size_t)r->at), next - at);
        at = next;
    }
    /* The new size may be lost as well. */
    if (end > old && power_dice(m->seed, 2))
        b->len = old + power_dice(m->seed, end - old + 1);
}

static enum mood
mood_here(struct imaging *m)
{
    return m->mood == MOOD_MIXED ? (enum mood)power_dice(m->seed, MOOD_MIXED)
                                 : m->mood;
}

static bool
image_file(struct imaging *m, const struct node *n, const char *path)
{
    struct buf b = {0};
    enum mood mood = mood_here(m);
    size_t first = mood == MOOD_FIRST || mood == MOOD_TORN
                       ? power_dice(m->seed, n->ops + 1)
                       : n->ops;
    int fd;
    bool ok;

    buf_add(&b, n->kept.at ? n->kept.at : "", n->kept.len);
    for (size_t i = 0; mood != MOOD_NONE && i < n->ops; i++) {
        const struct fault_record *r = n->op[i];

        if (mood == MOOD_FIRST && i >= first)
            break;
        if (mood == MOOD_SOME && power_dice(m->seed, 2))
            continue;
        if (mood == MOOD_TORN && i >= first && r->change == CHANGE_WRITE)
            torn_apply(m, &b, r);
        else if (mood != MOOD_TORN || i < first || power_dice(m->seed, 2))
            op_apply(&b, r);
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ok = fd >= 0 && (!b.len || write(fd, b.at, b.len) == (ssize_t)b.len);
    if (fd >= 0)
        close(fd);
    buf_clear(&b);
    return ok;
}

static bool
image_folder(struct imaging *m, const struct node *n, const char *path)
{
    struct entry *e = NULL;
    size_t e_n = 0, first = power_dice(m->seed, n->links + 1);
    enum mood mood = mood_here(m);
    char part[PATH_MAX];
    bool ok = mkdir(path, 0700) == 0;

    for (size_t i = 0; i < n->safe_n; i++)
        entry_put(&e, &e_n, n->safe[i].name, n->safe[i].node);
    for (size_t i = 0; mood != MOOD_NONE && i < n->links; i++) {
        if ((mood == MOOD_FIRST || mood == MOOD_TORN) && i >= first)
            break;
        if (mood == MOOD_SOME && power_dice(m->seed, 2))
            continue;
        link_apply(&e, &e_n, &n->link[i]);
    }
    for (size_t i = 0; i < e_n && ok; i++) {
        snprintf(part, sizeof part, "%s/%s", path, e[i].name);
        ok = e[i].node->folder ? image_folder(m, e[i].node, part)
                               : image_file(m, e[i].node, part);
    }
    free(e);
    return ok;
}

bool
power_image(struct power *p, uint64_t *seed, const char *to, char what[128])
{
    struct imaging m = {.p = p, .seed = seed};

    m.mood = (enum mood)power_dice(seed, MOOD_MIXED + 1);
    m.rubbish = power_dice(seed, 2);
    snprintf(what, 128, "cut before change %zu of %zu, %s kept%s", p->now, p->n,
             MOOD_NAME[m.mood], m.rubbish ? ", rubbish" : "");
    return image_folder(&m, p->top, to);
}
