# SPDX-License-Identifier: Apache-2.0
#
# A cmocka program: add its name to check_PROGRAMS and TESTS in the local.mk of
# its folder.  A script: an executable tests/<kind>/run, see ./check.

LDADD = libmeterhouse.a $(DEPS_LIBS) $(CMOCKA_LIBS)
include $(srcdir)/tests/unit/local.mk
include $(srcdir)/tests/store/local.mk
include $(srcdir)/tests/http/local.mk
include $(srcdir)/tests/bench/local.mk
include $(srcdir)/tests/browser/local.mk
include $(srcdir)/tests/cli/local.mk
include $(srcdir)/tests/interop/local.mk
include $(srcdir)/tests/fuzz/local.mk
include $(srcdir)/tests/crash/local.mk
include $(srcdir)/tests/lint/local.mk
include $(srcdir)/tests/coverage/local.mk
include $(srcdir)/tests/hard/local.mk
include $(srcdir)/tests/memory/local.mk
include $(srcdir)/tests/package/local.mk
include $(srcdir)/tests/roles/local.mk
include $(srcdir)/tests/shards/local.mk
include $(srcdir)/tests/start/local.mk
include $(srcdir)/tests/stress/local.mk
include $(srcdir)/tests/usage/local.mk

EXTRA_DIST += tests/package.json tests/package-lock.json tests/.npmrc

# for ./check
list-tests:
	@printf '%s\n' $(TESTS)
check-programs: $(check_PROGRAMS) $(check_LIBRARIES)
.PHONY: list-tests check-programs
