# SPDX-License-Identifier: Apache-2.0
include $(srcdir)/api/account/local.mk
include $(srcdir)/api/registry/local.mk
include $(srcdir)/api/agreement/local.mk
include $(srcdir)/api/feed/local.mk
include $(srcdir)/api/usage/local.mk
include $(srcdir)/api/admin/local.mk
