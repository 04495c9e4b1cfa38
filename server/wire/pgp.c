/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PGP by librnp.  The library pulls what is encrypted and pushes what is clear,
 * so it runs on a thread of its own with a socket pair between it and the
 * reader; the pair's buffer is all that is ever held in memory.  Whether the
 * message was sound is known when the thread has ended, and only then does the
 * reader see the end.
 */
#include "server/wire/pgp.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/arena.h"
#include "server/base/file.h"
#include "server/base/str.h"
#include "server/wire/layer.h"
#include "server/wire/rnp_library.h"

#define KEY_MOST 1048576 /* bytes of a key file */

struct pgp {
    const struct rnp_library *rnp;
    rnp_ffi_t ffi;
    struct source *under;
    pthread_t thread;
    bool running;
    int to_reader, from_thread; /* the two ends of the pair */
    char passphrase[256];
    size_t keys;                 /* secret keys found */
    unsigned long long unpacked; /* bytes given to the reader */
    char why[512];               /* the thread's; read after it was joined */
};

bool
pgp_is(const unsigned char *first, size_t n)
{
    static const char armour[] = "-----BEGIN PGP MESSAGE";

    if (n >= sizeof armour - 1 && memcmp(first, armour, sizeof armour - 1) == 0)
        return true;
    /* a session key for a public key (tag 1) or, refused later, a password
     * (tag 3); no text begins with these bytes */
    return n > 0 && (first[0] == 0xc1 || (first[0] & 0xfc) == 0x84 ||
                     (first[0] & 0xfc) == 0x8c);
}

/* ---- keys
 * -------------------------------------------------------------------- */

static bool
give_passphrase(rnp_ffi_t ffi, void *arg, rnp_key_handle_t key,
                const char *purpose, char *to, size_t size)
{
    const struct pgp *p = arg;

    (void)ffi;
    (void)key;
    (void)purpose;
    return p->passphrase[0] != '\0' && str_copy(to, size, p->passphrase);
}

static bool
is_key_file(const char *name)
{
    return name[0] != '.' &&
           (str_ends(name, ".asc") || str_ends(name, ".gpg") ||
            str_ends(name, ".pgp") || str_ends(name, ".key"));
}

static bool
key_take(struct pgp *p, const char *path, char why[512])
{
    struct buf b = {0};
    rnp_input_t in = NULL;
    rnp_result_t rc = RNP_ERROR_READ;

    if (file_read(path, KEY_MOST, &b) &&
        p->rnp->input_from_memory(&in, (const uint8_t *)b.at, b.len, false) ==
            RNP_SUCCESS)
        rc = p->rnp->import_keys(
            p->ffi, in, RNP_LOAD_SAVE_PUBLIC_KEYS | RNP_LOAD_SAVE_SECRET_KEYS,
            NULL);
    p->rnp->input_destroy(in);
    if (b.len > 0)
        sodium_memzero(b.at, b.len);
    buf_clear(&b);
    if (rc != RNP_SUCCESS)
        snprintf(why, 512, "%.300s: no PGP key: %s", path,
                 p->rnp->result_to_string(rc));
    return rc == RNP_SUCCESS;
}

static void
passphrase_take(struct pgp *p, const char *folder)
{
    char path[PATH_MAX];
    struct buf b = {0};

    snprintf(path, sizeof path, "%s/passphrase", folder);
    if (file_read(path, sizeof p->passphrase - 1, &b))
        str_copyn(p->passphrase, sizeof p->passphrase, b.at,
                  strcspn(buf_text(&b), "\r\n"));
    if (b.len > 0)
        sodium_memzero(b.at, b.len);
    buf_clear(&b);
}

static bool
keys_take(struct pgp *p, const char *folder, char why[512])
{
    DIR *dir = folder != NULL ? opendir(folder) : NULL;
    struct dirent *entry;
    char path[PATH_MAX];
    bool ok = true;

    if (dir == NULL) {
        snprintf(why, 512, "encrypted, and there are no PGP keys%s%.200s%s%s",
                 folder ? ": " : "", folder ? folder : "", folder ? ": " : "",
                 folder ? strerror(errno) : "");
        return false;
    }
    while (ok && (entry = readdir(dir)) != NULL) {
        if (!is_key_file(entry->d_name))
            continue;
        if ((size_t)snprintf(path, sizeof path, "%s/%s", folder,
                             entry->d_name) < sizeof path)
            ok = key_take(p, path, why);
    }
    closedir(dir);
    if (!ok)
        return false;
    passphrase_take(p, folder);
    p->rnp->get_secret_key_count(p->ffi, &p->keys);
    if (p->keys == 0)
        snprintf(why, 512,
                 "encrypted, and there is no secret PGP key in %.300s", folder);
    return p->keys > 0;
}

/* ---- the thread
 * --------------------------------------------------------------- */

static bool
pull(void *arg, void *to, size_t n, size_t *got)
{
    struct pgp *p = arg;
    ssize_t done = source_read(p->under, to, n);

    *got = done > 0 ? (size_t)done : 0;
    return done >= 0;
}

static bool
push(void *arg, const void *bytes, size_t n)
{
    struct pgp *p = arg;
    const char *at = bytes;

    p->unpacked += n;
    if (!layer_ratio_ok(p->under, p->unpacked)) {
        str_copy(p->why, sizeof p->why, LAYER_RATIO_TEXT);
        return false;
    }
    while (n > 0) {
        ssize_t done = send(p->to_reader, at, n, MSG_NOSIGNAL);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false; /* the reader is gone */
        at += done;
        n -= (size_t)done;
    }
    return true;
}

static const char *
failure_text(const struct pgp *p, rnp_result_t rc)
{
    switch (rc) {
    case RNP_ERROR_NO_SUITABLE_KEY:
    case RNP_ERROR_KEY_NOT_FOUND:
        return "encrypted to none of our PGP keys";
    case RNP_ERROR_BAD_PASSWORD:
        return "the passphrase of the PGP key is missing or wrong";
    default:
        return p->rnp->result_to_string(rc);
    }
}

/* A signature that was made by a key of ours to know, and does not fit. */
static bool
has_bad_signature(const struct pgp *p, rnp_op_verify_t op)
{
    size_t n = 0;

    p->rnp->op_verify_get_signature_count(op, &n);
    for (size_t i = 0; i < n; i++) {
        rnp_op_verify_signature_t sig;
        rnp_result_t rc = p->rnp->op_verify_get_signature_at(op, i, &sig);

        if (rc == RNP_SUCCESS)
            rc = p->rnp->op_verify_signature_get_status(sig);
        if (rc != RNP_SUCCESS && rc != RNP_ERROR_KEY_NOT_FOUND)
            return true;
    }
    return false;
}

static void
judge(struct pgp *p, rnp_op_verify_t op, rnp_result_t rc)
{
    bool whole = false;

    if (p->why[0] != '\0')
        return;
    if (p->under->why[0] != '\0') {
        str_copy(p->why, sizeof p->why, p->under->why);
    } else if (rc != RNP_SUCCESS) {
        snprintf(p->why, sizeof p->why, "PGP: %s", failure_text(p, rc));
    } else if (p->rnp->op_verify_get_protection_info(op, NULL, NULL, &whole) !=
                   RNP_SUCCESS ||
               !whole) {
        str_copy(p->why, sizeof p->why,
                 "PGP: not encrypted, or without an integrity check");
    } else if (has_bad_signature(p, op)) {
        str_copy(p->why, sizeof p->why, "PGP: the signature does not fit");
    }
}

static void *
decrypt(void *arg)
{
    struct pgp *p = arg;
    rnp_input_t in = NULL;
    rnp_output_t out = NULL;
    rnp_op_verify_t op = NULL;
    rnp_result_t rc = p->rnp->input_from_callback(&in, pull, NULL, p);

    if (rc == RNP_SUCCESS)
        rc = p->rnp->output_to_callback(&out, push, NULL, p);
    if (rc == RNP_SUCCESS)
        rc = p->rnp->op_verify_create(&op, p->ffi, in, out);
    if (rc == RNP_SUCCESS)
        rc = p->rnp->op_verify_set_flags(op, RNP_VERIFY_IGNORE_SIGS_ON_DECRYPT);
    if (rc == RNP_SUCCESS)
        rc = p->rnp->op_verify_execute(op);
    judge(p, op, rc);
    p->rnp->op_verify_destroy(op);
    p->rnp->output_destroy(out);
    p->rnp->input_destroy(in);
    shutdown(p->to_reader, SHUT_WR);
    return NULL;
}

/* Signals are for the program's own threads. */
static bool
thread_start(struct pgp *p)
{
    sigset_t all, kept;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &kept);
    p->running = pthread_create(&p->thread, NULL, decrypt, p) == 0;
    pthread_sigmask(SIG_SETMASK, &kept, NULL);
    return p->running;
}

static void
thread_end(struct pgp *p)
{
    if (p->running)
        pthread_join(p->thread, NULL);
    p->running = false;
}

/* ---- the layer
 * ------------------------------------------------------------------ */

static ssize_t
pgp_read(struct source *s, void *to, size_t n)
{
    struct pgp *p = s->state;
    ssize_t got;

    if (!p->running)
        return 0;
    do
        got = recv(p->from_thread, to, n, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return layer_fail(s, "%s", strerror(errno));
    if (got > 0)
        return got;
    thread_end(p);
    return p->why[0] != '\0' ? layer_fail(s, "%s", p->why) : 0;
}

static void
pgp_close(struct source *s)
{
    struct pgp *p = s->state;

    if (p->from_thread >= 0)
        close(p->from_thread); /* the thread's next send fails */
    thread_end(p);
    if (p->to_reader >= 0)
        close(p->to_reader);
    if (p->rnp != NULL)
        p->rnp->ffi_destroy(p->ffi);
    sodium_memzero(p, sizeof *p);
    free(p);
}

struct source *
pgp_open(struct source *under, const char *keys, char why[512])
{
    struct source *s = layer_new(under, source_name(under));
    struct pgp *p = mem_new(sizeof *p);
    int pair[2] = {-1, -1};

    p->under = under;
    p->to_reader = p->from_thread = -1;
    s->state = p;
    s->read = pgp_read;
    s->close = pgp_close;
    p->rnp = rnp_library(why);
    if (p->rnp == NULL)
        goto refuse;
    snprintf(why, 512, "PGP cannot start");
    if (p->rnp->ffi_create(&p->ffi, "GPG", "GPG") != RNP_SUCCESS ||
        p->rnp->ffi_set_pass_provider(p->ffi, give_passphrase, p) !=
            RNP_SUCCESS ||
        !keys_take(p, keys, why))
        goto refuse;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        snprintf(why, 512, "%s", strerror(errno));
        goto refuse;
    }
    p->to_reader = pair[0];
    p->from_thread = pair[1];
    if (thread_start(p))
        return s;
refuse:
    source_close(s);
    return NULL;
}
