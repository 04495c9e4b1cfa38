/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "server/wire/rnp_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FILE_NAME "librnp.so.0"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rnp_library library;
static bool loaded;

static bool
call_find(void *handle, const char *name, void *to, char why[512])
{
    void *at = dlsym(handle, name);

    if (at == NULL)
        snprintf(why, 512, "PGP cannot start: %s has no %s", FILE_NAME, name);
    else
        memcpy(to, &at, sizeof at);
    return at != NULL;
}

static bool
calls_find(void *handle, char why[512])
{
#define X(name)                                                                \
    if (!call_find(handle, "rnp_" #name, &library.name, why))                  \
        return false;
    RNP_CALLS(X)
#undef X
    return true;
}

static bool
load(char why[512])
{
    void *handle = dlopen(FILE_NAME, RTLD_NOW | RTLD_LOCAL);

    if (handle == NULL) {
        snprintf(why, 512, "PGP cannot start: %.390s", dlerror());
        return false;
    }
    if (calls_find(handle, why))
        return true;
    dlclose(handle);
    return false;
}

/* What fails today, for want of memory or of files, may do tomorrow. */
const struct rnp_library *
rnp_library(char why[512])
{
    bool ready;

    pthread_mutex_lock(&lock);
    loaded = loaded || load(why);
    ready = loaded;
    pthread_mutex_unlock(&lock);
    return ready ? &library : NULL;
}
