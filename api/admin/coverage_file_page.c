/* SPDX-License-Identifier: Apache-2.0 */
/* Completeness as a file and as JSON, of any length. */
#include <stdlib.h>
#include <string.h>

#include "api/admin/admin_page.h"
#include "api/admin/admin_words_page.h"
#include "server/base/str.h"

struct stream {
    struct coverage_file file;
    struct actor who; /* its role alone */
};

static enum stream_rc
more(void *state, struct db *db, struct buf *to)
{
    struct stream *s = state;
    bool end;

    if (coverage_file_next(&s->file, db, &s->who, to, &end) != FAULT_NONE)
        return STREAM_FAIL;
    return end ? STREAM_END : STREAM_MORE;
}

static enum fault
ask_read(struct req *r, struct coverage_file *f)
{
    struct admin_whose w;
    const char *view;
    enum fault fault;

    if ((fault = req_day(r, "from", DAY_NONE, &f->from)) != FAULT_NONE ||
        (fault = req_day(r, "to", DAY_NONE, &f->to)) != FAULT_NONE ||
        (fault = req_choice(r, "view", "pairs days", &view)) != FAULT_NONE ||
        (fault = admin_whose_read(r, &w)) != FAULT_NONE)
        return fault;
    if (f->from == DAY_NONE || f->to == DAY_NONE || f->from > f->to)
        return FAULT_BAD_REQUEST;
    f->view = view[0] == 'd' ? COVERAGE_BY_DAY : COVERAGE_BY_PAIR;
    f->has_tdsp = w.has_tdsp;
    f->has_rep = w.has_rep;
    memcpy(f->tdsp, w.tdsp, sizeof f->tdsp);
    memcpy(f->rep, w.rep, sizeof f->rep);
    return FAULT_NONE;
}

static enum fault
answer(struct req *r, enum coverage_format format)
{
    struct coverage_file file = {.format = format};
    struct stream *s;
    char from[11], to[11];
    enum fault f = ask_read(r, &file);

    if (f == FAULT_NONE && !coverage_may_read(r->who))
        f = FAULT_FORBIDDEN;
    if (f != FAULT_NONE)
        return f;
    s = mem_new(sizeof *s);
    s->file = file;
    s->who.role = r->who->role;
    if (format == COVERAGE_JSON)
        return reply_stream(r, "application/json", more, free, s);
    reply_file_name(r, arena_printf(r->arena, "coverage-%s-%s.csv",
                                    day_format(from, file.from),
                                    day_format(to, file.to)));
    return reply_stream(r, "text/csv; charset=utf-8", more, free, s);
}

/* GET /admin/coverage/file?from=DAY&to=DAY&view=pairs|days&tdsp=…&rep=… */
enum fault
admin_coverage_file(struct req *r)
{
    return answer(r, COVERAGE_CSV);
}

/* GET /api/admin/coverage, the same */
enum fault
admin_coverage_json(struct req *r)
{
    return answer(r, COVERAGE_JSON);
}
