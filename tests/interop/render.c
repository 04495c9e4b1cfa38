/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The template engine as a filter, for comparing it with another: each line of
 * standard input is {"text", "partials": {name: text}, "view"}, each line of
 * output {"out"} or {"why"}.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/text/template.h"

#define PARTIALS 16

static json_t *
answer(const json_t *in)
{
    struct template_text all[PARTIALS + 1];
    const json_t *text = json_object_get(in, "text");
    const char *name;
    json_t *value, *made;
    size_t n = 0;
    char why[512];
    struct templates *t;
    struct buf b = {0};

    all[n++] = (struct template_text){"main", json_string_value(text),
                                      json_string_length(text)};
    json_object_foreach(json_object_get(in, "partials"), name, value)
    {
        if (n <= PARTIALS)
            all[n++] = (struct template_text){name, json_string_value(value),
                                              json_string_length(value)};
    }
    t = templates_from(all, n, why);
    if (t == NULL)
        return json_pack("{s:s}", "why", why);
    template_render(t, "main", json_object_get(in, "view"), NULL, &b);
    made = json_pack("{s:s}", "out", buf_text(&b));
    buf_clear(&b);
    templates_close(t);
    return made;
}

int
main(void)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        json_t *in = json_loads(line, 0, NULL);
        json_t *out = in != NULL ? answer(in) : json_object();

        json_dumpf(out, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(out);
        json_decref(in);
    }
    free(line);
    return 0;
}
