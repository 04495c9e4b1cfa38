/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a command line: options taken out, commands found. */
#include "api/commands.h"
#include "server/base/str.h"
#include "tests/unit/unit.h"

#define WORDS 8

struct line {
    char *argv[WORDS + 1];
    struct cmd cmd;
};

static void
line_set(struct line *l, FILE *err, const char *const words[], int n)
{
    for (int i = 0; i < n; i++)
        l->argv[i] = (char *)words[i];
    l->argv[n] = NULL;
    l->cmd = (struct cmd){.argc = n, .argv = l->argv, .out = err, .err = err};
}

#define LINE(l, err, ...)                                                      \
    line_set(l, err, (const char *const[]){__VA_ARGS__},                       \
             (int)COUNT(((const char *const[]){__VA_ARGS__})))

static void
test_options(void **state)
{
    struct line l;

    (void)state;
    LINE(&l, stderr, "file", "--from", "2022-03-01", "--json", "--to=x=y", "b");
    assert_string_equal(cmd_option(&l.cmd, "from"), "2022-03-01");
    assert_null(cmd_option(&l.cmd, "fro"));
    assert_string_equal(cmd_option(&l.cmd, "to"), "x=y");
    assert_false(cmd_flag(&l.cmd, "js"));
    assert_true(cmd_flag(&l.cmd, "json"));
    assert_false(cmd_flag(&l.cmd, "json"));
    assert_true(cmd_no_more_options(&l.cmd));
    assert_int_equal(l.cmd.argc, 2);
    assert_string_equal(l.cmd.argv[0], "file");
    assert_string_equal(l.cmd.argv[1], "b");
}

static void
test_words_after_two_dashes(void **state)
{
    struct line l;

    (void)state;
    LINE(&l, stderr, "-", "--", "--json", "-x");
    assert_false(cmd_flag(&l.cmd, "json"));
    assert_null(cmd_option(&l.cmd, "json"));
    assert_true(cmd_no_more_options(&l.cmd));
    assert_int_equal(l.cmd.argc, 3);
    assert_string_equal(l.cmd.argv[0], "-");
    assert_string_equal(l.cmd.argv[1], "--json");
}

static void
test_bad_options_are_named(void **state)
{
    static const char *const LINES[][3] = {
        {"--unknown", "a", "--unknown"},
        {"a", "--from", "--from"},     /* lacks its value */
        {"--json=1", "a", "--json=1"}, /* a flag takes none */
        {"-j", "a", "-j"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(LINES); i++) {
        struct line l;
        char *text = NULL;
        size_t n;
        FILE *err = open_memstream(&text, &n);

        LINE(&l, err, LINES[i][0], LINES[i][1]);
        cmd_option(&l.cmd, "from");
        cmd_flag(&l.cmd, "json");
        assert_false(cmd_no_more_options(&l.cmd));
        fclose(err);
        assert_non_null(strstr(text, LINES[i][2]));
        free(text);
    }
}

static void
test_commands_are_found(void **state)
{
    static const struct {
        const char *words[3];
        int n;
        const char *name;
    } ROWS[] = {
        {{"help"}, 1, "help"},
        {{"help", "serve"}, 1, "help"},
        {{"user", "add", "x"}, 2, "user add"},
        {{"user"}, 0, NULL},
        {{"hel"}, 0, NULL},
        {{"helpx"}, 0, NULL},
        {{""}, 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        const struct command *c;
        int argc = 0, words;

        while (argc < 3 && ROWS[i].words[argc])
            argc++;
        c = command_find(argc, (char **)ROWS[i].words, &words);
        assert_int_equal(words, ROWS[i].n);
        assert_true(str_eq(c ? c->name : NULL, ROWS[i].name));
    }
}

/* Every row is complete, and no name stands twice or hides another. */
static void
test_table(void **state)
{
    (void)state;
    for (const struct command *c = COMMANDS; c->name; c++) {
        assert_non_null(c->fn);
        assert_non_null(c->args);
        assert_true(c->summary && *c->summary);
        for (const struct command *d = COMMANDS; d != c; d++)
            assert_string_not_equal(c->name, d->name);
    }
}

static void
test_store_name(void **state)
{
    struct conf conf;
    char name[1024];

    (void)state;
    conf_init(&conf);
    str_copy(conf.data_dir, sizeof conf.data_dir, "/data");
    assert_string_equal(conf_store(&conf, name, sizeof name),
                        "sqlite:/data/store");
    str_copy(conf.store, sizeof conf.store, "postgres:host=db");
    assert_string_equal(conf_store(&conf, name, sizeof name),
                        "postgres:host=db");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_words_after_two_dashes),
        cmocka_unit_test(test_bad_options_are_named),
        cmocka_unit_test(test_commands_are_found),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_store_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
