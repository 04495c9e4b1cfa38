# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES += \
	server/base/arena.c server/base/arena.h \
	server/base/buf.c server/base/buf.h \
	server/base/cache.c server/base/cache.h \
	server/base/clock.c server/base/clock.h \
	server/base/conf.c server/base/conf.h \
	server/base/conf_table.h \
	server/base/decimal.c server/base/decimal.h \
	server/base/fault.c server/base/fault.h \
	server/base/file.c server/base/file.h \
	server/base/hash.c server/base/hash.h \
	server/base/log.c server/base/log.h \
	server/base/piece_hash.c server/base/piece_hash.h \
	server/base/progress.c server/base/progress.h \
	server/base/sha256_lanes.c server/base/sha256_lanes.h \
	server/base/spill.c server/base/spill.h \
	server/base/str.c server/base/str.h \
	server/base/tz.c server/base/tz.h \
	server/base/tzif.c server/base/tzif.h
