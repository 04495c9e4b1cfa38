/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every sub-command needs: its options taken out of the words, the store
 * opened by the configuration, and the table searched.
 */
#include <stdlib.h>
#include <string.h>

#include "api/commands.h"
#include "server/base/str.h"

/* Length of the option's name where `word` is --name or --name=…, else 0. */
static size_t
option_length(const char *word, const char *name)
{
    size_t n = strlen(name);

    if (!str_starts(word, "--") || strncmp(word + 2, name, n) != 0)
        return 0;
    return word[2 + n] == '\0' || word[2 + n] == '=' ? n : 0;
}

static void
words_cut(struct cmd *c, int at, int count)
{
    memmove(c->argv + at, c->argv + at + count,
            (size_t)(c->argc - at - count) * sizeof *c->argv);
    c->argc -= count;
}

const char *
cmd_option(struct cmd *c, const char *name)
{
    for (int i = 0; i < c->argc && !str_eq(c->argv[i], "--"); i++) {
        size_t n = option_length(c->argv[i], name);
        const char *value;

        if (n == 0)
            continue;
        value = c->argv[i] + 2 + n;
        if (*value == '=') {
            words_cut(c, i, 1);
            return value + 1;
        }
        if (i + 1 == c->argc)
            return NULL; /* stays, for cmd_no_more_options to name */
        value = c->argv[i + 1];
        words_cut(c, i, 2);
        return value;
    }
    return NULL;
}

bool
cmd_flag(struct cmd *c, const char *name)
{
    for (int i = 0; i < c->argc && !str_eq(c->argv[i], "--"); i++) {
        if (option_length(c->argv[i], name) && !strchr(c->argv[i], '=')) {
            words_cut(c, i, 1);
            return true;
        }
    }
    return false;
}

bool
cmd_no_more_options(struct cmd *c)
{
    for (int i = 0; i < c->argc; i++) {
        const char *word = c->argv[i];

        if (str_eq(word, "--")) {
            words_cut(c, i, 1);
            return true;
        }
        if (word[0] == '-' && word[1] != '\0') {
            fprintf(c->err,
                    "meterhouse: option %s is unknown here, was given "
                    "twice or lacks its value\n",
                    word);
            return false;
        }
    }
    return true;
}

/* Words of a command's name that argv starts with, 0 when it does not. */
static int
name_words(const char *name, int argc, char **argv)
{
    int words = 0;

    while (*name) {
        size_t n = strcspn(name, " ");

        if (words == argc || strlen(argv[words]) != n ||
            strncmp(argv[words], name, n) != 0)
            return 0;
        words++;
        name += n;
        name += strspn(name, " ");
    }
    return words;
}

const struct command *
command_find(int argc, char **argv, int *words)
{
    const struct command *best = NULL;

    *words = 0;
    for (const struct command *c = COMMANDS; c->name; c++) {
        int n = name_words(c->name, argc, argv);

        if (n > *words) {
            *words = n;
            best = c;
        }
    }
    return best;
}

const char *
conf_store(const struct conf *conf, char *to, size_t size)
{
    if (conf->store[0])
        str_copy(to, size, conf->store);
    else
        snprintf(to, size, "sqlite:%s/store", conf->data_dir);
    return to;
}

struct db *
cmd_store(struct cmd *c, enum db_mode mode)
{
    char store[1024], why[512] = "";
    struct db *db = NULL;
    enum db_rc rc =
        db_open(conf_store(c->conf, store, sizeof store), mode, &db, why);

    if (rc == DB_OK)
        return db;
    if (rc == DB_NONE)
        fprintf(c->err,
                "meterhouse: there is no store in %s yet; `meterhouse "
                "load` and `meterhouse serve` make one\n",
                c->conf->data_dir);
    else
        fprintf(c->err, "meterhouse: store: %s\n", why);
    return NULL;
}
