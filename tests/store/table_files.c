/* SPDX-License-Identifier: Apache-2.0 */
/* Loads texts as registry or billed usage files. */
#include "tests/store/table_files.h"

#include <stdio.h>
#include <string.h>

#include "server/base/str.h"

void
table_file_load(struct engine *e, table_load *load, const char *text,
                const char *sender, struct outcome *o)
{
    static int count;
    const struct load_counts *n = &o->l.n;
    struct point_map *known;

    table_rejects_clear(&o->rejects);
    o->l = (struct load){.bytes = (int64_t)strlen(text)};
    snprintf(o->l.name, sizeof o->l.name, "file-%d.csv", ++count);
    snprintf(o->l.digest, sizeof o->l.digest, "%064d", count);
    str_copy(o->l.sender, sizeof o->l.sender, sender);
    assert_int_equal(point_map_open(e->db, &known), DB_OK);
    o->rc = load(e->db, text, strlen(text), "America/Chicago", known, &o->l,
                 &o->rejects);
    point_map_close(known);
    if (o->rc == DB_OK)
        assert_int_equal(n->read, n->loaded + n->replaced + n->unchanged +
                                      n->historic + n->rejected);
    if (o->rc == DB_OK)
        assert_int_equal(n->rejected, o->rejects.n);
}

void
table_file_expect(struct engine *e, table_load *load, const char *text,
                  const struct load_counts *n, struct outcome *o)
{
    table_file_load(e, load, text, "", o);
    assert_int_equal(o->rc, DB_OK);
    assert_int_equal(o->rejects.n, 0);
    assert_int_equal(o->l.n.loaded, n->loaded);
    assert_int_equal(o->l.n.replaced, n->replaced);
    assert_int_equal(o->l.n.unchanged, n->unchanged);
    assert_int_equal(o->l.n.historic, n->historic);
}

static bool
is_as_told(const struct bad_table *b, const struct outcome *o)
{
    const struct table_reject *j = o->rejects.at;

    return o->rejects.n == 1 && j->code == b->code && j->line == b->line &&
           str_eq(j->field, b->field);
}

void
table_files_are_bad(struct engine *e, table_load *load, const char *head,
                    const struct bad_table *bad, size_t n, bool lives)
{
    struct outcome o = {.rc = DB_OK};
    char text[4096];

    for (size_t i = 0; i < n; i++) {
        snprintf(text, sizeof text, "%s%s", head, bad[i].text);
        table_file_load(e, load, text, "", &o);
        assert_int_equal(o.rc, lives ? DB_OK : DB_NONE);
        if (!lives)
            assert_int_equal(o.l.id, 0);
        if (!is_as_told(&bad[i], &o))
            fail_msg("%s: %zu rejects, first %s line %u field %s", text,
                     o.rejects.n,
                     o.rejects.n ? table_code_ours(o.rejects.at[0].code) : "",
                     o.rejects.n ? o.rejects.at[0].line : 0,
                     o.rejects.n ? o.rejects.at[0].field : "");
    }
    table_rejects_clear(&o.rejects);
}
