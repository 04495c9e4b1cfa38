# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES += api/admin/backup_cmd.c
libmeterhouse_a_SOURCES += api/admin/backup_cmd.h
libmeterhouse_a_SOURCES += api/admin/store_cmd.c
libmeterhouse_a_SOURCES += api/admin/store_cmd.h
libmeterhouse_a_SOURCES += api/admin/store_job.c
libmeterhouse_a_SOURCES += api/admin/store_job.h
