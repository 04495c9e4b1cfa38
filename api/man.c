/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manual pages, written from the tables of commands and settings, so that
 * they cannot forget one.
 */
#include "config.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "api/commands.h"

/* Text as roff takes it: a backslash, a dash and a dot or quote that begins a
 * line mean something else there. */
static void
put(FILE *to, const char *text)
{
    bool first = true;

    for (; *text; text++) {
        if (first && (*text == '.' || *text == '\''))
            fputs("\\&", to);
        if (*text == '\\')
            fputs("\\e", to);
        else if (*text == '-')
            fputs("\\-", to);
        else
            fputc(*text, to);
        first = *text == '\n';
    }
}

/* A line of a macro with its text. */
static void
line(FILE *to, const char *macro, const char *text)
{
    fprintf(to, "%s ", macro);
    put(to, text);
    fputc('\n', to);
}

static void
head(FILE *to, const char *title, const char *section, const char *name,
     const char *what)
{
    fprintf(to, ".TH %s %s \"\" \"%s\" \"Meterhouse\"\n.SH NAME\n", title,
            section, PACKAGE_STRING);
    put(to, name);
    fputs(" \\- ", to);
    put(to, what);
    fputc('\n', to);
}

static void
one_command(FILE *to, const struct command *c)
{
    line(to, ".SS", c->name);
    fputs(".B meterhouse ", to);
    put(to, c->name);
    fputc('\n', to);
    if (*c->args)
        put(to, c->args);
    fprintf(to, "\n.PP\n%c", toupper((unsigned char)c->summary[0]));
    put(to, c->summary + 1);
    fputs(".\n", to);
    if (c->help) {
        fputs(".PP\n.nf\n", to);
        put(to, c->help);
        fputs("\n.fi\n", to);
    }
}

void
command_man(FILE *to)
{
    head(to, "METERHOUSE", "1", "meterhouse", "smart-meter data portal");
    fputs(".SH SYNOPSIS\n.B meterhouse\n.I COMMAND\n[\n.I ARGUMENTS\n]\n"
          "[\\-\\-config\n.I FILE\n]\n[\\-\\-data\n.I DIR\n]\n"
          ".SH DESCRIPTION\n"
          "Meterhouse takes utilities\\(aq meter data in and gives residents, "
          "retailers and\nutilities the right usage out: one program, one "
          "embedded store.\n.SH OPTIONS\nEvery command takes\n.TP\n"
          ".BI \\-\\-config \" FILE\"\nReads the settings of\n"
          ".BR meterhouse.conf (5)\nfrom FILE.\n.TP\n"
          ".BI \\-\\-data \" DIR\"\nThe data folder, else DATA_DIR of the "
          "environment, else the setting data_dir.\n.TP\n.B \\-\\-help\n"
          "Explains the command.\n.SH COMMANDS\n",
          to);
    for (const struct command *c = COMMANDS; c->name; c++)
        one_command(to, c);
    fputs(".SH EXIT STATUS\n.TP\n.B 0\nDone.\n.TP\n.B 1\nDone; some records "
          "or files were rejected and are listed.\n.TP\n.B 2\nWrong usage or "
          "settings.\n.TP\n.B 3\nFailed.\n.SH ENVIRONMENT\n.TP\n"
          ".B DATA_DIR, PORT\nThe data folder and the browser port.\n.TP\n"
          ".B MH_NAME\nThe setting NAME, in capitals; see\n"
          ".BR meterhouse.conf (5).\n.TP\n.B MH_CLOCK\nThe time to start "
          "from, YYYY\\-MM\\-DDTHH:MM:SSZ, for tests and replays.\n"
          ".SH FILES\n.TP\n",
          to);
    line(to, ".I", MH_SYSCONFDIR "/meterhouse.conf");
    fputs("Settings, if there are any.\n.TP\n", to);
    line(to, ".I", MH_LOCALSTATEDIR "/lib/meterhouse");
    fputs("The data folder: store, inbox, keys and certificates.\n"
          ".SH SEE ALSO\n.BR meterhouse.conf (5)\n",
          to);
}

void
conf_man(FILE *to)
{
    struct conf_setting s;

    head(to, "METERHOUSE.CONF", "5", "meterhouse.conf",
         "settings of meterhouse");
    fputs(".SH DESCRIPTION\nLines of the form\n.IR name \" = \" value ;\n"
          "a # begins a comment.  Double quotes keep blanks and a # in a "
          "value.\nA setting that is not given has its default.  Each can be "
          "given in the environment as well,\nin capitals after MH_: "
          "MH_PORT=8444.  The environment wins over the file, the command "
          "line over both.\n.PP\n.B meterhouse config\nprints a sample file,\n"
          ".B meterhouse config \\-\\-current\nwhat is in force.\n"
          ".SH SETTINGS\n",
          to);
    for (size_t i = 0; conf_setting_get(i, &s); i++) {
        fputs(".TP\n.B ", to);
        put(to, s.name);
        fputc('\n', to);
        put(to, s.text);
        fprintf(to, "\nA %s", s.kind);
        if (strcmp(s.kind, "number") == 0)
            fprintf(to, " from %" PRId64 " to %" PRId64, s.least, s.most);
        fputs("; default: ", to);
        put(to, *s.missing ? s.missing : "empty");
        fputs(".\n", to);
    }
    fputs(".SH SEE ALSO\n.BR meterhouse (1)\n", to);
}
