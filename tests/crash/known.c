/* SPDX-License-Identifier: Apache-2.0 */
/* What a fault leaves is judged once: most leave what another left. */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/buf.h"
#include "server/base/file.h"
#include "server/base/piece_hash.h"
#include "server/base/str.h"
#include "tests/crash/rig.h"

static int
is_entry(const struct dirent *e)
{
    return !str_eq(e->d_name, ".") && !str_eq(e->d_name, "..");
}

/* Lists what lies in a folder with digests.  The -shm files say nothing once
 * nobody has the store open. */
static bool
list_all(const char *folder, struct buf *to)
{
    struct dirent **e;
    int n = scandir(folder, &e, is_entry, alphasort);
    bool ok = n >= 0;

    for (int i = 0; i < n; i++) {
        char path[512], hex[SHA256_HEX];
        struct buf b = {0};

        snprintf(path, sizeof path, "%.250s/%.250s", folder, e[i]->d_name);
        if (ok && e[i]->d_type == DT_DIR) {
            ok = list_all(path, to);
            buf_printf(to, "%s/\n", path);
        } else if (ok && !str_ends(path, "-shm")) {
            struct piece_hash *h = piece_hash_new();

            ok = file_read(path, 1 << 28, &b);
            piece_hash_add(h, buf_text(&b), b.len);
            piece_hash_end(h, hex);
            buf_printf(to, "%s %s\n", path, hex);
            buf_clear(&b);
        }
        free(e[i]);
    }
    if (n >= 0)
        free(e);
    return ok;
}

/* Where a digest has its place. */
static char *
known_place(struct rig *r, const char *hex)
{
    return r->known[strtoul((char[]){hex[0], hex[1], hex[2], 0}, NULL, 16) %
                    RIG_KNOWN];
}

bool
rig_known(struct rig *r, int at, int how, char left[SHA256_HEX])
{
    struct buf list = {0};

    buf_printf(&list, "step %d ended with %d\n", at, how);
    if (list_all(r->data, &list))
        sha256_hex(left, list.at, list.len);
    else
        left[0] = '\0';
    buf_clear(&list);
    return left[0] && str_eq(known_place(r, left), left);
}

void
rig_know(struct rig *r, const char left[SHA256_HEX])
{
    if (left[0])
        memcpy(known_place(r, left), left, SHA256_HEX);
}
