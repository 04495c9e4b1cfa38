# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES += \
	api/cmd.c \
	api/commands.c \
	api/commands.h \
	api/jobs.c \
	api/jobs.h \
	api/jobs_cmd.c \
	api/man.c \
	api/routes.c \
	api/routes.h \
	api/serve.c \
	api/serve.h \
	api/serve_cmd.c
include $(srcdir)/api/account/local.mk
include $(srcdir)/api/registry/local.mk
include $(srcdir)/api/agreement/local.mk
include $(srcdir)/api/feed/local.mk
include $(srcdir)/api/usage/local.mk
include $(srcdir)/api/admin/local.mk
