/* SPDX-License-Identifier: Apache-2.0 */
/* A User-Agent names several browsers; the rarer word tells the truth. */
#include "api/account/agent.h"

#include <stddef.h>
#include <string.h>

struct sign {
    const char *part, *name;
};

static const char *
first_of(const struct sign *signs, const char *text)
{
    for (; signs->part; signs++) {
        if (strstr(text, signs->part))
            return signs->name;
    }
    return NULL;
}

const char *
agent_browser(const char *user_agent)
{
    static const struct sign signs[] = {
        {"Edg", "Edge"},
        {"OPR/", "Opera"},
        {"SamsungBrowser/", "Samsung Internet"},
        {"Firefox/", "Firefox"},
        {"FxiOS/", "Firefox"},
        {"CriOS/", "Chrome"},
        {"Chrome/", "Chrome"},
        {"Safari/", "Safari"},
        {"curl/", "curl"},
        {NULL, NULL},
    };

    return first_of(signs, user_agent);
}

const char *
agent_system(const char *user_agent)
{
    static const struct sign signs[] = {
        {"iPhone", "iPhone"},   {"iPad", "iPad"},     {"Android", "Android"},
        {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "Mac"},
        {"Linux", "Linux"},     {NULL, NULL},
    };

    return first_of(signs, user_agent);
}
