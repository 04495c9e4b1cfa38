# SPDX-License-Identifier: Apache-2.0
#
# Every store test runs on both engines: add $(ENGINES) to its sources.
ENGINES = tests/store/engines.c tests/store/engines.h
EXTRA_DIST += tests/store/pg_fixture

check_PROGRAMS += tests/store/test_db
TESTS += tests/store/test_db
tests_store_test_db_SOURCES = tests/store/test_db.c $(ENGINES)
