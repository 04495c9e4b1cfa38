# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES += server/text/catalog.c server/text/catalog.h
libmeterhouse_a_SOURCES += server/text/csv.c server/text/csv.h
libmeterhouse_a_SOURCES += server/text/svg.c server/text/svg.h
libmeterhouse_a_SOURCES += server/text/template.c server/text/template.h
libmeterhouse_a_SOURCES += server/text/template_parse.c
libmeterhouse_a_SOURCES += server/text/template_parse.h
