/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's first thread: opens, reads and digests files. */
#include <unistd.h>

#include "api/feed/load_parts.h"
#include "server/base/str.h"
#include "server/wire/source.h"

const char *
feed_key_folder(const struct conf *conf, char to[1024])
{
    if (conf->pgp_keys[0] != '\0')
        str_copy(to, 1024, conf->pgp_keys);
    else
        snprintf(to, 1024, "%s/pgp", conf->data_dir);
    return access(to, R_OK) == 0 ? to : NULL;
}

/* Fills one block.  False when nothing of the file follows.  Without `hash`
 * the digest comes from elsewhere and a check will do. */
static bool
read_block(struct block *b, struct source *s, struct sha256 *hash,
           uint64_t *check)
{
    char *text = block_text(b);
    ssize_t n = source_read(s, text, BLOCK_TEXT);

    b->n = n > 0 ? (size_t)n : 0;
    memset(text + b->n, 0, LSE_PAD);
    if (hash != NULL)
        sha256_add(hash, text, b->n);
    else
        *check = load_digest_check(*check, text, b->n);
    b->last = b->n < BLOCK_TEXT;
    b->taken = (int64_t)source_taken(s);
    b->failed = n < 0;
    if (n < 0)
        str_copy(b->why, sizeof b->why, source_why(s));
    return !b->last;
}

static struct block *
next_block(struct loader *ld)
{
    struct block *b = queue_take(&ld->free_blocks);

    if (b == NULL)
        return NULL;
    b->n = 0;
    b->first = b->last = b->failed = b->ahead = false;
    b->taken = 0;
    b->why[0] = b->sha256[0] = '\0';
    return b;
}

static bool
read_text(struct loader *ld, struct block *b, struct source *s)
{
    bool ours = load_digest_claim(ld->digests, b->file, source_is_plain(s));
    struct sha256 *hash = ours ? sha256_new() : NULL;
    uint64_t check = 0;
    bool more;

    do {
        more = read_block(b, s, hash, &check);
        b->ahead = !ours;
        b->check = check;
        if (!more && ours) {
            sha256_end(hash, b->sha256);
            hash = NULL;
        }
        if (!queue_put(&ld->blocks, b))
            break;
        if (more && (b = next_block(ld)) == NULL)
            break;
    } while (more);
    if (hash != NULL) {
        char unused[SHA256_HEX];

        sha256_end(hash, unused);
        return false;
    }
    return true;
}

static bool
read_file(struct loader *ld, size_t file)
{
    struct block *b = next_block(ld);
    char keys[1024];
    struct source *s;
    bool ok;

    if (b == NULL)
        return false;
    b->first = true;
    b->file = file;
    s = source_open(ld->paths[file], feed_key_folder(ld->conf, keys), b->why);
    b->opened = s != NULL;
    if (s == NULL) {
        b->last = true;
        return queue_put(&ld->blocks, b);
    }
    if (!str_copy(b->name, sizeof b->name, source_name(s)))
        str_copyn(b->name, sizeof b->name, source_name(s), sizeof b->name - 1);
    ok = read_text(ld, b, s);
    source_close(s);
    return ok;
}

void *
load_read_run(void *loader)
{
    struct loader *ld = loader;

    feed_stand_aside();
    for (size_t i = 0; i < ld->n && !atomic_load(&ld->stop); i++)
        if (!read_file(ld, i))
            break;
    queue_close(&ld->blocks);
    return NULL;
}
