# SPDX-License-Identifier: Apache-2.0
#
# A cmocka program: add its name to check_PROGRAMS and TESTS here, in the
# local.mk of its folder.

LDADD = libmeterhouse.a $(DEPS_LIBS) $(CMOCKA_LIBS)
include $(srcdir)/tests/unit/local.mk
include $(srcdir)/tests/store/local.mk
include $(srcdir)/tests/http/local.mk
include $(srcdir)/tests/bench/local.mk
include $(srcdir)/tests/fuzz/local.mk
