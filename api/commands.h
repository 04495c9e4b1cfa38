/* SPDX-License-Identifier: Apache-2.0 */
/* Sub-commands of the program: one table, one row a command. */
#ifndef MH_API_COMMANDS_H
#define MH_API_COMMANDS_H

#include <stdio.h>

#include "db/db.h"
#include "server/base/conf.h"

enum cmd_rc { CMD_DONE = 0, CMD_REJECTS = 1, CMD_USAGE = 2, CMD_FAILED = 3 };

struct cmd {
    const struct conf *conf;
    int argc; /* words after the command's name */
    char **argv;
    FILE *out, *err;
};

struct command {
    const char *name;    /* "load", "user add" */
    const char *args;    /* "FILE|DIR… [--json] [--progress]" */
    const char *summary; /* one line */
    const char *help;    /* paragraphs */
    enum cmd_rc (*fn)(struct cmd *c);
};

extern const struct command COMMANDS[]; /* ended by a row with no name */

/* The list that `meterhouse help` prints, and the page of one command. */
void command_list(FILE *to);
void command_help(FILE *to, const struct command *c);

/* The commands whose names begin with `word`, "user", listed; false when there
 * are none. */
bool command_group(FILE *to, const char *word);

/* Says that there is no command of these words. */
void command_unknown(struct cmd *c);

/* Finds the longest name that argv starts with; NULL when none. */
const struct command *command_find(int argc, char **argv, int *words);
/* Opens the configured store; prints why and returns NULL on failure. */
struct db *cmd_store(struct cmd *c, enum db_mode mode);
/* The store's name by the configuration: conf->store or sqlite:DATA/store. */
const char *conf_store(const struct conf *conf, char *to, size_t size);
/* Takes "--name VALUE" or "--name=VALUE" out of argv; NULL when absent. */
const char *cmd_option(struct cmd *c, const char *name);
bool cmd_flag(struct cmd *c, const char *name);
/* True when every option was taken; else says which is unknown, repeated or
 * without its value.  Call it after the options and before the words; drops
 * a `--`, after which words may begin with a dash.  A lone `-` is a word. */
bool cmd_no_more_options(struct cmd *c);

/* The manual pages meterhouse(1) and meterhouse.conf(5), from the tables. */
void command_man(FILE *to);
void conf_man(FILE *to);

#endif
