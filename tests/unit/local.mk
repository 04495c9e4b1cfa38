# SPDX-License-Identifier: Apache-2.0

check_PROGRAMS += tests/unit/test_period
check_PROGRAMS += tests/unit/test_svg
TESTS += tests/unit/test_period tests/unit/test_svg
tests_unit_test_period_SOURCES = tests/unit/test_period.c
tests_unit_test_svg_SOURCES = tests/unit/test_svg.c
