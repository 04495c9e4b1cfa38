/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts, sessions, slowed guessing and the audit log, on both engines.
 * Time stands still: every call is told what time it is. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "api/account/account.h"
#include "api/account/login.h"
#include "db/audit.h"
#include "server/base/clock.h"
#include "tests/store/engines.h"

#define T0       1700000000
#define PASSWORD "bluebonnet patio 9"
#define PEER     "192.0.2.7"

static struct conf conf;

static int64_t
make_user(struct engine *e, const char *login, const char *role)
{
    struct account a = {.name = "Ana"};
    struct login_by by = {.now_utc = T0};
    enum account_rc why;
    enum password_rc rule;

    snprintf(a.login, sizeof a.login, "%s", login);
    snprintf(a.role, sizeof a.role, "%s", role);
    assert_int_equal(account_add(e->db, &a, PASSWORD, &by, &why, &rule),
                     FAULT_NONE);
    return a.id;
}

static enum fault
try_as(struct engine *e, const char *login, const char *password,
       const char *peer, const char *device, int64_t now, struct login *l)
{
    *l = (struct login){.login = login,
                        .password = password,
                        .peer = peer,
                        .agent = "test",
                        .device = device,
                        .now_utc = now};
    return login_begin(e->db, &conf, l);
}

/* ---- accounts ------------------------------------------------------------*/

static void
test_account_rows(void **state)
{
    struct engine *e = engine_of(state);
    int64_t id = make_user(e, "Ana.Reyes", "customer");
    struct account a,
        twice = {.login = "ana.reyes", .name = "x", .role = "customer"};

    assert_int_equal(db_account_by_login(e->db, "ana.reyes", &a), DB_OK);
    assert_true(a.id == id && !a.locked && a.created_utc == T0);
    assert_string_equal(a.login, "ana.reyes");
    assert_int_equal(strncmp(a.password, "$argon2id$", 10), 0);
    assert_int_equal(db_account_by_login(e->db, "nobody", &a), DB_NONE);
    assert_int_equal(db_account_add(e->db, &twice), DB_NONE);
    assert_int_equal(db_account_put_lang(e->db, id, "es"), DB_OK);
    assert_int_equal(db_account_put_locked(e->db, id, true), DB_OK);
    assert_int_equal(db_account_get(e->db, id, &a), DB_OK);
    assert_true(a.locked);
    assert_string_equal(a.lang, "es");
    assert_int_equal(db_account_put_lang(e->db, id + 99, "es"), DB_NONE);
    /* A hash is renewed only where the old one still stands. */
    assert_int_equal(db_account_rehash(e->db, id, "other", "new"), DB_OK);
    assert_int_equal(db_account_get(e->db, id, &a), DB_OK);
    assert_string_not_equal(a.password, "new");
}

static void
test_account_fields(void **state)
{
    struct engine *e = engine_of(state);
    static const struct {
        const char *login, *name, *password;
        enum account_rc why;
    } rows[] = {
        {"ab", "Ana", PASSWORD, ACCOUNT_LOGIN_FORM},
        {"ana reyes", "Ana", PASSWORD, ACCOUNT_LOGIN_FORM},
        {"ana\r\nx", "Ana", PASSWORD, ACCOUNT_LOGIN_FORM},
        {"ana", "", PASSWORD, ACCOUNT_NAME_FORM},
        {"ana", "A\nna", PASSWORD, ACCOUNT_NAME_FORM},
        {"ana", "Ana", "password1234", ACCOUNT_PASSWORD},
        {"taken", "Ana", PASSWORD, ACCOUNT_LOGIN_TAKEN},
        {"TAKEN", "Ana", PASSWORD, ACCOUNT_LOGIN_TAKEN},
    };

    make_user(e, "taken", "customer");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct account a = {.role = "customer"};
        struct login_by by = {.now_utc = T0};
        enum account_rc why = ACCOUNT_OK;
        enum password_rc rule;

        snprintf(a.login, sizeof a.login, "%s", rows[i].login);
        snprintf(a.name, sizeof a.name, "%s", rows[i].name);
        assert_int_equal(
            account_add(e->db, &a, rows[i].password, &by, &why, &rule),
            FAULT_BAD_FIELD);
        assert_int_equal(why, rows[i].why);
    }
}

static enum fault
first(struct engine *e, const char *login, const char *token,
      enum account_rc *why)
{
    struct account a = {.name = "Admin", .role = "admin"};
    struct login_by by = {.peer = PEER, .now_utc = T0};
    enum password_rc rule;

    snprintf(a.login, sizeof a.login, "%s", login);
    return account_add_first(e->db, &a, token, PASSWORD, &by, why, &rule);
}

static void
test_first_admin_once(void **state)
{
    struct engine *e = engine_of(state);
    char old[FIRST_ADMIN_TOKEN], token[FIRST_ADMIN_TOKEN];
    enum account_rc why;

    assert_int_equal(account_first_token(e->db, T0, old), DB_OK);
    assert_int_equal(account_first_token(e->db, T0, token), DB_OK);
    assert_string_not_equal(old, token);
    assert_int_equal(first(e, "boss", old, &why), FAULT_BAD_FIELD);
    assert_int_equal(why, ACCOUNT_TOKEN);
    make_user(e, "taken", "customer");
    assert_int_equal(first(e, "taken", token, &why), FAULT_BAD_FIELD);
    assert_int_equal(why, ACCOUNT_LOGIN_TAKEN); /* the token is still good */
    assert_int_equal(first(e, "boss", token, &why), FAULT_NONE);
    assert_int_equal(first(e, "boss2", token, &why), FAULT_BAD_FIELD);
    assert_int_equal(why, ACCOUNT_TOKEN);
    assert_int_equal(account_first_token(e->db, T0, token), DB_NONE);
    assert_string_equal(token, "");
}

/* ---- sessions ------------------------------------------------------------*/

static enum fault
session_at(struct engine *e, const char *token, int64_t now)
{
    struct session s;
    struct account a;

    return login_session_get(e->db, token, now, &s, &a);
}

static void
test_session_life(void **state)
{
    struct engine *e = engine_of(state);
    int64_t now = T0;
    struct login l, again;

    make_user(e, "ana", "customer");
    assert_int_equal(try_as(e, "Ana", PASSWORD, PEER, NULL, now, &l),
                     FAULT_NONE);
    assert_true(strlen(l.token) >= 43); /* 256 bits */
    assert_int_equal(session_at(e, l.token, now), FAULT_NONE);
    /* Seen every 20 minutes it lives, for 12 hours in all. */
    while (now + 1200 < T0 + conf.session_life) {
        now += 1200;
        assert_int_equal(session_at(e, l.token, now), FAULT_NONE);
    }
    assert_int_equal(session_at(e, l.token, T0 + conf.session_life - 1),
                     FAULT_NONE);
    assert_int_equal(session_at(e, l.token, T0 + conf.session_life),
                     FAULT_SIGNED_OUT);
    /* Unseen for 30 minutes it ends. */
    assert_int_equal(try_as(e, "ana", PASSWORD, PEER, NULL, now, &again),
                     FAULT_NONE);
    assert_string_not_equal(again.token, l.token);
    assert_int_equal(session_at(e, again.token, now + 1799), FAULT_NONE);
    assert_int_equal(session_at(e, again.token, now + 1799 + 1800),
                     FAULT_SIGNED_OUT);
    /* Nobody made these. */
    assert_int_equal(session_at(e, "", now), FAULT_SIGNED_OUT);
    assert_int_equal(session_at(e, "x", now), FAULT_SIGNED_OUT);
    assert_int_equal(session_at(e, NULL, now), FAULT_SIGNED_OUT);
}

/* Of this program and of SQLite. */
static int syncs;

int
fdatasync(int fd)
{
    syncs++;
    return (int)syscall(SYS_fdatasync, fd);
}

struct meanwhile {
    struct engine *e;
    const char *token;
};

/* Another program is in the middle of writing, for longer than anybody waits.
 */
static enum db_rc
look_meanwhile(struct db *other, void *arg)
{
    struct meanwhile *m = arg;
    double began = clock_monotonic();

    assert_int_equal(db_run(other, DB_ACCOUNT,
                            "UPDATE account SET name = 'Eve' WHERE login = 'x'",
                            IN_NONE, NULL),
                     DB_OK);
    assert_int_equal(session_at(m->e, m->token, T0 + 1200), FAULT_NONE);
    assert_true(clock_monotonic() - began < 5);
    return DB_OK;
}

/* Who only looks waits for no writer; that they were seen is noted by the next
 * look, and what is written after that is synced as before. */
static void
test_a_look_does_not_wait(void **state)
{
    struct engine *e = engine_of(state);
    bool lite = e->kind == DB_SQLITE;
    struct meanwhile m = {.e = e};
    char why[512];
    int64_t level = 2; /* FULL */
    struct session s;
    struct account a;
    struct login l;
    struct db *other;

    make_user(e, "ana", "customer");
    assert_int_equal(try_as(e, "ana", PASSWORD, PEER, NULL, T0, &l),
                     FAULT_NONE);
    m.token = l.token;
    assert_int_equal(db_open(e->store, DB_WRITE, &other, why), DB_OK);
    assert_int_equal(db_tx(other, DB_ACCOUNT, look_meanwhile, &m), DB_OK);
    db_close(other);
    assert_int_equal(login_session_get(e->db, l.token, T0 + 1201, &s, &a),
                     FAULT_NONE);
    assert_int_equal(s.seen_utc, lite ? T0 : T0 + 1200);
    syncs = 0;
    assert_int_equal(login_session_get(e->db, l.token, T0 + 1300, &s, &a),
                     FAULT_NONE);
    assert_int_equal(s.seen_utc, lite ? T0 + 1201 : T0 + 1200);
    assert_int_equal(syncs, 0);
    make_user(e, "eve", "customer");
    assert_true(!lite || syncs > 0);
    if (lite)
        assert_int_equal(db_one(e->db, DB_ACCOUNT, "PRAGMA synchronous",
                                IN_NONE, OUT(out_i64(&level))),
                         DB_OK);
    assert_int_equal(level, 2);
}

/* The start of a long User-Agent is kept, in whole letters: PostgreSQL takes no
 * half ones, and the sign-in would fail. */
static void
test_long_agent(void **state)
{
    struct engine *e = engine_of(state);
    char agent[200];
    struct session s;
    struct account a;

    make_user(e, "ana", "customer");
    for (size_t cut = 117; cut <= 120; cut++) {
        struct login l = {.login = "ana",
                          .password = PASSWORD,
                          .peer = PEER,
                          .agent = agent,
                          .now_utc = T0};

        memset(agent, 'a', sizeof agent);
        memcpy(agent + cut, "\xf0\x9f\x92\xa1", 4);
        agent[150] = '\0';
        assert_int_equal(login_begin(e->db, &conf, &l), FAULT_NONE);
        assert_int_equal(login_session_get(e->db, l.token, T0, &s, &a),
                         FAULT_NONE);
        assert_int_equal(strlen(s.agent), cut);
    }
}

static bool
count_row(void *arg)
{
    ++*(int *)arg;
    return true;
}

static int
count_sessions(struct engine *e, int64_t account, int64_t now)
{
    struct session s;
    int n = 0;

    assert_int_equal(db_session_each(e->db, account, now, &s, count_row, &n),
                     DB_OK);
    return n;
}

static void
test_sessions_end(void **state)
{
    struct engine *e = engine_of(state);
    int64_t id = make_user(e, "ana", "customer");
    int64_t other = make_user(e, "bob", "customer");
    struct login_by by = {id, PEER, T0}, thief = {other, PEER, T0};
    struct login l[3];

    for (int i = 0; i < 3; i++)
        assert_int_equal(try_as(e, "ana", PASSWORD, PEER, NULL, T0, &l[i]),
                         FAULT_NONE);
    assert_int_equal(count_sessions(e, id, T0), 3);
    assert_int_equal(login_session_end(e->db, &thief, l[0].session.id),
                     FAULT_NOT_FOUND);
    assert_int_equal(login_session_end(e->db, &by, l[0].session.id),
                     FAULT_NONE);
    assert_int_equal(session_at(e, l[0].token, T0), FAULT_SIGNED_OUT);
    assert_int_equal(login_session_end_all(e->db, &by, l[1].session.id),
                     FAULT_NONE);
    assert_int_equal(session_at(e, l[1].token, T0), FAULT_NONE);
    assert_int_equal(session_at(e, l[2].token, T0), FAULT_SIGNED_OUT);
    assert_int_equal(db_session_purge(e->db, T0 + 1800), DB_OK);
    assert_int_equal(count_sessions(e, id, T0), 0);
}

static void
test_lock_and_password_end_sessions(void **state)
{
    struct engine *e = engine_of(state);
    int64_t id = make_user(e, "ana", "customer");
    struct login_by by = {.now_utc = T0};
    enum password_rc rule;
    struct account a;
    struct login l, other;

    assert_int_equal(db_account_get(e->db, id, &a), DB_OK);
    assert_int_equal(try_as(e, "ana", PASSWORD, PEER, NULL, T0, &l),
                     FAULT_NONE);
    assert_int_equal(try_as(e, "ana", PASSWORD, PEER, NULL, T0, &other),
                     FAULT_NONE);
    assert_int_equal(account_password_set(e->db, &a, "password1234",
                                          l.session.id, &by, &rule),
                     FAULT_BAD_FIELD);
    assert_int_equal(account_password_set(e->db, &a, "an entirely new one",
                                          l.session.id, &by, &rule),
                     FAULT_NONE);
    assert_int_equal(session_at(e, l.token, T0), FAULT_NONE);
    assert_int_equal(session_at(e, other.token, T0), FAULT_SIGNED_OUT);
    assert_int_equal(try_as(e, "ana", PASSWORD, PEER, NULL, T0, &other),
                     FAULT_BAD_LOGIN);
    assert_int_equal(account_locked_set(e->db, &a, true, &by), FAULT_NONE);
    assert_int_equal(session_at(e, l.token, T0), FAULT_SIGNED_OUT);
    assert_int_equal(
        try_as(e, "ana", "an entirely new one", PEER, NULL, T0, &l),
        FAULT_BAD_LOGIN);
    assert_int_equal(account_locked_set(e->db, &a, false, &by), FAULT_NONE);
    assert_int_equal(
        try_as(e, "ana", "an entirely new one", PEER, NULL, T0, &l),
        FAULT_NONE);
}

/* ---- slowed guessing -----------------------------------------------------*/

static void
test_throttle(void **state)
{
    struct engine *e = engine_of(state);
    static const int64_t waits[] = {0, 0, 0, 1, 2, 4, 8, 8, 8};
    struct throttle t = {.free = 3, .wait_most = 8, .hour_most = 9};
    int64_t now = T0, wait;

    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        assert_int_equal(db_login_try(e->db, "k", &t, now, &wait), DB_OK);
        if (waits[i] && i + 1 < sizeof waits / sizeof *waits) {
            assert_int_equal(db_login_try(e->db, "k", &t, now, &wait), DB_NONE);
            assert_int_equal(wait, waits[i]);
        }
        now += waits[i];
    }
    /* The hour's nine are used up; an hour after the first it begins anew. */
    assert_int_equal(db_login_try(e->db, "k", &t, now, &wait), DB_NONE);
    assert_int_equal(wait, T0 + 3600 - now);
    assert_int_equal(db_login_try(e->db, "other", &t, now, &wait), DB_OK);
    assert_int_equal(db_login_try(e->db, "k", &t, T0 + 3600, &wait), DB_OK);
    assert_int_equal(db_login_forget(e->db, "k"), DB_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(db_login_try(e->db, "k", &t, now, &wait), DB_OK);
}

/* A stranger on an account's name slows strangers down, not its own browser,
 * and an unknown name answers like a known one. */
static void
test_stranger_does_not_lock_out(void **state)
{
    struct engine *e = engine_of(state);
    struct login l;
    char device[LOGIN_TOKEN], peer[40];
    enum fault known, unknown;

    make_user(e, "ana", "customer");
    assert_int_equal(try_as(e, "ana", PASSWORD, PEER, NULL, T0, &l),
                     FAULT_NONE);
    memcpy(device, l.new_device, sizeof device);
    for (int i = 0; i < 8; i++) {
        snprintf(peer, sizeof peer, "2001:db8:%x::1", i);
        known = try_as(e, "ana", "not the password", peer, NULL, T0, &l);
        snprintf(peer, sizeof peer, "2001:db8:%x::1", 100 + i);
        unknown = try_as(e, "eva", "not the password", peer, NULL, T0, &l);
        assert_int_equal(known, unknown);
        assert_int_equal(known, i < 6 ? FAULT_BAD_LOGIN : FAULT_TOO_MANY);
        assert_true(l.wait >= 0 && l.wait <= 30);
    }
    /* The right password from elsewhere must wait, from the device not. */
    assert_int_equal(try_as(e, "ana", PASSWORD, "198.51.100.1", NULL, T0, &l),
                     FAULT_TOO_MANY);
    assert_int_equal(try_as(e, "ana", PASSWORD, PEER, device, T0, &l),
                     FAULT_NONE);
    assert_string_equal(l.new_device, device);
    /* A device of somebody else's account counts for nothing. */
    make_user(e, "bob", "customer");
    assert_int_equal(
        try_as(e, "ana", PASSWORD, "198.51.100.2", "bob's", T0, &l),
        FAULT_TOO_MANY);
    assert_int_equal(
        try_as(e, "ana", PASSWORD, "198.51.100.3", NULL, T0 + 31, &l),
        FAULT_NONE);
}

/* One address tries many names. */
static void
test_address_is_slowed_down(void **state)
{
    struct engine *e = engine_of(state);
    struct login l;
    char name[16];
    int refused = 0;

    for (int i = 0; i < 14; i++) {
        snprintf(name, sizeof name, "user%d", i);
        refused += try_as(e, name, "a guess of mine", PEER, NULL, T0, &l) ==
                   FAULT_TOO_MANY;
    }
    assert_int_equal(refused, 3); /* 10 free, the 11th makes the next wait */
    /* Its neighbour in the same IPv6 network is the same address. */
    for (int i = 0; i < 14; i++) {
        char peer[40];

        snprintf(name, sizeof name, "user%d", 100 + i);
        snprintf(peer, sizeof peer, "2001:db8::%x", i + 1);
        refused += try_as(e, name, "a guess of mine", peer, NULL, T0, &l) ==
                   FAULT_TOO_MANY;
    }
    assert_int_equal(refused, 6);
}

static void
test_password_again(void **state)
{
    struct engine *e = engine_of(state);
    int64_t id = make_user(e, "ana", "customer");
    struct login l = {.password = "wrong", .peer = PEER, .now_utc = T0};

    assert_int_equal(login_again(e->db, &conf, id, &l), FAULT_BAD_LOGIN);
    l.password = PASSWORD;
    assert_int_equal(login_again(e->db, &conf, id, &l), FAULT_NONE);
    assert_string_equal(l.account.login, "ana");
}

/* ---- audit ---------------------------------------------------------------*/

struct found {
    int lines;
    char last[256];
};

static void
bad_line(void *arg, const char *line)
{
    struct found *f = arg;

    f->lines++;
    snprintf(f->last, sizeof f->last, "%s", line);
}

static struct found
check(struct engine *e, int64_t records)
{
    struct found f = {0};
    int64_t n;

    assert_int_equal(db_audit_check(e->db, &n, bad_line, &f), DB_OK);
    assert_int_equal(n, records);
    return f;
}

static void
add_events(struct engine *e, int n)
{
    for (int i = 0; i < n; i++) {
        struct audit_event ev = {.at_utc = T0 + i,
                                 .act = "test",
                                 .account_id = 1 + i % 2,
                                 .peer = PEER,
                                 .detail = "x"};

        assert_int_equal(db_audit_add(e->db, &ev), DB_OK);
    }
}

static void
sql(struct engine *e, const char *text)
{
    assert_int_equal(db_run(e->db, DB_ACCOUNT, text, IN_NONE, NULL), DB_OK);
}

static void
test_audit_shows_tampering(void **state)
{
    struct engine *e = engine_of(state);
    struct audit_record r;
    struct found f;
    char ref[33];
    int n = 0;

    add_events(e, 5);
    assert_int_equal(check(e, 5).lines, 0);
    assert_int_equal(db_audit_each(e->db, 3, &r, count_row, &n), DB_OK);
    assert_int_equal(n, 3);
    /* Erasing a name leaves the chain whole. */
    assert_int_equal(db_audit_name_get(e->db, "account", "1", ref), DB_OK);
    assert_int_equal(strlen(ref), 32);
    assert_int_equal(db_audit_name_del(e->db, "account", "1"), DB_OK);
    assert_int_equal(db_audit_name_get(e->db, "account", "1", ref), DB_NONE);
    assert_int_equal(check(e, 5).lines, 0);
    sql(e, "UPDATE audit SET detail = 'y' WHERE n = 3");
    f = check(e, 5);
    assert_int_equal(f.lines, 1);
    assert_non_null(strstr(f.last, "record 3 was changed"));
    sql(e, "UPDATE audit SET detail = 'x' WHERE n = 3");
    assert_int_equal(check(e, 5).lines, 0);
    sql(e, "DELETE FROM audit WHERE n = 2");
    assert_true(check(e, 4).lines >= 1);
}

/* Another process, or another store in between, makes a chain of its own that
 * names the end of the one before. */
static void
test_audit_chains_follow(void **state)
{
    struct engine *e = engine_of(state);
    struct engine other;
    int64_t chains;
    struct found f;

    add_events(e, 2);
    engine_make(&other, e->kind);
    add_events(&other, 1);
    engine_drop(&other);
    add_events(e, 2);
    assert_int_equal(db_one(e->db, DB_ACCOUNT,
                            "SELECT count(*) FROM audit_chain", IN_NONE,
                            OUT(out_i64(&chains))),
                     DB_OK);
    assert_int_equal(chains, 2);
    assert_int_equal(check(e, 4).lines, 0);
    /* The end of the first is cut off: the second one tells. */
    sql(e, "DELETE FROM audit WHERE chain = 1 AND n = 2");
    f = check(e, 3);
    assert_int_equal(f.lines, 1);
    assert_non_null(strstr(f.last, "follows a record that is gone"));
    sql(e, "DELETE FROM audit_chain WHERE id = 2");
    assert_non_null(strstr(check(e, 1).last, "lost its beginning"));
}

/* A store that was put back to an earlier moment under a running program: the
 * program's chain is not in it, so it begins another. */
static void
test_audit_of_a_store_put_back(void **state)
{
    struct engine *e = engine_of(state);

    add_events(e, 2);
    sql(e, "DELETE FROM audit");
    sql(e, "DELETE FROM audit_chain");
    add_events(e, 2);
    assert_int_equal(check(e, 2).lines, 0);
    sql(e, "DELETE FROM audit WHERE n = 2");
    add_events(e, 1);
    assert_int_equal(check(e, 2).lines, 0);
}

static void *
add_many(void *arg)
{
    struct engine *e = arg;
    struct engine mine = *e;
    char why[512];

    if (db_open(e->store, DB_WRITE, &mine.db, why) != DB_OK)
        return NULL;
    add_events(&mine, 25);
    db_close(mine.db);
    return e;
}

static void
test_audit_of_many_threads(void **state)
{
    struct engine *e = engine_of(state);
    pthread_t threads[4];
    void *done;

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, e), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &done);
        assert_non_null(done);
    }
    assert_int_equal(check(e, 100).lines, 0);
}

/* Signing in leaves a record without a name in it. */
static void
test_sign_ins_are_recorded(void **state)
{
    struct engine *e = engine_of(state);
    struct login l;
    struct audit_record r;
    int64_t id = make_user(e, "ana", "customer");
    int n = 0;

    (void)id;
    try_as(e, "ana", "not the password", PEER, NULL, T0 + 1, &l);
    assert_int_equal(try_as(e, "ana", PASSWORD, PEER, NULL, T0 + 2, &l),
                     FAULT_NONE);
    assert_int_equal(check(e, 3).lines, 0);
    assert_int_equal(db_audit_each(e->db, 1, &r, count_row, &n), DB_OK);
    assert_string_equal(r.act, "sign_in");
    assert_int_equal(strlen(r.who), 32);
    assert_int_equal(strlen(r.peer), 32);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_account_rows),
        ENGINE_TESTS(test_account_fields),
        ENGINE_TESTS(test_first_admin_once),
        ENGINE_TESTS(test_session_life),
        ENGINE_TESTS(test_long_agent),
        ENGINE_TESTS(test_a_look_does_not_wait),
        ENGINE_TESTS(test_sessions_end),
        ENGINE_TESTS(test_lock_and_password_end_sessions),
        ENGINE_TESTS(test_throttle),
        ENGINE_TESTS(test_stranger_does_not_lock_out),
        ENGINE_TESTS(test_address_is_slowed_down),
        ENGINE_TESTS(test_password_again),
        ENGINE_TESTS(test_audit_shows_tampering),
        ENGINE_TESTS(test_audit_chains_follow),
        ENGINE_TESTS(test_audit_of_a_store_put_back),
        ENGINE_TESTS(test_audit_of_many_threads),
        ENGINE_TESTS(test_sign_ins_are_recorded),
    };

    conf_init(&conf);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
