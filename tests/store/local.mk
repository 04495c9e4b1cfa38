# SPDX-License-Identifier: Apache-2.0
#
# Every store test runs on both engines: add $(ENGINES) to its sources.
ENGINES = tests/store/engines.c tests/store/engines.h
# Tests of readings share a little language of records.
RECORDS = tests/store/records.c tests/store/records.h $(ENGINES)
RUN_CMD = tests/store/run_cmd.c tests/store/run_cmd.h
EXTRA_DIST += tests/store/pg_fixture

check_PROGRAMS += tests/store/test_billed
TESTS += tests/store/test_billed
tests_store_test_billed_SOURCES = tests/store/test_billed.c $(ENGINES)

check_PROGRAMS += tests/store/test_coverage
TESTS += tests/store/test_coverage
tests_store_test_coverage_SOURCES = tests/store/test_coverage.c $(RECORDS)
tests_store_test_coverage_SOURCES += tests/store/table_files.c
tests_store_test_coverage_SOURCES += tests/store/table_files.h

check_PROGRAMS += tests/store/test_db
TESTS += tests/store/test_db
tests_store_test_db_SOURCES = tests/store/test_db.c $(ENGINES)

check_PROGRAMS += tests/store/test_load
TESTS += tests/store/test_load
tests_store_test_load_SOURCES = tests/store/test_load.c $(ENGINES)

check_PROGRAMS += tests/store/test_point
TESTS += tests/store/test_point
tests_store_test_point_SOURCES = tests/store/test_point.c $(ENGINES)

check_PROGRAMS += tests/store/test_point_book
TESTS += tests/store/test_point_book
tests_store_test_point_book_SOURCES = tests/store/test_point_book.c $(ENGINES)

check_PROGRAMS += tests/store/test_account
TESTS += tests/store/test_account
tests_store_test_account_SOURCES = tests/store/test_account.c $(ENGINES)
tests_store_test_account_SOURCES += tests/cheap_password.c

check_PROGRAMS += tests/store/test_agreement
TESTS += tests/store/test_agreement
tests_store_test_agreement_SOURCES = tests/store/test_agreement.c $(ENGINES)

check_PROGRAMS += tests/store/test_migrate
TESTS += tests/store/test_migrate
tests_store_test_migrate_SOURCES = tests/store/test_migrate.c $(ENGINES)
tests_store_test_migrate_SOURCES += tests/store/crash_calls.c
tests_store_test_migrate_SOURCES += tests/store/crash_calls.h
tests_store_test_migrate_SOURCES += tests/store/engine_dump.c

check_PROGRAMS += tests/store/test_pg
TESTS += tests/store/test_pg
tests_store_test_pg_SOURCES = tests/store/test_pg.c $(ENGINES)

check_PROGRAMS += tests/store/test_job
TESTS += tests/store/test_job
tests_store_test_job_SOURCES = tests/store/test_job.c $(ENGINES)

check_PROGRAMS += tests/store/test_reading
TESTS += tests/store/test_reading
tests_store_test_reading_SOURCES = tests/store/test_reading.c $(RECORDS)

check_PROGRAMS += tests/store/test_compact
TESTS += tests/store/test_compact
tests_store_test_compact_SOURCES = tests/store/test_compact.c $(RECORDS) \
	tests/store/crash_calls.c tests/store/crash_calls.h
check_PROGRAMS += tests/store/test_keep
TESTS += tests/store/test_keep
tests_store_test_keep_SOURCES = tests/store/test_keep.c $(RECORDS) \
	tests/store/crash_calls.c tests/store/crash_calls.h

check_PROGRAMS += tests/store/test_reading_version
TESTS += tests/store/test_reading_version
tests_store_test_reading_version_SOURCES = \
	tests/store/test_reading_version.c $(RECORDS)

USAGE_DAYS = tests/store/usage_days.c tests/store/usage_days.h
check_PROGRAMS += tests/store/test_usage
TESTS += tests/store/test_usage
tests_store_test_usage_SOURCES = tests/store/test_usage.c $(ENGINES)
tests_store_test_usage_SOURCES += $(USAGE_DAYS)
check_PROGRAMS += tests/store/test_inbox
TESTS += tests/store/test_inbox
tests_store_test_inbox_SOURCES = tests/store/test_inbox.c $(ENGINES)

check_PROGRAMS += tests/store/test_feed
TESTS += tests/store/test_feed
tests_store_test_feed_SOURCES = tests/store/test_feed.c \
	tests/store/engine_dump.c \
	tests/golden/golden.h tests/golden/hostile.c tests/golden/hostile.h \
	$(ENGINES)

check_PROGRAMS += tests/store/test_converge
TESTS += tests/store/test_converge
tests_store_test_converge_SOURCES = tests/store/test_converge.c $(ENGINES)
check_PROGRAMS += tests/store/test_registry
TESTS += tests/store/test_registry
tests_store_test_registry_SOURCES = tests/store/test_registry.c $(ENGINES)
tests_store_test_registry_SOURCES += tests/store/engine_dump.c
tests_store_test_registry_SOURCES += tests/store/table_files.c
tests_store_test_registry_SOURCES += tests/store/table_files.h

check_PROGRAMS += tests/store/test_billed_load
TESTS += tests/store/test_billed_load
tests_store_test_billed_load_SOURCES = tests/store/test_billed_load.c $(ENGINES)
tests_store_test_billed_load_SOURCES += tests/store/table_files.c
tests_store_test_billed_load_SOURCES += tests/store/table_files.h

check_PROGRAMS += tests/store/test_feed_table
TESTS += tests/store/test_feed_table
tests_store_test_feed_table_SOURCES = tests/store/test_feed_table.c $(ENGINES)

check_PROGRAMS += tests/store/test_user_cmd
TESTS += tests/store/test_user_cmd
tests_store_test_user_cmd_SOURCES = tests/store/test_user_cmd.c $(ENGINES) $(RUN_CMD)
check_PROGRAMS += tests/store/test_store
TESTS += tests/store/test_store
tests_store_test_store_SOURCES = tests/store/test_store.c $(ENGINES)
tests_store_test_store_SOURCES += tests/store/table_files.c
tests_store_test_store_SOURCES += tests/store/table_files.h

check_PROGRAMS += tests/store/test_load_cmd
TESTS += tests/store/test_load_cmd
tests_store_test_load_cmd_SOURCES = tests/store/test_load_cmd.c $(ENGINES) \
	$(RUN_CMD)
check_PROGRAMS += tests/store/test_backup
TESTS += tests/store/test_backup
BACKUPS = tests/store/backups.c tests/store/backups.h
BACKUPS += tests/store/table_files.c tests/store/table_files.h
BACKUPS += tests/store/engine_dump.c $(RECORDS)
tests_store_test_backup_SOURCES = tests/store/test_backup.c $(BACKUPS)
tests_store_test_backup_SOURCES += tests/store/crash_calls.c
tests_store_test_backup_SOURCES += tests/store/crash_calls.h

check_PROGRAMS += tests/store/test_restore_faults
TESTS += tests/store/test_restore_faults
tests_store_test_restore_faults_SOURCES = \
	tests/store/test_restore_faults.c $(BACKUPS)
tests_store_test_restore_faults_SOURCES += tests/crash/fault_vfs.c
tests_store_test_restore_faults_SOURCES += tests/crash/fault_vfs.h

check_PROGRAMS += tests/store/test_backup_since
TESTS += tests/store/test_backup_since
tests_store_test_backup_since_SOURCES = \
	tests/store/test_backup_since.c $(BACKUPS)

check_PROGRAMS += tests/store/test_scrub
TESTS += tests/store/test_scrub
tests_store_test_scrub_SOURCES = tests/store/test_scrub.c $(RECORDS)
check_PROGRAMS += tests/store/test_sync
TESTS += tests/store/test_sync
tests_store_test_sync_SOURCES = tests/store/test_sync.c $(RECORDS)
tests_store_test_sync_SOURCES += tests/crash/fault_vfs.c
tests_store_test_sync_SOURCES += tests/crash/fault_vfs.h
