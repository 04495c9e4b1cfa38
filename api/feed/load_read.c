/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's first thread: opens, reads and digests files. */
#include <unistd.h>

#include "api/feed/load_parts.h"
#include "server/base/piece_hash.h"
#include "server/base/str.h"
#include "server/wire/source.h"

#define READ_TEXT (256 << 10) /* bytes read at once: some fit a near cache */

_Static_assert(BLOCK_TEXT % READ_TEXT == 0, "blocks are filled by whole reads");
_Static_assert(READ_TEXT % HASH_PIECE == 0, "reads are whole pieces");

const char *
feed_key_folder(const struct conf *conf, char to[1024])
{
    if (conf->pgp_keys[0] != '\0')
        str_copy(to, 1024, conf->pgp_keys);
    else
        snprintf(to, 1024, "%s/pgp", conf->data_dir);
    return access(to, R_OK) == 0 ? to : NULL;
}

/* Fills one block, digesting what has just come while it is near at hand.
 * False when nothing of the file follows. */
static bool
read_block(struct block *b, struct source *s, struct piece_hash *hash)
{
    char *text = block_text(b);
    ssize_t n;

    do {
        n = source_read(s, text + b->n, READ_TEXT);
        piece_hash_add(hash, text + b->n, n > 0 ? (size_t)n : 0);
        b->n += n > 0 ? (size_t)n : 0;
    } while (n == READ_TEXT && b->n < BLOCK_TEXT);
    memset(text + b->n, 0, LSE_PAD);
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
    b->first = b->last = b->failed = false;
    b->taken = 0;
    b->why[0] = b->digest[0] = '\0';
    return b;
}

static bool
read_text(struct loader *ld, struct block *b, struct source *s)
{
    struct piece_hash *hash = piece_hash_new();
    bool more, ok;

    do {
        more = read_block(b, s, hash);
        if (!more) {
            piece_hash_end(hash, b->digest);
            hash = NULL;
        }
        ok = queue_put(&ld->blocks, b) &&
             (!more || (b = next_block(ld)) != NULL);
    } while (more && ok);
    piece_hash_free(hash);
    return ok;
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

    feed_stand_aside(true);
    for (size_t i = 0; i < ld->n && !atomic_load(&ld->stop); i++)
        if (!read_file(ld, i))
            break;
    queue_close(&ld->blocks);
    return NULL;
}
