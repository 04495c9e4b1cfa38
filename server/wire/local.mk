# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES += \
	server/wire/layer.h \
	server/wire/pgp.c server/wire/pgp.h \
	server/wire/rnp_library.c server/wire/rnp_library.h \
	server/wire/source.c server/wire/source.h \
	server/wire/zip.c server/wire/zip.h
