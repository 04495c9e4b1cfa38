/* SPDX-License-Identifier: Apache-2.0 */
/* How passwords rest: Argon2id through libsodium, a bounded number at once. */
#include "api/account/password.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "server/base/log.h"

/* Above libsodium's INTERACTIVE (2 passes over 64 MiB). */
#define PASSES 6ULL
#define MEMORY ((size_t)64 << 20)

_Static_assert(ACCOUNT_HASH >= crypto_pwhash_STRBYTES, "room for a hash");
_Static_assert(PASSES >= crypto_pwhash_OPSLIMIT_INTERACTIVE, "strong enough");
_Static_assert(MEMORY >= crypto_pwhash_MEMLIMIT_INTERACTIVE, "large enough");

static struct {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int slots, queue; /* allowed */
    int running, waiting;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER,
          .freed = PTHREAD_COND_INITIALIZER,
          .slots = 2,
          .queue = 8};

void
password_slots_set(int slots, int queue)
{
    pthread_mutex_lock(&gate.lock);
    gate.slots = slots < 1 ? 1 : slots;
    gate.queue = queue < 0 ? 0 : queue;
    pthread_mutex_unlock(&gate.lock);
}

static bool
gate_enter(void)
{
    bool in;

    pthread_mutex_lock(&gate.lock);
    in = gate.running < gate.slots || gate.waiting < gate.queue;
    if (in) {
        gate.waiting++;
        while (gate.running >= gate.slots)
            pthread_cond_wait(&gate.freed, &gate.lock);
        gate.waiting--;
        gate.running++;
    }
    pthread_mutex_unlock(&gate.lock);
    return in;
}

static void
gate_leave(void)
{
    pthread_mutex_lock(&gate.lock);
    gate.running--;
    pthread_cond_signal(&gate.freed);
    pthread_mutex_unlock(&gate.lock);
}

enum fault
password_hash(const char *password, char hash[ACCOUNT_HASH])
{
    int rc;

    if (sodium_init() < 0)
        return FAULT_OURS;
    if (!gate_enter())
        return FAULT_BUSY;
    memset(hash, 0, ACCOUNT_HASH);
    rc = crypto_pwhash_str_alg(hash, password, strlen(password), PASSES, MEMORY,
                               crypto_pwhash_ALG_ARGON2ID13);
    gate_leave();
    if (rc == 0)
        return FAULT_NONE;
    log_ours("password not hashed", "reason=%s", "memory is out");
    return FAULT_BUSY;
}

/* The work of a check against a hash that nobody has. */
static bool
verify_nobody(const char *password)
{
    unsigned char out[32];
    static const unsigned char salt[crypto_pwhash_SALTBYTES] = {1};

    return crypto_pwhash(out, sizeof out, password, strlen(password), salt,
                         PASSES, MEMORY, crypto_pwhash_ALG_ARGON2ID13) == 0;
}

enum fault
password_verify(const char *hash, const char *password, bool *same, bool *old)
{
    bool ran = true;

    *same = *old = false;
    if (strlen(password) > PASSWORD_BYTES)
        password = ""; /* no longer one was ever taken */
    if (sodium_init() < 0)
        return FAULT_OURS;
    if (!gate_enter())
        return FAULT_BUSY;
    if (hash[0])
        *same = crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
    else
        ran = verify_nobody(password);
    gate_leave();
    if (!ran)
        return FAULT_BUSY;
    if (*same)
        *old = crypto_pwhash_str_needs_rehash(hash, PASSES, MEMORY) != 0;
    return FAULT_NONE;
}
