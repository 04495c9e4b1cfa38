# SPDX-License-Identifier: Apache-2.0

libmeterhouse_a_SOURCES += server/text/svg.c server/text/svg.h
