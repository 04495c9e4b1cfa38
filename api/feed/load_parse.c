/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loader's second thread: finds out what a text is, parses and checks its
 * records, looks their points up and packs them.
 */
#include <stdlib.h>
#include <unistd.h>

#include "api/feed/load_parts.h"
#include "api/feed/name.h"
#include "server/base/str.h"

/* ---- blocks ----------------------------------------------------------------
 */

struct input {
    struct loader *ld;
    struct batch *b;
    struct block *block; /* the one being parsed, NULL at the end */
    int64_t before;      /* bytes of the files before this one */
};

/* A block was taken: how far are we? */
static void
count_block(struct input *in, const struct block *b)
{
    int64_t size = in->ld->size[in->b->file];
    int64_t taken = b->last || b->taken > size ? size : b->taken;

    in->b->r.l.bytes += (int64_t)b->n;
    atomic_fetch_add(&in->ld->text, (long long)b->n);
    atomic_store(&in->ld->parsed_done, (long long)(in->before + taken));
}

/* Lets the current block go and takes the next one of the file. */
static void
input_next(struct input *in)
{
    bool last = in->block->last;

    queue_put(&in->ld->free_blocks, in->block);
    in->block = last ? NULL : queue_take(&in->ld->blocks);
    if (in->block != NULL)
        count_block(in, in->block);
    else if (!last)
        in->b->failed = true; /* the loader stops */
}

static void
input_end(struct input *in, struct block *b)
{
    struct feed_result *r = &in->b->r;

    memcpy(r->l.digest, b->digest, sizeof r->l.digest);
    if (b->failed)
        batch_refuse(in->b, FEED_DAMAGED, b->why);
}

/* lse_more: the unread rest goes in front of the next block. */
static void
input_more(void *arg, const char *from, size_t keep, struct lse_span *span)
{
    struct input *in = arg;
    struct block *old = in->block, *b;

    if (old == NULL || old->last) {
        *span = (struct lse_span){from, from + keep, true};
        return;
    }
    b = queue_take(&in->ld->blocks);
    if (b == NULL) {
        in->b->failed = true;
        *span = (struct lse_span){from, from + keep, true};
        return;
    }
    memcpy(block_text(b) - keep, from, keep);
    queue_put(&in->ld->free_blocks, old);
    in->block = b;
    count_block(in, b);
    *span =
        (struct lse_span){block_text(b) - keep, block_text(b) + b->n, b->last};
}

/* ---- LSE -------------------------------------------------------------------
 */

static void
batch_add(struct batch *b, const struct lse_record *r,
          const struct feed_point *p, bool warned)
{
    struct batch_record *to;
    size_t before = b->packed.len;
    uint32_t rep = b->n > 0 ? b->records[b->n - 1].rep : 0;

    if (b->n == b->room) {
        b->room = b->room > 0 ? 2 * b->room : 4096;
        b->records = mem_grow(b->records, b->room * sizeof *b->records);
    }
    to = &b->records[b->n++];
    reading_pack(&r->d, &b->packed);
    if (b->n == 1 || strcmp(b->texts.at + rep, r->d.rep) != 0) {
        rep = (uint32_t)b->texts.len;
        buf_add(&b->texts, r->d.rep, strlen(r->d.rep) + 1);
    }
    *to = (struct batch_record){.point_id = p->id,
                                .packed = (uint32_t)before,
                                .packed_n = (uint32_t)(b->packed.len - before),
                                .esiid = (uint32_t)b->texts.len,
                                .rep = rep,
                                .line = r->line,
                                .day = r->d.day,
                                .channel = r->d.channel,
                                .registered = p->registered,
                                .warned = warned};
    buf_add(&b->texts, r->esiid, r->esiid_n);
    buf_putc(&b->texts, '\0');
}

/* lse_soon: while the details are read, the point's place comes near. */
static void
point_soon(void *arg, const struct lse_record *r)
{
    struct loader *ld = ((struct input *)arg)->ld;

    pthread_rwlock_rdlock(&ld->map_lock);
    point_map_soon(ld->book.map, r->esiid, r->esiid_n);
    pthread_rwlock_unlock(&ld->map_lock);
}

static void
point_look_up(struct loader *ld, const struct lse_record *r,
              struct feed_point *p)
{
    struct point_known k;

    *p = (struct feed_point){.zone = ld->zone};
    pthread_rwlock_rdlock(&ld->map_lock);
    if (point_map_find(ld->book.map, r->esiid, r->esiid_n, &k)) {
        p->id = k.id;
        p->registered = k.registered;
        if (ld->zones[k.zone] == NULL) {
            const struct tz *zone =
                tz_get(point_map_zone(ld->book.map, k.zone));

            ld->zones[k.zone] = zone != NULL ? zone : ld->zone;
        }
        p->zone = ld->zones[k.zone];
    }
    pthread_rwlock_unlock(&ld->map_lock);
}

static void
parse_lse(struct input *in)
{
    struct loader *ld = in->ld;
    struct batch *b = in->b;
    struct feed_check check;
    struct feed_point point;
    struct lse_record r;
    struct lse lse;
    uint32_t warnings;
    enum lse_rc rc;

    feed_check_init(&check, ld->conf->accepted_receivers,
                    ld->o.sender != NULL ? ld->o.sender : "", ld->now_utc);
    check.first_day = ld->first_day;
    feed_lse_init(&lse, input_more, in);
    lse.soon = point_soon;
    lse.span = (struct lse_span){block_text(in->block),
                                 block_text(in->block) + in->block->n,
                                 in->block->last};
    while ((rc = feed_lse_next(&lse, &r)) != LSE_END) {
        if (rc == LSE_REFUSED)
            break;
        atomic_fetch_add_explicit(&ld->records, 1, memory_order_relaxed);
        if (rc == LSE_RECORD) {
            point_look_up(ld, &r, &point);
            if (feed_check_record(&check, &lse, &r, &point, &warnings)) {
                batch_add(b, &r, &point, warnings != 0);
                batch_warn(b, warnings);
                b->r.l.n.warned += warnings != 0;
                continue;
            }
        }
        batch_reject(b, &lse.reject);
    }
    b->r.l.n.read = lse.records;
    str_copy(b->r.l.sender, sizeof b->r.l.sender, check.sender);
    if (lse.byte_order)
        b->r.warnings[FEED_WARN_BYTE_ORDER]++;
    if (rc == LSE_REFUSED) {
        batch_refuse(b, lse.reject.code, "");
        b->r.rejects[0].line = lse.reject.line;
    } else if (lse.records == 0) {
        batch_refuse(b, FEED_NO_RECORD, "");
    }
    load_facts(ld, b);
}

/* ---- kinds ------------------------------------------------------------------
 */

/* Keeps the text whole, for readers of tables. */
static void
keep_text(struct input *in)
{
    while (in->block != NULL) {
        struct block *b = in->block;

        if (in->b->text.len + b->n > MOST_TABLE) {
            batch_refuse(in->b, FEED_CONTENT, "larger than 32 MiB");
            return;
        }
        buf_add(&in->b->text, block_text(b), b->n);
        if (b->last)
            return;
        input_next(in);
    }
}

static const struct feed_kind *
find_kind(struct block *b, const char *path)
{
    const struct feed_kind *kind = feed_kind_find(block_text(b), b->n);

    if (kind == &FEED_UNKNOWN &&
        (strstr(b->name, ".lse") != NULL || strstr(path, ".lse") != NULL))
        kind = feed_kind_get("lse");
    return kind;
}

/* ---- files ------------------------------------------------------------------
 */

/* A file that could not be opened: theirs when it is there at all. */
static void
not_opened(struct batch *b, const struct block *block)
{
    if (access(b->r.path, R_OK) == 0) {
        b->kind = &FEED_UNKNOWN;
        batch_refuse(b, FEED_DAMAGED, block->why);
        return;
    }
    b->failed = true;
    str_copy(b->r.why, sizeof b->r.why, block->why);
}

static void
name_load(struct loader *ld, struct batch *b, const struct block *block)
{
    struct feed_name name;
    const char *slash = strrchr(ld->paths[block->file], '/');

    if (!block->opened)
        snprintf(b->r.l.name, sizeof b->r.l.name, "%s",
                 slash != NULL ? slash + 1 : ld->paths[block->file]);
    else
        str_copy(b->r.l.name, sizeof b->r.l.name, block->name);
    feed_name_show(b->r.l.name);
    feed_name_parse(b->r.l.name, &name);
    b->r.l.file_stamp = name.stamp;
    b->r.l.file_counter = name.counter;
}

static void
parse_file(struct input *in)
{
    struct batch *b = in->b;

    b->file = in->block->file;
    b->r.path = in->ld->paths[b->file];
    name_load(in->ld, b, in->block);
    if (!in->block->opened) {
        not_opened(b, in->block);
        return;
    }
    count_block(in, in->block);
    b->kind = find_kind(in->block, b->r.path);
    str_copy(b->r.l.kind, sizeof b->r.l.kind, b->kind->name);
    if (b->kind == &FEED_UNKNOWN)
        batch_refuse(b, FEED_KIND, "");
    else if (b->kind->load == NULL)
        parse_lse(in);
    else
        keep_text(in);
}

/* A registry file changes what the map says: whoever reads on would look
 * points up in an old one.  Waits until the writer is done with it. */
static void
wait_until_written(struct loader *ld, size_t file)
{
    while (atomic_load(&ld->written) <= file && !atomic_load(&ld->stop))
        usleep(2000);
}

/* Memory is bounded whatever files are like: see BATCHES_BYTES. */
static void
wait_for_memory(struct loader *ld)
{
    while (atomic_load(&ld->waiting) > BATCHES_BYTES && !atomic_load(&ld->stop))
        usleep(1000);
}

void *
load_parse_run(void *loader)
{
    struct loader *ld = loader;
    struct block *first;
    struct batch *b;
    int64_t before = 0;

    feed_stand_aside(true);
    while ((first = queue_take(&ld->blocks)) != NULL &&
           (b = queue_take(&ld->free_batches)) != NULL) {
        struct input in = {.ld = ld, .b = b, .block = first, .before = before};
        bool table;
        size_t file;

        wait_for_memory(ld);
        batch_reset(b);
        parse_file(&in);
        while (in.block != NULL && !in.block->last)
            input_next(&in);
        if (in.block != NULL) {
            input_end(&in, in.block);
            queue_put(&ld->free_blocks, in.block);
        }
        table = b->kind->load != NULL;
        file = b->file;
        before += ld->size[file];
        b->bytes = batch_bytes(b);
        atomic_fetch_add(&ld->waiting, b->bytes);
        if (!queue_put(&ld->batches, b))
            break;
        if (table)
            wait_until_written(ld, file);
    }
    queue_close(&ld->batches);
    return NULL;
}
