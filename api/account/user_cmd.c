/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meterhouse user …  A password comes from a prompt, or from the first line
 * of standard input; never from the command line, where others could see it.
 */
#include "api/account/user_cmd.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "api/account/account.h"
#include "api/agreement/actor.h"
#include "db/agreement.h"
#include "db/audit.h"
#include "db/point.h"
#include "server/base/clock.h"
#include "server/base/str.h"

static enum cmd_rc __attribute__((format(printf, 2, 3)))
fail(struct cmd *c, const char *format, ...)
{
    va_list ap;

    fputs("meterhouse: ", c->err);
    va_start(ap, format);
    vfprintf(c->err, format, ap);
    va_end(ap);
    fputc('\n', c->err);
    return CMD_FAILED;
}

static enum cmd_rc
store_failed(struct cmd *c, struct db *db)
{
    return fail(c, "store: %s", db_error(db));
}

/* ---- passwords -----------------------------------------------------------*/

#define LINE_MOST 1024

/* One line without its end; false at the end of input. */
static bool
read_line(char to[LINE_MOST])
{
    if (!fgets(to, LINE_MOST, stdin))
        return false;
    to[strcspn(to, "\r\n")] = '\0';
    return true;
}

/* One line that does not show while it is typed. */
static bool
read_hidden(struct cmd *c, const char *prompt, char to[LINE_MOST])
{
    struct termios shown, hidden;
    bool got;

    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return false;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fputs(prompt, c->err);
    fflush(c->err);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    got = read_line(to);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', c->err);
    return got;
}

static bool
password_read(struct cmd *c, char to[LINE_MOST])
{
    char again[LINE_MOST];

    if (!isatty(STDIN_FILENO)) {
        if (read_line(to))
            return true;
        fail(c, "no password on standard input");
        return false;
    }
    if (!read_hidden(c, "Password: ", to) ||
        !read_hidden(c, "The same again: ", again))
        return false;
    if (str_same_secret(to, again))
        return true;
    fail(c, "the two passwords differ");
    return false;
}

static const char *
password_words(enum password_rc rule)
{
    switch (rule) {
    case PASSWORD_SHORT:
        return "the password needs at least 12 characters";
    case PASSWORD_LONG:
        return "the password may have at most 128 characters";
    case PASSWORD_TEXT:
        return "the password must be UTF-8 text without control characters";
    case PASSWORD_COMMON:
        return "that password is among the first that guessers try";
    case PASSWORD_NAME:
        return "the password must not hold the log-in name";
    case PASSWORD_OK:
        break;
    }
    return "";
}

static const char *
not_taken(enum fault f)
{
    if (f == FAULT_READ_ONLY)
        return "the file system is read-only";
    return f == FAULT_DISK_FULL ? "the disk is full"
                                : "the store did not take it";
}

static enum cmd_rc
account_failed(struct cmd *c, enum fault f, enum account_rc why,
               enum password_rc rule)
{
    if (f != FAULT_BAD_FIELD)
        return fail(c, "%s", not_taken(f));
    switch (why) {
    case ACCOUNT_LOGIN_FORM:
        fail(c, "a log-in name is 3 to 64 letters, digits and . _ @ + -");
        return CMD_USAGE;
    case ACCOUNT_NAME_FORM:
        fail(c, "--name must be text");
        return CMD_USAGE;
    case ACCOUNT_LOGIN_TAKEN:
        return fail(c, "there is such a user already");
    case ACCOUNT_PASSWORD:
        return fail(c, "%s", password_words(rule));
    case ACCOUNT_TOKEN:
    case ACCOUNT_OK:
        break;
    }
    return CMD_FAILED;
}

/* ---- finding -------------------------------------------------------------*/

/* Opens the store and finds the user that the first word names. */
static struct db *
user_open(struct cmd *c, int words, struct account *a, enum cmd_rc *rc)
{
    char login[ACCOUNT_LOGIN];
    struct db *db;

    *rc = CMD_USAGE;
    if (!cmd_no_more_options(c))
        return NULL;
    if (c->argc != words) {
        fail(c, "wrong number of words; see `meterhouse help user`");
        return NULL;
    }
    *rc = CMD_FAILED;
    db = cmd_store(c, DB_WRITE);
    if (!db)
        return NULL;
    if (login_name_fold(login, c->argv[0]) &&
        db_account_by_login(db, login, a) == DB_OK)
        return db;
    fail(c, "there is no user '%s'", c->argv[0]);
    db_close(db);
    return NULL;
}

/* ---- commands ------------------------------------------------------------*/

/* The options of `user add`; false when one is wrong. */
static bool
account_options(struct cmd *c, struct account *a)
{
    const char *name = cmd_option(c, "name"), *role = cmd_option(c, "role");
    const char *duns = cmd_option(c, "duns"), *lang = cmd_option(c, "language");
    bool market;

    *a = (struct account){0};
    str_copy(a->role, sizeof a->role, role ? role : "customer");
    if (role_from(a->role) == ROLE_NOBODY) {
        fail(c, "--role is customer, rep, tdsp, helpdesk, regulator or admin");
        return false;
    }
    market = str_eq(a->role, "rep") || str_eq(a->role, "tdsp");
    if (market != (duns != NULL) ||
        (duns && (!str_is_digits(duns, strlen(duns)) ||
                  !str_copy(a->duns, sizeof a->duns, duns) || !*duns))) {
        fail(c, "--duns with digits belongs to the roles rep and tdsp");
        return false;
    }
    if (lang && !str_eq(lang, "en") && !str_eq(lang, "es")) {
        fail(c, "--language is en or es");
        return false;
    }
    str_copy(a->lang, sizeof a->lang, lang ? lang : "");
    if (!cmd_no_more_options(c))
        return false;
    if (c->argc != 1) {
        fail(c, "which user? `meterhouse user add LOGIN`");
        return false;
    }
    if (!str_copy(a->login, sizeof a->login, c->argv[0]) ||
        !str_copy(a->name, sizeof a->name, name ? name : c->argv[0])) {
        fail(c, "the log-in name or --name is too long");
        return false;
    }
    return true;
}

enum cmd_rc
user_add_cmd(struct cmd *c)
{
    char password[LINE_MOST];
    struct login_by by = {.now_utc = clock_now()};
    struct account a;
    enum account_rc why;
    enum password_rc rule;
    struct db *db;
    enum fault f;

    if (!account_options(c, &a))
        return CMD_USAGE;
    if (!password_read(c, password))
        return CMD_FAILED;
    db = cmd_store(c, DB_CREATE);
    if (!db)
        return CMD_FAILED;
    f = account_add(db, &a, password, &by, &why, &rule);
    db_close(db);
    if (f != FAULT_NONE)
        return account_failed(c, f, why, rule);
    fprintf(c->out, "user %s added, role %s\n", a.login, a.role);
    return CMD_DONE;
}

enum cmd_rc
user_passwd_cmd(struct cmd *c)
{
    char password[LINE_MOST];
    struct login_by by = {.now_utc = clock_now()};
    struct account a;
    enum password_rc rule;
    enum cmd_rc rc;
    enum fault f;
    struct db *db = user_open(c, 1, &a, &rc);

    if (!db)
        return rc;
    if (!password_read(c, password)) {
        db_close(db);
        return CMD_FAILED;
    }
    f = account_password_set(db, &a, password, 0, &by, &rule);
    db_close(db);
    if (f != FAULT_NONE)
        return account_failed(c, f, ACCOUNT_PASSWORD, rule);
    fprintf(c->out, "user %s: new password, every session ended\n", a.login);
    return CMD_DONE;
}

static enum cmd_rc
locked_set(struct cmd *c, bool locked)
{
    struct login_by by = {.now_utc = clock_now()};
    struct account a;
    enum cmd_rc rc;
    enum fault f;
    struct db *db = user_open(c, 1, &a, &rc);

    if (!db)
        return rc;
    f = account_locked_set(db, &a, locked, &by);
    db_close(db);
    if (f != FAULT_NONE)
        return fail(c, "%s", not_taken(f));
    fprintf(c->out, "user %s: %s\n", a.login,
            locked ? "locked, every session ended" : "unlocked");
    return CMD_DONE;
}

enum cmd_rc
user_lock_cmd(struct cmd *c)
{
    return locked_set(c, true);
}

enum cmd_rc
user_unlock_cmd(struct cmd *c)
{
    return locked_set(c, false);
}

/* ---- list ----------------------------------------------------------------*/

struct user_list {
    struct cmd *c;
    struct account row;
    bool json;
    json_t *list;
};

static bool
user_row(void *arg)
{
    struct user_list *l = arg;
    const struct account *a = &l->row;
    char created[21];

    utc_format(created, a->created_utc);
    if (l->json)
        json_array_append_new(
            l->list, json_pack("{ss ss ss ss sb ss}", "login", a->login, "name",
                               a->name, "role", a->role, "duns", a->duns,
                               "locked", a->locked, "created", created));
    else
        fprintf(l->c->out, "%-24s %-10s %-10s %-6s %s  %s\n", a->login, a->role,
                a->duns[0] ? a->duns : "-", a->locked ? "locked" : "open",
                created, a->name);
    return true;
}

enum cmd_rc
user_list_cmd(struct cmd *c)
{
    struct user_list l = {.c = c, .json = cmd_flag(c, "json")};
    enum cmd_rc rc = CMD_DONE;
    struct db *db;

    if (!cmd_no_more_options(c))
        return CMD_USAGE;
    db = cmd_store(c, DB_READ);
    if (!db)
        return CMD_FAILED;
    l.list = json_array();
    if (db_account_each(db, &l.row, user_row, &l) != DB_OK)
        rc = store_failed(c, db);
    else if (l.json && json_dumpf(l.list, c->out, JSON_INDENT(2)) == 0)
        fputc('\n', c->out);
    json_decref(l.list);
    db_close(db);
    return rc;
}

/* ---- meters --------------------------------------------------------------*/

static enum cmd_rc
audit_link(struct cmd *c, struct db *db, const char *act,
           const struct account_point *p)
{
    char detail[64];
    struct audit_event e = {.at_utc = clock_now(),
                            .act = act,
                            .object_id = p->account_id,
                            .detail = detail};

    snprintf(detail, sizeof detail, "point %" PRId64, p->point_id);
    return db_audit_add(db, &e) == DB_OK ? CMD_DONE : store_failed(c, db);
}

/* --label, --from and --to; false when one is wrong. */
static bool
link_options(struct cmd *c, struct account_point *p)
{
    const char *label = cmd_option(c, "label"), *from = cmd_option(c, "from");
    const char *to = cmd_option(c, "to");

    *p = (struct account_point){.from_day = 0, .to_day = DAY_NONE};
    if (label && (!str_is_text(label, strlen(label), false) ||
                  !str_copy(p->label, sizeof p->label, label))) {
        fail(c, "--label is text of at most 63 bytes");
        return false;
    }
    if ((from && !day_parse(from, &p->from_day)) ||
        (to && !day_parse(to, &p->to_day)) ||
        (from && to && p->to_day < p->from_day)) {
        fail(c, "--from and --to are days, YYYY-MM-DD, in this order");
        return false;
    }
    return true;
}

enum cmd_rc
user_link_cmd(struct cmd *c)
{
    struct account_point p;
    struct account a;
    struct point point;
    enum cmd_rc rc = CMD_USAGE;
    enum db_rc got;
    struct db *db;

    if (!link_options(c, &p) || !(db = user_open(c, 2, &a, &rc)))
        return rc;
    got = db_point_get(db, c->argv[1], &point);
    p.account_id = a.id;
    p.point_id = point.id;
    if (got == DB_OK)
        got = db_account_point_add(db, &p);
    else if (got == DB_NONE)
        rc = fail(c, "no ESI ID '%s' is known here", c->argv[1]);
    if (got == DB_OK)
        rc = audit_link(c, db, "user_link", &p);
    else if (got == DB_NONE && point.id)
        rc = fail(c,
                  "%s has that meter already for some of these days; "
                  "--from D and --to D name others",
                  a.login);
    else if (got != DB_NONE)
        rc = store_failed(c, db);
    db_close(db);
    if (rc == CMD_DONE)
        fprintf(c->out, "user %s: meter %" PRId64 " is %s\n", a.login, p.number,
                point.esiid);
    return rc;
}

struct standing {
    struct account_point row, last;
    bool found;
};

/* The right that stands, if any. */
static bool
standing_row(void *arg)
{
    struct standing *s = arg;

    s->found = s->row.to_day == DAY_NONE;
    s->last = s->row;
    return !s->found;
}

static enum cmd_rc
right_end(struct cmd *c, struct db *db, const struct account *a,
          const struct point *point, int32_t to)
{
    struct standing s = {0};
    enum db_rc rc =
        db_account_point_on(db, a->id, point->id, &s.row, standing_row, &s);

    if (rc == DB_OK && !s.found)
        return fail(c, "%s has no right that stands on %s", a->login,
                    point->esiid);
    if (rc == DB_OK)
        rc = db_account_point_end(db, a->id, s.last.number, to);
    if (rc != DB_OK)
        return store_failed(c, db);
    return audit_link(c, db, "user_unlink", &s.last);
}

enum cmd_rc
user_unlink_cmd(struct cmd *c)
{
    const char *to_text = cmd_option(c, "to");
    int32_t to = (int32_t)(clock_now() / 86400) - 1;
    char day[11];
    struct account a;
    struct point point;
    enum cmd_rc rc = CMD_USAGE;
    struct db *db;

    if (to_text && !day_parse(to_text, &to)) {
        fail(c, "--to is a day, YYYY-MM-DD");
        return CMD_USAGE;
    }
    if (!(db = user_open(c, 2, &a, &rc)))
        return rc;
    if (db_point_get(db, c->argv[1], &point) != DB_OK)
        rc = fail(c, "no ESI ID '%s' is known here", c->argv[1]);
    else
        rc = right_end(c, db, &a, &point, to);
    db_close(db);
    if (rc == CMD_DONE)
        fprintf(c->out, "user %s: %s until %s\n", a.login, point.esiid,
                day_format(day, to));
    return rc;
}
