# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES += api/usage/iso_csv.c api/usage/iso_csv.h
libmeterhouse_a_SOURCES += api/usage/lse_out.c api/usage/lse_out.h
libmeterhouse_a_SOURCES += api/usage/period.c api/usage/period.h
libmeterhouse_a_SOURCES += api/usage/smt_csv.c api/usage/smt_csv.h
