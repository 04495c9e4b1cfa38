/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's way with registry and billed usage files, which are held whole
 * and taken in by their own ability. */
#include "api/feed/load_parts.h"
#include "api/registry/registry.h"
#include "db/registry.h"
#include "server/base/clock.h"
#include "server/base/str.h"

static void
take_reject(struct batch *b, const struct table_reject *j)
{
    struct feed_reject f = {.code = FEED_CODE_COUNT,
                            .ours = table_code_ours(j->code),
                            .ercot = table_code_ercot(j->code),
                            .reason = table_code_reason(j->code),
                            .field = j->field[0] != '\0'
                                         ? j->field
                                         : lse_field_text(LSE_FIELD_LINE),
                            .day = DAY_NONE,
                            .line = j->line};

    str_copy(f.esiid, sizeof f.esiid, j->esiid);
    str_copy(f.note, sizeof f.note, j->note);
    batch_reject(b, &f);
}

/* The committed load of that content; an older program knew it by the SHA-256
 * of the whole text. */
static enum db_rc
table_find(struct loader *ld, struct batch *b, struct load *old)
{
    const struct load *l = &b->r.l;
    enum db_rc rc =
        db_load_find(ld->db, l->digest, l->file_stamp, l->file_counter, old);
    char whole[SHA256_HEX];

    if (rc != DB_NONE)
        return rc;
    sha256_hex(whole, buf_text(&b->text), b->text.len);
    return db_load_find(ld->db, whole, l->file_stamp, l->file_counter, old);
}

/*
 * The same content changes nothing.  Only where rows of it were refused may a
 * second time bring more; of a registry file if no newer one has spoken since.
 */
static enum db_rc
table_known(struct loader *ld, struct batch *b, bool *known)
{
    struct load *l = &b->r.l, old = {.id = 0};
    enum db_rc rc = table_find(ld, b, &old);

    *known = false;
    if (rc != DB_OK)
        return rc == DB_NONE ? DB_OK : rc;
    *known = old.n.rejected == 0;
    if (!*known && b->kind->load == registry_load)
        rc = db_registry_newer(ld->db, &old, known);
    if (rc != DB_OK || !*known)
        return rc;
    old.n = (struct load_counts){.read = old.n.read,
                                 .rejected = old.n.rejected,
                                 .unchanged = old.n.read - old.n.rejected};
    *l = old;
    b->r.state = FEED_KNOWN;
    return DB_OK;
}

static enum db_rc
table_load(struct loader *ld, struct batch *b, struct table_rejects *rejects)
{
    struct load *l = &b->r.l;
    enum db_rc rc;

    if (ld->o.sender != NULL)
        str_copy(l->sender, sizeof l->sender, ld->o.sender);
    rc = load_map_again(ld);
    if (rc != DB_OK)
        return rc;
    rc = b->kind->load(ld->db, b->text.at, b->text.len, ld->conf->default_zone,
                       ld->book.map, l, rejects);
    b->r.warnings[b->kind->warning] = l->n.warned;
    return rc;
}

enum db_rc
load_table(struct loader *ld, struct batch *b)
{
    struct table_rejects rejects = {0};
    bool known;
    enum db_rc rc = table_known(ld, b, &known);

    if (rc != DB_OK || known)
        return rc;
    rc = table_load(ld, b, &rejects);
    if (rc == DB_OK || rc == DB_NONE) {
        for (size_t i = 0; i < rejects.n; i++)
            take_reject(b, &rejects.at[i]);
        b->r.state = FEED_LOADED;
    }
    if (rc == DB_NONE) {
        b->refused = true;
        b->r.l.n = (struct load_counts){.read = b->r.l.n.read,
                                        .rejected = b->r.l.n.read};
    }
    table_rejects_clear(&rejects);
    buf_clear(&b->text);
    return rc;
}
