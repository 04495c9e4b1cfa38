# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += \
	tests/interop/inbox.sh \
	tests/interop/run \
	tests/interop/tap.sh \
	tests/interop/template.mjs \
	tests/interop/wire.sh

# our parts as filters, for tests/interop/run
check_PROGRAMS += tests/interop/render
check_PROGRAMS += tests/interop/text
tests_interop_render_SOURCES = tests/interop/render.c
tests_interop_text_SOURCES = tests/interop/text.c
