# SPDX-License-Identifier: Apache-2.0
# Programs that are killed on purpose; tests/crash/run says how often.
EXTRA_PROGRAMS += tests/crash/crash_load
tests_crash_crash_load_SOURCES = tests/crash/crash_load.c
tests_crash_crash_load_LDADD = libmeterhouse.a $(DEPS_LIBS)
EXTRA_DIST += tests/crash/run

crash-programs: tests/crash/crash_load$(EXEEXT) meterhouse$(EXEEXT)
.PHONY: crash-programs
