# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES += \
	server/wire/layer.h \
	server/wire/source.c server/wire/source.h
