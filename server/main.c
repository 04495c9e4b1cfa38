/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program: reads the settings in their order of force (default, file,
 * environment, command line), finds the sub-command and runs it.  Everything
 * a command needs hangs on its struct cmd; there is no other global state.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/commands.h"
#include "server/base/conf.h"
#include "server/base/file.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define DEFAULT_CONFIG MH_SYSCONFDIR "/meterhouse.conf"

static int
complain(const char *what)
{
    fprintf(stderr, "meterhouse: %s\n", what);
    return CMD_USAGE;
}

static bool
settings_read(struct conf *conf, const char *file, const char *data)
{
    char why[512] = "";

    conf_init(conf);
    if (!file && file_exists(DEFAULT_CONFIG))
        file = DEFAULT_CONFIG;
    if ((!file || conf_read(conf, file, why)) && conf_env(conf, why) &&
        (!data || conf_set(conf, "data_dir", data, why)))
        return true;
    complain(why);
    return false;
}

static enum log_level
level_of(const char *name)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (str_eq(name, names[i]))
            return (enum log_level)i;
    }
    return LOG_INFO_;
}

/* Spellings that people try before they know the commands. */
static const char *
usual_name(const char *word)
{
    if (str_eq(word, "--help") || str_eq(word, "-h"))
        return "help";
    if (str_eq(word, "--version") || str_eq(word, "-V"))
        return "version";
    if (str_eq(word, "--help-config"))
        return "config";
    return word;
}

/* `user` alone and `user --help` get the list of that group. */
static enum cmd_rc
no_command(struct cmd *c)
{
    bool help = cmd_flag(c, "help");

    if (c->argc == 1 && command_group(help ? stdout : stderr, c->argv[0]))
        return help ? CMD_DONE : CMD_USAGE;
    command_unknown(c);
    return CMD_USAGE;
}

int
main(int argc, char **argv)
{
    struct conf conf;
    struct cmd c = {.conf = &conf,
                    .argc = argc - 1,
                    .argv = argv + 1,
                    .out = stdout,
                    .err = stderr};
    const char *file = cmd_option(&c, "config");
    const char *data = cmd_option(&c, "data");
    const struct command *command;
    enum cmd_rc rc;
    int words;

    if (c.argc == 0) {
        command_list(stderr);
        return CMD_USAGE;
    }
    c.argv[0] = (char *)usual_name(c.argv[0]);
    command = command_find(c.argc, c.argv, &words);
    if (!command)
        return no_command(&c);
    c.argc -= words;
    c.argv += words;
    if (cmd_flag(&c, "help")) {
        command_help(stdout, command);
        return CMD_DONE;
    }
    if (!settings_read(&conf, file, data))
        return CMD_USAGE;
    log_init(level_of(conf.log_level));
    rc = command->fn(&c);
    if (fflush(stdout) != 0 && rc == CMD_DONE) {
        perror("meterhouse: standard output");
        return CMD_FAILED;
    }
    return rc;
}
