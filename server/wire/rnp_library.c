/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "server/wire/rnp_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FILE_NAME "librnp.so.0"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct rnp_library library;
static char failure[400]; /* "": it is loaded */

static bool
call_find(void *handle, const char *name, void *to)
{
    void *at = dlsym(handle, name);

    if (at == NULL)
        snprintf(failure, sizeof failure, "%s has no %s", FILE_NAME, name);
    else
        memcpy(to, &at, sizeof at);
    return at != NULL;
}

static void
load(void)
{
    void *handle = dlopen(FILE_NAME, RTLD_NOW | RTLD_LOCAL);

    if (handle == NULL) {
        snprintf(failure, sizeof failure, "%.390s", dlerror());
        return;
    }
#define X(name)                                                                \
    if (!call_find(handle, "rnp_" #name, &library.name))                       \
        return;
    RNP_CALLS(X)
#undef X
}

const struct rnp_library *
rnp_library(char why[512])
{
    pthread_once(&once, load);
    if (failure[0] == '\0')
        return &library;
    snprintf(why, 512, "PGP cannot start: %s", failure);
    return NULL;
}
