/* SPDX-License-Identifier: Apache-2.0 */
/* Loads in Prometheus' text. */
#include "api/feed/load_metrics.h"

#include <inttypes.h>

static const char *const STATES[] = {NULL, "open", "committed", "unloaded",
                                     "rejected"};

/* One sample for each state that a load may be in. */
static void
by_state(struct buf *to, const char *name, const char *help,
         const int64_t value[5])
{
    buf_printf(to, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
    for (int s = LOAD_OPEN; s <= LOAD_REJECTED; s++)
        buf_printf(to, "%s{state=\"%s\"} %" PRId64 "\n", name, STATES[s],
                   value[s]);
}

static void
gauge(struct buf *to, const char *name, const char *help, int64_t value)
{
    buf_printf(to, "# HELP %s %s\n# TYPE %s gauge\n%s %" PRId64 "\n", name,
               help, name, name, value);
}

void
feed_metrics_write(const struct load_tally *t, struct buf *to)
{
    by_state(to, "meterhouse_loads", "Files taken in, by how they stand.",
             t->loads);
    by_state(to, "meterhouse_load_records", "Records read of these files.",
             t->read);
    by_state(to, "meterhouse_load_rejected_records",
             "Records refused of these files.", t->rejected);
    by_state(to, "meterhouse_load_bytes", "Bytes of text of these files.",
             t->bytes);
    gauge(to, "meterhouse_load_running", "Loads that run now.", t->running);
    gauge(to, "meterhouse_load_running_records",
          "Records that these have parsed.", t->run_records);
    gauge(to, "meterhouse_load_running_bytes",
          "Bytes of text that these have parsed.", t->run_text);
    gauge(to, "meterhouse_load_running_records_per_second",
          "Records a second of these, of late.", t->run_rate);
    gauge(to, "meterhouse_load_running_file_bytes",
          "Bytes of the files of these, as they lie there.", t->run_bytes);
    gauge(to, "meterhouse_load_running_file_bytes_done",
          "Of these, bytes that were read.", t->run_bytes_done);
    gauge(to, "meterhouse_load_running_seconds_left",
          "Seconds until the last of these is done; -1: not known yet.",
          t->run_left);
}
