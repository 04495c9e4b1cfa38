# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES += api/admin/store_cmd.c
libmeterhouse_a_SOURCES += api/admin/store_cmd.h
