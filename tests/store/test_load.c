/* SPDX-License-Identifier: Apache-2.0 */
/* The catalog of loads on both engines. */
#include <stdio.h>
#include <string.h>

#include "db/engine.h"
#include "db/load.h"
#include "server/base/clock.h"
#include "server/base/str.h"
#include "tests/store/engines.h"

static struct load
sample(const char *name, const char *text)
{
    struct load l = {.kind = "lse",
                     .sender = "183529049",
                     .file_stamp = 20260102030405,
                     .file_counter = 7,
                     .bytes = 12345678901};

    str_copy(l.name, sizeof l.name, name);
    sha256_hex(l.digest, text, strlen(text));
    return l;
}

static enum db_rc
find(struct engine *e, const struct load *like, struct load *l)
{
    return db_load_find(e->db, like->digest, like->file_stamp,
                        like->file_counter, l);
}

static void
test_a_load_from_open_to_undone(void **state)
{
    struct engine *e = engine_of(state);
    struct load l = sample("a.lse", "one"), back;

    clock_set(1000000);
    assert_int_equal(db_load_add(e->db, &l), DB_OK);
    assert_true(l.id == 1 && l.state == LOAD_OPEN && l.seq == 0);
    assert_int_equal(find(e, &l, &back), DB_NONE);
    l.n = (struct load_counts){.read = 10,
                               .loaded = 4,
                               .replaced = 3,
                               .unchanged = 2,
                               .rejected = 1,
                               .warned = 6};
    clock_set(1000009);
    assert_int_equal(db_load_commit(e->db, &l), DB_OK);
    assert_int_equal(l.seq, 1);
    assert_int_equal(find(e, &l, &back), DB_OK);
    assert_true(back.id == l.id && back.seq == 1 &&
                back.state == LOAD_COMMITTED && back.n.loaded == 4 &&
                back.n.warned == 6 && back.started_utc == 1000000 &&
                back.ended_utc == 1000009 && back.bytes == 12345678901 &&
                back.file_stamp == 20260102030405 && back.file_counter == 7);
    assert_string_equal(back.name, "a.lse");
    assert_string_equal(back.sender, "183529049");
    /* committed once only */
    l.state = LOAD_OPEN;
    assert_int_equal(db_load_commit(e->db, &l), DB_NONE);
    assert_int_equal(db_load_end(e->db, &back, LOAD_UNLOADED), DB_OK);
    assert_int_equal(find(e, &l, &back), DB_NONE);
    assert_int_equal(db_load_get(e->db, l.id, &back), DB_OK);
    assert_int_equal(back.state, LOAD_UNLOADED);
    assert_int_equal(db_load_get(e->db, 99, &back), DB_NONE);
    clock_set(CLOCK_REAL);
}

static void
test_counts_must_add_up(void **state)
{
    struct engine *e = engine_of(state);
    struct load l = sample("a.lse", "one");

    assert_int_equal(db_load_add(e->db, &l), DB_OK);
    l.n = (struct load_counts){.read = 10, .loaded = 4};
    assert_int_equal(db_load_commit(e->db, &l), DB_FAIL);
    assert_int_equal(l.state, LOAD_OPEN);
    l.n.rejected = 6;
    assert_int_equal(db_load_commit(e->db, &l), DB_OK);
    assert_int_equal(l.seq, 1); /* the failed try left no gap */
}

static void
test_content_is_found_by_its_names_stamp(void **state)
{
    struct engine *e = engine_of(state);
    struct load a = sample("a.lse", "same"), b = a, other = a, back;

    assert_int_equal(db_load_add(e->db, &a), DB_OK);
    assert_int_equal(db_load_add(e->db, &b), DB_OK);
    assert_int_equal(db_load_commit(e->db, &a), DB_OK);
    assert_int_equal(find(e, &a, &back), DB_OK);
    assert_true(back.id == a.id);
    other.file_counter++;
    assert_int_equal(find(e, &other, &back), DB_NONE);
    assert_int_equal(db_load_commit(e->db, &b), DB_OK);
    assert_int_equal(find(e, &a, &back), DB_OK);
    assert_true(back.id == b.id);
    assert_int_equal(db_load_end(e->db, &b, LOAD_UNLOADED), DB_OK);
    assert_int_equal(find(e, &a, &back), DB_OK);
    assert_true(back.id == a.id);
}

struct names {
    struct load l;
    char text[64];
    size_t at;
};

static bool
names_row(void *arg)
{
    struct names *n = arg;

    n->text[n->at++] = n->l.name[0];
    return true;
}

static void
test_newest_first(void **state)
{
    struct engine *e = engine_of(state);
    struct names n = {.text = ""};
    static const char *const NAME[] = {"a", "b", "c"};

    for (int i = 0; i < 3; i++) {
        struct load l = sample(NAME[i], NAME[i]);

        assert_int_equal(db_load_add(e->db, &l), DB_OK);
        if (i == 1)
            assert_int_equal(db_load_end(e->db, &l, LOAD_REJECTED), DB_OK);
    }
    assert_int_equal(db_load_each(e->db, 2, &n.l, names_row, &n), DB_OK);
    assert_string_equal(n.text, "cb");
}

/* A writer that lost its lock to another must not make its work visible. */
static void
test_a_writer_that_was_overtaken(void **state)
{
    struct engine *e = engine_of(state);
    struct load l = sample("a.lse", "one");

    if (e->kind != DB_POSTGRES)
        skip();
    assert_int_equal(db_writer_lock(e->db, 1), DB_OK);
    assert_int_equal(db_load_add(e->db, &l), DB_OK);
    /* as the next holder does after this one's connection was cut */
    assert_int_equal(db_run(e->db, DB_MARKET,
                            "UPDATE writer SET token = token + 1", IN_NONE,
                            NULL),
                     DB_OK);
    assert_int_equal(db_load_commit(e->db, &l), DB_BUSY);
    db_writer_unlock(e->db);
    assert_int_equal(find(e, &l, &l), DB_NONE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_a_load_from_open_to_undone),
        ENGINE_TESTS(test_counts_must_add_up),
        ENGINE_TESTS(test_content_is_found_by_its_names_stamp),
        ENGINE_TESTS(test_newest_first),
        cmocka_unit_test_setup_teardown(test_a_writer_that_was_overtaken,
                                        engine_set_up_postgres,
                                        engine_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
