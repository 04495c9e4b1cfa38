# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES += server/job/cron.c server/job/cron.h
libmeterhouse_a_SOURCES += server/job/lease.c server/job/lease.h
libmeterhouse_a_SOURCES += server/job/runner.c server/job/runner.h
libmeterhouse_a_SOURCES += server/job/watch.c server/job/watch.h
