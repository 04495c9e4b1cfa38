# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES += api/agreement/actor.c
libmeterhouse_a_SOURCES += api/agreement/actor.h
libmeterhouse_a_SOURCES += api/agreement/agreement.c
libmeterhouse_a_SOURCES += api/agreement/agreement.h
