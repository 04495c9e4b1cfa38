/* SPDX-License-Identifier: Apache-2.0 */
/* Every sub-command of the program, one row each, grouped by ability. */
#include "config.h"

#include <string.h>

#include "api/account/user_cmd.h"
#include "api/admin/backup_cmd.h"
#include "api/admin/coverage_cmd.h"
#include "api/admin/keep_cmd.h"
#include "api/admin/scrub_cmd.h"
#include "api/admin/shard_cmd.h"
#include "api/admin/store_cmd.h"
#include "api/commands.h"
#include "api/feed/digest_cmd.h"
#include "api/feed/generate_cmd.h"
#include "api/feed/load_cmd.h"
#include "api/jobs.h"
#include "api/serve.h"
#include "api/usage/export_cmd.h"
#include "api/usage/usage_cmd.h"
#include "server/base/str.h"

static enum cmd_rc
help_cmd(struct cmd *c)
{
    const struct command *command;
    bool man = cmd_flag(c, "man");
    int words;

    if (!cmd_no_more_options(c))
        return CMD_USAGE;
    if (man) {
        command_man(c->out);
        return CMD_DONE;
    }
    if (c->argc == 0) {
        command_list(c->out);
        return CMD_DONE;
    }
    command = command_find(c->argc, c->argv, &words);
    if (!command && c->argc == 1 && command_group(c->out, c->argv[0]))
        return CMD_DONE;
    if (!command || words != c->argc) {
        command_unknown(c);
        return CMD_USAGE;
    }
    command_help(c->out, command);
    return CMD_DONE;
}

static enum cmd_rc
version_cmd(struct cmd *c)
{
    fprintf(c->out, "%s\n", PACKAGE_STRING);
    return CMD_DONE;
}

static enum cmd_rc
config_cmd(struct cmd *c)
{
    bool current = cmd_flag(c, "current"), man = cmd_flag(c, "man");

    if (!cmd_no_more_options(c))
        return CMD_USAGE;
    if (man) {
        conf_man(c->out);
        return CMD_DONE;
    }
    conf_print(c->out, current ? c->conf : NULL);
    return CMD_DONE;
}

/* clang-format off */
const struct command COMMANDS[] = {
    /* ---- the program ---- */
    {"help", "[COMMAND | --man]", "lists the commands, or explains one",
     "With --man, prints the manual page meterhouse(1).", help_cmd},
    {"version", "", "prints the version", NULL, version_cmd},
    {"config", "[--current | --man]", "prints a sample configuration",
     "Prints every setting with its default, range and meaning, ready to be\n"
     "saved as a configuration file.  With --current, prints the values in\n"
     "force after file, environment and command line.  With --man, prints "
     "the\nmanual page meterhouse.conf(5).", config_cmd},
    {"serve", "[--role ROLES]", "answers browsers and programs over HTTPS",
     "Makes the store and a certificate where there is none, prints the\n"
     "address and runs until SIGTERM or Ctrl-C; running requests are finished\n"
     "first.  SIGHUP takes a changed certificate, templates and static files.\n\n"
     "  --role ROLES  some of web,worker,loader (all): answers requests, runs\n"
     "                jobs, watches the inbox and loads.  Several programs with\n"
     "                roles may share one PostgreSQL store",
     serve_cmd},
    /* ---- background work ---- */
    {"jobs list", "[--json]", "lists background jobs, the open ones first",
     NULL, jobs_list_cmd},
    {"jobs run", "[--until-idle]", "runs background jobs without serving",
     "`meterhouse serve` runs them too.  With --until-idle, runs what is due,\n"
     "with what that asks for, and exits: for cron, and for a look at the inbox "
     "now.\nExit code 1 when a job failed or is to be tried again.",
     jobs_run_cmd},
    /* ---- files in ---- */
    {"load", "FILE|DIR…|- [OPTION…]", "takes meter data into the store",
     "LSE interval data, meter registries and billed usage: what a file is, is\n"
     "found from its content.  A zip, a PGP message and a zip inside a PGP\n"
     "message are opened on the way; - is standard input.  A folder stands for\n"
     "the .lse and .csv files in it and one level below, tables first, without\n"
     "its .activity.csv reports.\n"
     "A bad record is refused with line, field and code, the others of its file\n"
     "load.  Exit code 1 when anything was refused.  docs/file-formats.md has "
     "the\nformats, docs/lse-codes.md the codes.\n\n"
     "  --json         one line of JSON a file\n"
     "  --progress     shows a bar on standard error\n"
     "  --report DIR   writes each file's activity report, for its sender\n"
     "  --verbose      shows every refusal, not the first ten of a file",
     load_cmd},
    {"unload", "LOAD_ID", "takes a load back",
     "What the file brought is removed, and what it had replaced holds again.\n"
     "The number of a load stands in the output of load and in its report.",
     unload_cmd},
    {"digest", "FILE…|-", "prints by what files are known",
     "A digest of what is inside: the same whether a file is zipped, encrypted\n"
     "or neither.  It stands in the catalog of loads and in the activity report.\n"
     "docs/file-formats.md says how to compute it without meterhouse.",
     digest_cmd},
    {"coverage", "--from D --to D [OPTION…]", "says how much of what is expected came",
     "One line a day, TDSP and REP, in meter-days (a channel of a point on a "
     "day).\nWhat each count means stands in docs/operator.md.\n\n"
     "  --from D, --to D    operating days, both included\n"
     "  --tdsp DUNS         of that TDSP only\n"
     "  --rep DUNS          of that REP only\n"
     "  --by-day            one line a day, summed\n"
     "  --list KIND         the meters instead: missing, partial, estimated, "
     "late,\n                      replaced or extra\n"
     "  --format csv|json   (csv)", coverage_cmd},
    /* ---- the store ---- */
    {"backup", "DIR [--since EARLIER | --verify]",
     "copies the store, which may be in use, into a new folder",
     "Loads, requests and sign-ins go on meanwhile; what comes after the start\n"
     "is left out.  The folder appears when every file in it is verified and\n"
     "synced, with a manifest of sizes and SHA-256 digests.  PostgreSQL stores\n"
     "are copied by pg_dump, and a file a month by COPY.\n\n"
     "  --since EARLIER  takes months that nobody wrote to since from an earlier\n"
     "                   backup, as hard links; each backup is whole by itself,\n"
     "                   and EARLIER may be removed\n"
     "  --verify         makes none, but reads DIR, a backup, to its end", backup_cmd},
    {"restore", "DIR", "puts a backup in place of the store",
     "The store may be in use, damaged or missing.  The backup is verified\n"
     "first; while its files are put in place every request gets 503, then the\n"
     "running `serve` goes on with the restored store.  Everybody is signed out.\n"
     "When it was cut off, run it again.  PostgreSQL stores are restored by\n"
     "pg_restore and psql in one transaction.", restore_cmd},
    {"store stats", "[--json]", "counts what the store holds", NULL,
     store_stats_cmd},
    {"store check", "", "checks that the store is sound",
     "Verifies every rule: the engine's own integrity check, foreign keys, the\n"
     "catalog of loads and its counts, the registry, rights, the audit chain;\n"
     "decodes every packed day and checks its totals and versions.  Prints one\n"
     "line a finding; exit code 3 when there is any.  The store may be in use.",
     store_check_cmd},
    {"store scrub", "[--now] [--json]", "says what the scrub found damaged",
     "`meterhouse serve` reads all that is stored, a bit at a time, in\n"
     "scrub_days, and verifies every checksum and the audit chain.  This shows\n"
     "when it was last done and what it found: month, load, group of points,\n"
     "point, day, channel.  Exit code 3 while any finding stands.\n\n"
     "  --now   does a whole pass at once\n"
     "  --json  one line of JSON", store_scrub_cmd},
    {"store shards", "[--json]", "lists the servers that hold readings",
     "Of a PostgreSQL store: number, address, buckets, bytes.  Exit code 3 when\n"
     "one does not answer.  docs/shards.md explains.", store_shards_cmd},
    {"store shards init", "CONNINFO…|-", "spreads readings over several servers",
     "Each CONNINFO is an empty PostgreSQL database.  Its tables are made, and "
     "the\nreadings move there while the store is in use; when it was cut off, "
     "run it\nagain.  With -, reads one a line from standard input, so that a "
     "password is in\nnobody's list of processes.", store_shards_init_cmd},
    {"store shards add", "CONNINFO…|-", "adds servers, and moves readings there",
     "The store may be in use, and when it was cut off, run it again.  A server\n"
     "that is in the store already gets this address.", store_shards_add_cmd},
    {"store shards remove", "SHARD", "moves all readings off a server",
     "The others take them, or the store's own database when it was the last.",
     store_shards_remove_cmd},
    {"store shards balance", "", "ends moves that were cut off, and evens out",
     NULL, store_shards_balance_cmd},
    {"store shards sql", "", "prints SQL for reports over all servers",
     "For psql in a database with postgres_fdw: one table, "
     "meterhouse.reading, of\nwhich each server is a partition.",
     store_shards_sql_cmd},
    {"store retention", "[--dry-run]", "drops months that are kept no longer",
     "Readings of days before the months that setting keep counts are hidden\n"
     "at once, then removed month by month; a job does the same every day.\n"
     "With --dry-run, only lists the months.  The store may be in use.",
     store_retention_cmd},
    {"store compact", "[MONTH]", "rewrites closed months point by point",
     "Readings of months that ended compact_days ago are rewritten so that a\n"
     "point's records lie together: it is read several times faster and takes\n"
     "less room.  A job does the same every day.  With MONTH (2026-03), only\n"
     "that one, whenever it ended.  The store may be in use.  SQLite only.",
     store_compact_cmd},
    /* ---- made-up data ---- */
    {"generate", "--out DIR [OPTION…]", "writes made-up LSE, registry and "
     "billed files",
     "Writes DIR/lse, DIR/registry and DIR/billed, ready for `meterhouse "
     "load`.\n"
     "A record's bytes depend on the seed, its ESI ID and its day only.\n\n"
     "  --seed N            another world (1)\n"
     "  --meters N          service points (100)\n"
     "  --from D, --to D    operating days; --to is yesterday by default\n"
     "  --days N            that many days up to --to (30)\n"
     "  --tdsps N           1 to 4 (4)\n"
     "  --reps N            1 to 60 (3)\n"
     "  --estimated PERCENT of all intervals (1)\n"
     "  --replaced PERCENT  of the days with estimates, sent again as actual "
     "(50)\n"
     "  --solar PERCENT     of the meters, with a channel 1 (8)\n"
     "  --business PERCENT  of the meters (10)\n"
     "  --gaps PERCENT      of the meter-days, not sent (0.2)\n"
     "  --file-days N       days in one LSE file (1)\n"
     "  --monthly-files     a calendar month in one LSE file\n"
     "  --file-records N    most records of one LSE file (50000)\n"
     "  --only LIST         of lse,registry,billed (all)\n"
     "  --jobs N            threads (cores)\n"
     "  --progress          shows a bar on standard error", generate_cmd},
    /* ---- people ---- */
    {"user add", "LOGIN [OPTION…]", "adds a user",
     "The password is asked for, or is the first line of standard input.\n\n"
     "  --name NAME      how the pages greet them (LOGIN)\n"
     "  --role ROLE      customer, rep, tdsp, helpdesk, regulator or admin "
     "(customer)\n"
     "  --duns DUNS      of a rep or tdsp\n"
     "  --language en|es of the pages (the browser's)", user_add_cmd},
    {"user passwd", "LOGIN", "gives a user a new password",
     "The password is asked for, or is the first line of standard input.\n"
     "Every session of the user ends.", user_passwd_cmd},
    {"user list", "[--json]", "lists the users", NULL, user_list_cmd},
    {"user lock", "LOGIN", "keeps a user out and ends every session", NULL,
     user_lock_cmd},
    {"user unlock", "LOGIN", "lets a locked user in again", NULL,
     user_unlock_cmd},
    {"user link", "LOGIN ESIID [OPTION…]", "lets a user read a meter",
     "  --label TEXT     what the user calls it, \"Home\"\n"
     "  --from D         first day that the user may read (any)\n"
     "  --to D           last day (none: it stands)", user_link_cmd},
    {"user unlink", "LOGIN ESIID [--to D]", "ends that right",
     "The user keeps the days up to --to (yesterday).", user_unlink_cmd},
    /* ---- usage ---- */
    {"usage", "ESIID --from D --to D [OPTION…]", "writes a meter's usage",
     "Writes to standard output what the store holds of an ESI ID, registered "
     "or\nnot.  docs/usage.md describes the formats.\n\n"
     "  --from D, --to D    operating days, both included\n"
     "  --report REPORT     interval, daily or monthly (interval)\n"
     "  --format FORMAT     csv (as Smart Meter Texas writes it), iso "
     "(exact times),\n                      json or lse (csv)\n"
     "  --versions          history as well, newest first", usage_cmd},
    {"export", "[ESIID…] --from D --to D [OPTION…]",
     "writes the intervals of many meters",
     "As `usage` writes those of one, in one file of one moment: what is loaded\n"
     "meanwhile is left out, whole; when a load is taken back meanwhile, the\n"
     "export fails.  Points come in the order of the store, of each its days.\n"
     "Exit code 1 when nothing is known of an ESI ID of the list.\n\n"
     "  --points FILE       ESI IDs, one a line; - is standard input\n"
     "  --rep DUNS          what that REP may read, on the days that are its own\n"
     "  --all               every point\n"
     "  --from D, --to D    operating days, both included\n"
     "  --format FORMAT     csv, iso or lse (csv)\n"
     "  --out FILE          instead of standard output; appears when it is "
     "whole\n"
     "  --threads N         that read and write (cores)", export_cmd},
    {NULL, NULL, NULL, NULL, NULL},
};
/* clang-format on */

/* The names from `first` to the row before `end`, in two columns. */
static void
rows_list(FILE *to, const struct command *first, const struct command *end)
{
    size_t width = 0;

    for (const struct command *c = first; c < end; c++) {
        if (strlen(c->name) > width)
            width = strlen(c->name);
    }
    for (const struct command *c = first; c < end; c++)
        fprintf(to, "  %-*s  %s\n", (int)width, c->name, c->summary);
}

static bool
in_group(const struct command *c, const char *word)
{
    return c->name && str_starts(c->name, word) && c->name[strlen(word)] == ' ';
}

void
command_unknown(struct cmd *c)
{
    bool group = false;

    for (const struct command *row = COMMANDS; row->name; row++)
        group = group || in_group(row, c->argv[0]);
    if (group && c->argc > 1)
        fprintf(c->err,
                "meterhouse: there is no command '%s %s'; "
                "`meterhouse help %s` lists them\n",
                c->argv[0], c->argv[1], c->argv[0]);
    else
        fprintf(c->err,
                "meterhouse: there is no command '%s'; "
                "`meterhouse help` lists them\n",
                c->argv[0]);
}

bool
command_group(FILE *to, const char *word)
{
    const struct command *first = COMMANDS, *end;

    while (first->name && !in_group(first, word))
        first++;
    for (end = first; in_group(end, word);)
        end++;
    if (first == end)
        return false;
    fprintf(to,
            "usage: meterhouse %s COMMAND [ARGUMENTS] [--config FILE] "
            "[--data DIR]\n\n",
            word);
    rows_list(to, first, end);
    fprintf(to, "\n`meterhouse help %s` explains one.\n", first->name);
    return true;
}

void
command_list(FILE *to)
{
    const struct command *end = COMMANDS;

    while (end->name)
        end++;
    fputs("Meterhouse takes meter data in and gives usage out.\n\n"
          "usage: meterhouse COMMAND [ARGUMENTS] [--config FILE] "
          "[--data DIR]\n\n",
          to);
    rows_list(to, COMMANDS, end);
    fputs("\n`meterhouse help COMMAND` explains one.  The data folder is "
          "--data, else DATA_DIR\nof the environment, else " MH_LOCALSTATEDIR
          "/lib/meterhouse.\n"
          "Exit codes: 0 done, 1 done with rejects, 2 wrong usage, "
          "3 failed.\n",
          to);
}

void
command_help(FILE *to, const struct command *c)
{
    fprintf(to,
            "usage: meterhouse %s%s%s [--config FILE] [--data DIR]\n\n"
            "%s: %s.\n",
            c->name, *c->args ? " " : "", c->args, c->name, c->summary);
    if (c->help)
        fprintf(to, "\n%s\n", c->help);
}
