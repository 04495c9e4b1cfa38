# SPDX-License-Identifier: Apache-2.0

libmeterhouse_a_SOURCES += \
	api/feed/generate.h \
	api/feed/generate_cmd.c api/feed/generate_cmd.h \
	api/feed/generate_day.c \
	api/feed/generate_files.c \
	api/feed/generate_lse.c \
	api/feed/generate_meter.c \
	api/feed/generate_registry.c

libmeterhouse_a_SOURCES += \
	api/feed/bar.c api/feed/bar.h \
	api/feed/check.c api/feed/check.h \
	api/feed/keep.c api/feed/keep.h \
	api/feed/digest_cmd.c api/feed/digest_cmd.h \
	api/feed/inbox.c api/feed/inbox.h \
	api/feed/inbox_job.c api/feed/inbox_job.h \
	api/feed/list.c api/feed/list.h \
	api/feed/load.c api/feed/load.h \
	api/feed/load_cmd.c api/feed/load_cmd.h \
	api/feed/load_cover.c \
	api/feed/load_facts.c \
	api/feed/load_kind.c \
	api/feed/load_metrics.c api/feed/load_metrics.h \
	api/feed/load_parse.c \
	api/feed/load_parts.h \
	api/feed/load_read.c \
	api/feed/load_table.c \
	api/feed/load_write.c \
	api/feed/lse.c api/feed/lse.h \
	api/feed/lse_detail.c \
	api/feed/lse_head.c \
	api/feed/lse_row.h \
	api/feed/lse_vector.c \
	api/feed/name.c api/feed/name.h \
	api/feed/watch.c api/feed/watch.h \
	api/feed/queue.c api/feed/queue.h \
	api/feed/reject.c api/feed/reject.h \
	api/feed/report.c api/feed/report.h
