/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQL of the audit log.  A process appends to one chain; the first thread
 * that finds nobody writing writes for all who wait, so that a crowd of
 * sign-ins costs a few commits instead of one each.
 */
#include "db/audit.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/base/buf.h"
#include "server/base/clock.h"
#include "server/base/str.h"

#define REF 33

struct waiter {
    const struct audit_event *event;
    struct waiter *next;
    enum db_rc rc;
    bool done;
};

/* Where a chain stands: everything the next record needs. */
struct head {
    int64_t id, n;
    char hash[SHA256_HEX];
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct waiter *first, **last;
    bool writing;
    char store[1024]; /* the chain's store and process; others start anew */
    pid_t process;
    struct head head;
} chain = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .changed = PTHREAD_COND_INITIALIZER};

struct batch {
    const struct waiter *first;
    struct head head;
    bool fresh; /* the chain's own row is still to be written */
};

static const char *
text_of(const char *text)
{
    return text ? text : "";
}

/* Each field with its length before it, so that no text can stand for two. */
static void
hash_text(struct sha256 *h, const char *text)
{
    char length[24];
    int n = snprintf(length, sizeof length, "%zu:", strlen(text));

    sha256_add(h, length, (size_t)n);
    sha256_add(h, text, strlen(text));
}

static void
hash_number(struct sha256 *h, int64_t number)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, number);
    hash_text(h, text);
}

/* The hash of a record that follows one with the hash `before`. */
static void
record_hash(const struct audit_record *a, const char *before,
            char hash[SHA256_HEX])
{
    struct sha256 *h = sha256_new();

    hash_text(h, before);
    hash_number(h, a->chain);
    hash_number(h, a->n);
    hash_number(h, a->at_utc);
    hash_text(h, a->act);
    hash_text(h, a->who);
    hash_text(h, a->peer);
    hash_text(h, a->object);
    hash_text(h, a->detail);
    sha256_end(h, hash);
}

/* What the first record of a chain follows. */
static void
chain_hash(int64_t id, int64_t started, const char *process, const char *before,
           char hash[SHA256_HEX])
{
    struct sha256 *h = sha256_new();

    hash_text(h, before);
    hash_number(h, id);
    hash_number(h, started);
    hash_text(h, process);
    sha256_end(h, hash);
}

/* ---- names ---------------------------------------------------------------*/

enum db_rc
db_audit_name_get(struct db *db, const char *kind, const char *value,
                  char to[REF])
{
    return db_one(db, DB_ACCOUNT,
                  "SELECT ref FROM audit_name WHERE kind = $1 AND value = $2",
                  IN(in_text(kind), in_text(value)), OUT(out_text(to, REF)));
}

enum db_rc
db_audit_name_del(struct db *db, const char *kind, const char *value)
{
    return db_run(db, DB_ACCOUNT,
                  "DELETE FROM audit_name WHERE kind = $1 AND value = $2",
                  IN(in_text(kind), in_text(value)), NULL);
}

/* The pseudonym, made when new; "" for nobody. */
static enum db_rc
name_put(struct db *db, const char *kind, const char *value, char to[REF])
{
    unsigned char bytes[16];
    enum db_rc rc;

    to[0] = '\0';
    if (!value[0])
        return DB_OK;
    random_bytes(bytes, sizeof bytes);
    str_hex(to, bytes, sizeof bytes);
    rc = db_run(db, DB_ACCOUNT,
                "INSERT INTO audit_name (ref, kind, value) VALUES ($1, $2, $3) "
                "ON CONFLICT (kind, value) DO NOTHING",
                IN(in_text(to), in_text(kind), in_text(value)), NULL);
    return rc == DB_OK ? db_audit_name_get(db, kind, value, to) : rc;
}

static enum db_rc
account_name_put(struct db *db, int64_t id, char to[REF])
{
    char value[24] = "";

    if (id)
        snprintf(value, sizeof value, "%" PRId64, id);
    return name_put(db, "account", value, to);
}

/* ---- writing -------------------------------------------------------------*/

/* Begins a chain that names the newest hash of the one before it. */
static enum db_rc
chain_add(struct db *db, struct head *head)
{
    char process[64], before[SHA256_HEX] = "";
    int64_t now = clock_now(), at_chain = 0, at_n = 0;
    enum db_rc rc = db_one(
        db, DB_ACCOUNT,
        "SELECT chain, n, hash FROM audit ORDER BY chain DESC, n DESC LIMIT 1",
        IN_NONE,
        OUT(out_i64(&at_chain), out_i64(&at_n),
            out_text(before, sizeof before)));

    if (rc != DB_OK && rc != DB_NONE)
        return rc;
    snprintf(process, sizeof process, "meterhouse %ld", (long)getpid());
    chain_hash(head->id, now, process, before, head->hash);
    return db_run(
        db, DB_ACCOUNT,
        "INSERT INTO audit_chain (id, started_utc, process, before_chain, "
        "before_n, before) VALUES ($1, $2, $3, $4, $5, $6)",
        IN(in_i64(head->id), in_i64(now), in_text(process), in_i64(at_chain),
           in_i64(at_n), in_text(before)),
        NULL);
}

static enum db_rc
record_add(struct db *db, struct head *head, const struct audit_event *e)
{
    struct audit_record a = {
        .chain = head->id, .n = head->n + 1, .at_utc = e->at_utc};
    enum db_rc rc;

    str_copy(a.act, sizeof a.act, e->act);
    snprintf(a.detail, sizeof a.detail, "%s", text_of(e->detail));
    if ((rc = account_name_put(db, e->account_id, a.who)) != DB_OK ||
        (rc = name_put(db, "peer", text_of(e->peer), a.peer)) != DB_OK ||
        (rc = account_name_put(db, e->object_id, a.object)) != DB_OK)
        return rc;
    record_hash(&a, head->hash, a.hash);
    rc = db_run(
        db, DB_ACCOUNT,
        "INSERT INTO audit (chain, n, at_utc, act, who, peer, object, detail, "
        "hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        IN(in_i64(a.chain), in_i64(a.n), in_i64(a.at_utc), in_text(a.act),
           in_text(a.who), in_text(a.peer), in_text(a.object),
           in_text(a.detail), in_text(a.hash)),
        NULL);
    head->n = a.n;
    memcpy(head->hash, a.hash, sizeof a.hash);
    return rc;
}

/* Is the record that the chain ends with in this store?  It may have been put
 * back to an earlier moment. */
static enum db_rc
head_stands(struct db *db, const struct head *head, bool *stands)
{
    char hash[SHA256_HEX] = "";
    enum db_rc rc = db_one(db, DB_ACCOUNT,
                           "SELECT a.hash FROM audit a JOIN audit_chain c "
                           "ON c.id = a.chain WHERE a.chain = $1 AND a.n = $2",
                           IN(in_i64(head->id), in_i64(head->n)),
                           OUT(out_text(hash, sizeof hash)));

    *stands = rc == DB_OK && str_eq(hash, head->hash);
    return rc == DB_NONE ? DB_OK : rc;
}

static enum db_rc
batch_add(struct db *db, void *arg)
{
    struct batch *b = arg;
    struct head head = b->head; /* a second run begins where the first did */
    bool stands = false;
    enum db_rc rc = b->fresh ? DB_OK : head_stands(db, &head, &stands);

    if (rc == DB_OK && !b->fresh && !stands) {
        head = (struct head){0};
        rc = db_next_id(db, DB_ACCOUNT, "audit_chain", 1, &head.id);
    }
    if (rc == DB_OK && !stands)
        rc = chain_add(db, &head);

    for (const struct waiter *w = b->first; w && rc == DB_OK; w = w->next)
        rc = record_add(db, &head, w->event);
    if (rc == DB_OK)
        b->head = head;
    return rc;
}

/* Writes everything that waits.  Called and returns with the lock held. */
static void
write_waiting(struct db *db)
{
    struct batch b = {.first = chain.first, .head = chain.head};
    struct waiter *w = chain.first, *next;
    enum db_rc rc = DB_OK;

    b.fresh = chain.head.id == 0 || chain.process != getpid() ||
              !str_eq(chain.store, db_store(db));
    chain.first = NULL;
    chain.writing = true;
    pthread_mutex_unlock(&chain.lock);
    if (b.fresh) {
        b.head = (struct head){0};
        rc = db_next_id(db, DB_ACCOUNT, "audit_chain", 1, &b.head.id);
    }
    if (rc == DB_OK)
        rc = db_tx(db, DB_ACCOUNT, batch_add, &b);
    pthread_mutex_lock(&chain.lock);
    /* After a failure nobody knows what stands: the next one begins anew. */
    chain.head = rc == DB_OK ? b.head : (struct head){0};
    chain.process = getpid();
    if (!str_copy(chain.store, sizeof chain.store, db_store(db)))
        chain.head.id = 0;
    chain.writing = false;
    for (; w; w = next) {
        next = w->next;
        w->rc = rc;
        w->done = true;
    }
    pthread_cond_broadcast(&chain.changed);
}

enum db_rc
db_audit_add(struct db *db, const struct audit_event *e)
{
    struct waiter me = {.event = e};

    pthread_mutex_lock(&chain.lock);
    if (!chain.first)
        chain.last = &chain.first;
    *chain.last = &me;
    chain.last = &me.next;
    while (!me.done) {
        if (chain.writing)
            pthread_cond_wait(&chain.changed, &chain.lock);
        else
            write_waiting(db);
    }
    pthread_mutex_unlock(&chain.lock);
    return me.rc;
}

/* ---- reading -------------------------------------------------------------*/

#define COLUMNS "chain, n, at_utc, act, who, peer, object, detail, hash"
#define RECORD_OUT(a)                                                          \
    OUT(out_i64(&(a)->chain), out_i64(&(a)->n), out_i64(&(a)->at_utc),         \
        out_text((a)->act, sizeof(a)->act),                                    \
        out_text((a)->who, sizeof(a)->who),                                    \
        out_text((a)->peer, sizeof(a)->peer),                                  \
        out_text((a)->object, sizeof(a)->object),                              \
        out_text((a)->detail, sizeof(a)->detail),                              \
        out_text((a)->hash, sizeof(a)->hash))

enum db_rc
db_audit_each(struct db *db, int64_t most, struct audit_record *a,
              bool (*row)(void *arg), void *arg)
{
    return db_each(db, DB_ACCOUNT,
                   "SELECT " COLUMNS
                   " FROM audit ORDER BY at_utc DESC, chain DESC, "
                   "n DESC LIMIT $1",
                   IN(in_i64(most)), RECORD_OUT(a), row, arg);
}

struct check {
    struct audit_record a;
    int64_t id, started, records, n;
    int64_t before_chain, before_n; /* the record that the chain follows */
    char process[64], before[SHA256_HEX];
    char hash[SHA256_HEX]; /* of the record before */
    void (*bad)(void *arg, const char *line);
    void *arg;
};

static void __attribute__((format(printf, 2, 3)))
say(struct check *c, const char *format, ...)
{
    char line[256];
    va_list ap;

    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    c->bad(c->arg, line);
}

static bool
check_record(void *arg)
{
    struct check *c = arg;
    char hash[SHA256_HEX];

    c->records++;
    if (c->a.n != c->n + 1)
        say(c, "audit: chain %" PRId64 ": record %" PRId64 " follows %" PRId64,
            c->id, c->a.n, c->n);
    record_hash(&c->a, c->hash, hash);
    if (!str_eq(hash, c->a.hash))
        say(c, "audit: chain %" PRId64 ": record %" PRId64 " was changed",
            c->id, c->a.n);
    c->n = c->a.n;
    memcpy(c->hash, c->a.hash, sizeof hash);
    return true;
}

/* The chain's first hash, and whether the one it names still stands. */
static enum db_rc
check_before(struct db *db, struct check *c)
{
    char hash[SHA256_HEX] = "";
    enum db_rc rc = DB_OK;

    chain_hash(c->id, c->started, c->process, c->before, c->hash);
    if (c->before_chain)
        rc = db_one(db, DB_ACCOUNT,
                    "SELECT hash FROM audit WHERE chain = $1 AND n = $2",
                    IN(in_i64(c->before_chain), in_i64(c->before_n)),
                    OUT(out_text(hash, sizeof hash)));
    if (rc == DB_NONE || (rc == DB_OK && !str_eq(hash, c->before)))
        say(c, "audit: chain %" PRId64 " follows a record that is gone", c->id);
    return rc == DB_NONE ? DB_OK : rc;
}

/* Records of the chain after c->n, at most that many. */
static enum db_rc
check_records(struct db *db, struct check *c, int64_t most)
{
    return db_each(db, DB_ACCOUNT,
                   "SELECT " COLUMNS " FROM audit WHERE chain = $1 AND n > $2 "
                   "ORDER BY n LIMIT $3",
                   IN(in_i64(c->id), in_i64(c->n), in_i64(most)),
                   RECORD_OUT(&c->a), check_record, c);
}

/* Records of a chain that has no row of its own. */
static enum db_rc
check_orphans(struct db *db, struct check *c)
{
    int64_t id;
    enum db_rc rc =
        db_one(db, DB_ACCOUNT,
               "SELECT chain FROM audit WHERE chain NOT IN "
               "(SELECT id FROM audit_chain) ORDER BY chain LIMIT 1",
               IN_NONE, OUT(out_i64(&id)));

    if (rc == DB_OK)
        say(c, "audit: chain %" PRId64 " has lost its beginning", id);
    return rc == DB_NONE ? DB_OK : rc;
}

/* The first chain after c->id; DB_NONE: that was the last. */
static enum db_rc
chain_next(struct db *db, struct check *c)
{
    enum db_rc rc = db_one(
        db, DB_ACCOUNT,
        "SELECT id, started_utc, process, before_chain, before_n, before "
        "FROM audit_chain WHERE id > $1 ORDER BY id LIMIT 1",
        IN(in_i64(c->id)),
        OUT(out_i64(&c->id), out_i64(&c->started),
            out_text(c->process, sizeof c->process), out_i64(&c->before_chain),
            out_i64(&c->before_n), out_text(c->before, sizeof c->before)));

    c->n = 0;
    return rc == DB_OK ? check_before(db, c) : rc;
}

enum db_rc
db_audit_check_some(struct db *db, struct audit_cursor *at, int64_t most,
                    int64_t *records, void (*bad)(void *arg, const char *line),
                    void *arg)
{
    struct check c = {.id = at->chain, .n = at->n, .bad = bad, .arg = arg};
    enum db_rc rc = DB_OK;

    memcpy(c.hash, at->hash, sizeof c.hash);
    if (at->n < 0)
        rc = chain_next(db, &c);
    if (rc == DB_NONE) {
        at->ended = true;
        return check_orphans(db, &c);
    }
    if (rc == DB_OK)
        rc = check_records(db, &c, most);
    if (rc != DB_OK)
        return rc;
    if (c.records < most && c.n == 0)
        say(&c, "audit: chain %" PRId64 " has lost its records", c.id);
    *records += c.records;
    *at =
        (struct audit_cursor){.chain = c.id, .n = c.records < most ? -1 : c.n};
    memcpy(at->hash, c.hash, sizeof c.hash);
    return DB_OK;
}

enum db_rc
db_audit_check(struct db *db, int64_t *records,
               void (*bad)(void *arg, const char *line), void *arg)
{
    struct audit_cursor at = AUDIT_CURSOR_START;
    enum db_rc rc = DB_OK;

    *records = 0;
    while (rc == DB_OK && !at.ended)
        rc = db_audit_check_some(db, &at, INT64_MAX, records, bad, arg);
    return rc;
}
