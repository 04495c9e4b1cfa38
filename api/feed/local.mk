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
	api/feed/check.c api/feed/check.h \
	api/feed/lse.c api/feed/lse.h \
	api/feed/lse_detail.c \
	api/feed/lse_head.c \
	api/feed/lse_row.h \
	api/feed/reject.c api/feed/reject.h
