/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/store/run_cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 12

char cmd_said[8192];
static struct conf conf;

struct engine *
cmd_engine(void **state)
{
    struct engine *e = engine_of(state);

    conf_init(&conf);
    snprintf(conf.store, sizeof conf.store, "%s", e->store);
    snprintf(conf.data_dir, sizeof conf.data_dir, "%s", e->folder);
    return e;
}

struct conf *
cmd_conf(void)
{
    return &conf;
}

/* Standard input becomes a file that holds the text. */
static void
give_input(const char *input)
{
    char path[600];
    FILE *file;

    snprintf(path, sizeof path, "%s/input", conf.data_dir);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(input, file);
    fclose(file);
    assert_non_null(freopen(path, "r", stdin));
}

enum cmd_rc
cmd_run(enum cmd_rc (*fn)(struct cmd *c), const char *words, const char *input)
{
    char text[1024], *argv[WORDS], *save = NULL, *out = NULL;
    struct cmd c = {.conf = &conf, .argv = argv};
    size_t size = 0;
    enum cmd_rc rc;

    snprintf(text, sizeof text, "%s", words);
    for (char *w = strtok_r(text, " ", &save); w && c.argc < WORDS;
         w = strtok_r(NULL, " ", &save))
        argv[c.argc++] = w;
    give_input(input);
    c.out = c.err = open_memstream(&out, &size);
    assert_non_null(c.out);
    rc = fn(&c);
    fclose(c.out);
    snprintf(cmd_said, sizeof cmd_said, "%s", out);
    free(out);
    return rc;
}

void
cmd_expect(enum cmd_rc rc, enum cmd_rc wanted, const char *part)
{
    if (rc != wanted || !strstr(cmd_said, part))
        fail_msg("exit code %d, said: %s", rc, cmd_said);
}
