/* SPDX-License-Identifier: Apache-2.0 */
#include "api/feed/digest_cmd.h"

#include "api/feed/load.h"
#include "server/base/piece_hash.h"
#include "server/wire/source.h"

#define READ_TEXT (16 * HASH_PIECE)

/* Reads to the first end that is met.  False: what was read is not the whole.
 */
static bool
digest_text(struct source *s, char hex[SHA256_HEX])
{
    static char text[READ_TEXT];
    struct piece_hash *h = piece_hash_new();
    ssize_t n;

    do {
        n = source_read(s, text, sizeof text);
        piece_hash_add(h, text, n > 0 ? (size_t)n : 0);
    } while (n == READ_TEXT);
    piece_hash_end(h, hex);
    return n >= 0;
}

static bool
digest_file(struct cmd *c, const char *path)
{
    char keys[1024], why[512], hex[SHA256_HEX];
    struct source *s = source_open(path, feed_key_folder(c->conf, keys), why);
    bool ok;

    if (s == NULL) {
        fprintf(c->err, "meterhouse: %s: %s\n", path, why);
        return false;
    }
    ok = digest_text(s, hex);
    if (ok)
        fprintf(c->out, "%s  %s\n", hex, path);
    else
        fprintf(c->err, "meterhouse: %s: %s\n", path, source_why(s));
    source_close(s);
    return ok;
}

enum cmd_rc
digest_cmd(struct cmd *c)
{
    enum cmd_rc rc = CMD_DONE;

    if (!cmd_no_more_options(c))
        return CMD_USAGE;
    if (c->argc == 0) {
        fputs("meterhouse: digest wants files\n", c->err);
        return CMD_USAGE;
    }
    for (int i = 0; i < c->argc; i++)
        if (!digest_file(c, c->argv[i]))
            rc = CMD_FAILED;
    return rc;
}
