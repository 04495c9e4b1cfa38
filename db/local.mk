# SPDX-License-Identifier: Apache-2.0

libmeterhouse_a_SOURCES += db/reading.h
libmeterhouse_a_SOURCES += db/reading_bits.h
libmeterhouse_a_SOURCES += db/reading_core.h
libmeterhouse_a_SOURCES += db/reading_frame.c
libmeterhouse_a_SOURCES += db/reading_pack.c db/reading_pack.h
libmeterhouse_a_SOURCES += db/reading_unpack.c
