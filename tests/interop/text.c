/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the text of a source to standard output: text FILE [KEYS].  On
 * failure prints the reason and exits with 1. */
#include <stdio.h>

#include "server/wire/source.h"

static char block[65536];

int
main(int argc, char **argv)
{
    char why[512];
    struct source *s;
    ssize_t n;

    if (argc < 2)
        return 2;
    s = source_open(argv[1], argc > 2 ? argv[2] : NULL, why);
    if (s == NULL) {
        printf("%s\n", why);
        return 1;
    }
    fprintf(stderr, "%s\n", source_name(s));
    while ((n = source_read(s, block, sizeof block)) > 0)
        fwrite(block, 1, (size_t)n, stdout);
    if (n < 0)
        printf("\n%s\n", source_why(s));
    source_close(s);
    return n < 0;
}
