/* SPDX-License-Identifier: Apache-2.0 */
/* meterhouse serve: runs until SIGTERM or SIGINT; SIGHUP reloads. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/serve.h"
#include "db/db.h"
#include "server/base/log.h"
#include "server/base/str.h"

#define STOP_SECONDS  20
#define WATCH_SECONDS 5
#define FILES_WANTED  65536

static void
url_print(FILE *to, const struct conf *conf, int port)
{
    bool local = str_starts(conf->listen, "127.") ||
                 str_eq(conf->listen, "::1") || str_eq(conf->listen, "*") ||
                 str_eq(conf->listen, "0.0.0.0") || str_eq(conf->listen, "::");

    if (port < 0)
        fprintf(to, "Meterhouse works as %s\n", conf->role);
    else if (conf->public_url[0])
        fprintf(to, "Meterhouse serves %s (port %d)\n", conf->public_url, port);
    else
        fprintf(to, "Meterhouse serves https://%s:%d\n",
                local ? "localhost" : conf->listen, port);
    fflush(to);
}

/* Whoever sees this output may make the first account. */
static void
token_print(FILE *to, struct serve *s)
{
    char token[FIRST_ADMIN_TOKEN];

    if (!serve_first_token(s, token))
        return;
    fprintf(to,
            "There is no administrator yet: open /first-admin and give "
            "this token, once:\n  %s\n",
            token);
    fflush(to);
}

/* Each worker keeps files of months and a socket is a file too: asks for as
 * many open files as we may have, up to FILES_WANTED. */
static void
files_raise(void)
{
    struct rlimit most;

    if (getrlimit(RLIMIT_NOFILE, &most) != 0 || most.rlim_cur >= FILES_WANTED)
        return;
    most.rlim_cur = most.rlim_max < FILES_WANTED ? most.rlim_max : FILES_WANTED;
    if (setrlimit(RLIMIT_NOFILE, &most) != 0)
        log_warn("open files not raised", "most=%llu",
                 (unsigned long long)most.rlim_cur);
}

/* The next signal; 0 when WATCH_SECONDS have passed without one. */
static int
signal_next(const sigset_t *set)
{
    struct timespec wait = {.tv_sec = WATCH_SECONDS};
    int sig = sigtimedwait(set, NULL, &wait);

    return sig > 0 ? sig : 0;
}

/* A Ctrl-C reaches us twice when a script passes it on; stopping is bounded,
 * so nobody needs to ask again. */
static void
signals_ignore(void)
{
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

/* Until it is told to stop, or may not write any more: whoever started it
 * starts it again. */
static void
signals_serve(struct serve *s, const sigset_t *set)
{
    for (;;) {
        int sig = signal_next(set);
        char why[512] = "";

        if (sig == SIGTERM || sig == SIGINT || db_sync_failed())
            return;
        serve_watch(s);
        if (sig != SIGHUP)
            continue;
        if (serve_reload(s, why))
            log_info("reloaded", NULL);
        else
            log_ours("reload failed", "reason=%s", why);
    }
}

enum cmd_rc
serve_cmd(struct cmd *c)
{
    const char *role = cmd_option(c, "role");
    struct conf conf = *c->conf;
    char why[512] = "";
    struct serve *s;
    sigset_t set;

    if (!cmd_no_more_options(c) || c->argc > 0)
        return CMD_USAGE;
    if (role && !conf_set(&conf, "role", role, why)) {
        fprintf(c->err, "meterhouse: %s\n", why);
        return CMD_USAGE;
    }
    files_raise();
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* for every thread made below */
    s = serve_start(&conf, why);
    if (!s) {
        fprintf(c->err, "meterhouse: %s\n", why);
        return CMD_FAILED;
    }
    url_print(c->out, &conf, serve_port(s));
    token_print(c->out, s);
    log_info("serving", "port=%d role=%s data=%s", serve_port(s), conf.role,
             conf.data_dir);
    signals_serve(s, &set);
    signals_ignore();
    log_info("stopping", NULL);
    if (!serve_stop(s, STOP_SECONDS))
        _exit(CMD_FAILED); /* a thread is still in a handler */
    log_info("stopped", NULL);
    return db_sync_failed() ? CMD_FAILED : CMD_DONE;
}
