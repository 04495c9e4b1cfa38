/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what `meterhouse user` cannot: passwords that are no secret. */
#include "api/account/demo.h"

#include <stdio.h>

#include "server/base/log.h"

json_t *
account_demo_list(const struct conf *conf, enum lang lang)
{
    char path[600];
    json_error_t error;
    json_t *file, *row, *list;
    size_t i;

    snprintf(path, sizeof path, "%s/demo-logins.json", conf->data_dir);
    file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!file) {
        log_warn("demo log-ins not shown", "file=%s reason=%s", path,
                 error.text);
        return NULL;
    }
    list = json_array();
    json_array_foreach(file, i, row)
    {
        json_t *login = json_object_get(row, "login");
        json_t *password = json_object_get(row, "password");
        json_t *who = json_object_get(row, lang_code(lang));

        if (login && password && who)
            json_array_append_new(list,
                                  json_pack("{sO sO sO}", "login", login,
                                            "password", password, "who", who));
    }
    json_decref(file);
    return list;
}
