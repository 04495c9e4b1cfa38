# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += \
	tests/lint/catalogs.pl \
	tests/lint/excused \
	tests/lint/functions.awk \
	tests/lint/includes.awk \
	tests/lint/limits.pl \
	tests/lint/planted.sh \
	tests/lint/run
