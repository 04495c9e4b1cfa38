# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += \
	tests/interop/run \
	tests/interop/template.mjs

# the engine as a filter, for tests/interop/run
check_PROGRAMS += tests/interop/render
tests_interop_render_SOURCES = tests/interop/render.c
