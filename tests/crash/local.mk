# SPDX-License-Identifier: Apache-2.0
# Programs that are killed and made to fail on purpose; tests/crash/run says
# how often.  docs/reliability.md tells what each is for.
EXTRA_PROGRAMS += tests/crash/crash_load
tests_crash_crash_load_SOURCES = tests/crash/crash_load.c \
	tests/crash/tell.c tests/crash/tell.h
tests_crash_crash_load_LDADD = libmeterhouse.a $(DEPS_LIBS)

EXTRA_PROGRAMS += tests/crash/fault
tests_crash_fault_SOURCES = tests/crash/fault.c \
	tests/crash/folder.c tests/crash/known.c tests/crash/rig.c tests/crash/rig.h \
	tests/crash/work.c tests/crash/work.h \
	tests/crash/power.c tests/crash/power.h \
	tests/crash/fault_vfs.c tests/crash/fault_vfs.h \
	tests/crash/tell.c tests/crash/tell.h
tests_crash_fault_LDADD = libmeterhouse.a $(DEPS_LIBS)
EXTRA_DIST += tests/crash/run tests/crash/shim.c tests/crash/shim.h

# Loaded into programs with LD_PRELOAD: never with a sanitizer, whose memory it
# would take the place of.
tests/crash/faultshim.so: tests/crash/shim.c tests/crash/shim.h
	$(AM_V_CC)$(MKDIR_P) tests/crash && $(CC) -std=gnu17 -O2 -g \
	  $(WARN_CFLAGS) -fPIC -shared -I$(srcdir) -o $@.tmp \
	  $(srcdir)/tests/crash/shim.c -pthread && mv $@.tmp $@
CLEANFILES += tests/crash/faultshim.so

crash-programs: tests/crash/crash_load$(EXEEXT) tests/crash/fault$(EXEEXT) \
	tests/crash/faultshim.so meterhouse$(EXEEXT)
.PHONY: crash-programs
