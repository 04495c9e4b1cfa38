# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += tests/unit/unit.h

check_PROGRAMS += tests/unit/test_period
check_PROGRAMS += tests/unit/test_smt_csv
check_PROGRAMS += tests/unit/test_svg
TESTS += tests/unit/test_period tests/unit/test_smt_csv tests/unit/test_svg
tests_unit_test_period_SOURCES = tests/unit/test_period.c
tests_unit_test_smt_csv_SOURCES = tests/unit/test_smt_csv.c
tests_unit_test_svg_SOURCES = tests/unit/test_svg.c

check_PROGRAMS += tests/unit/test_arena_buf
TESTS += tests/unit/test_arena_buf
tests_unit_test_arena_buf_SOURCES = tests/unit/test_arena_buf.c

check_PROGRAMS += tests/unit/test_catalog
TESTS += tests/unit/test_catalog
tests_unit_test_catalog_SOURCES = tests/unit/test_catalog.c

check_PROGRAMS += tests/unit/test_clock
TESTS += tests/unit/test_clock
tests_unit_test_clock_SOURCES = tests/unit/test_clock.c

check_PROGRAMS += tests/unit/test_conf
TESTS += tests/unit/test_conf
tests_unit_test_conf_SOURCES = tests/unit/test_conf.c

check_PROGRAMS += tests/unit/test_cron
TESTS += tests/unit/test_cron
tests_unit_test_cron_SOURCES = tests/unit/test_cron.c

check_PROGRAMS += tests/unit/test_csv
TESTS += tests/unit/test_csv
tests_unit_test_csv_SOURCES = tests/unit/test_csv.c

check_PROGRAMS += tests/unit/test_decimal
TESTS += tests/unit/test_decimal
tests_unit_test_decimal_SOURCES = tests/unit/test_decimal.c

check_PROGRAMS += tests/unit/test_file
TESTS += tests/unit/test_file
tests_unit_test_file_SOURCES = tests/unit/test_file.c

check_PROGRAMS += tests/unit/test_hash
TESTS += tests/unit/test_hash
tests_unit_test_hash_SOURCES = tests/unit/test_hash.c

check_PROGRAMS += tests/unit/test_log
TESTS += tests/unit/test_log
tests_unit_test_log_SOURCES = tests/unit/test_log.c

check_PROGRAMS += tests/unit/test_source
TESTS += tests/unit/test_source
tests_unit_test_source_SOURCES = tests/unit/test_source.c

check_PROGRAMS += tests/unit/test_spill
TESTS += tests/unit/test_spill
tests_unit_test_spill_SOURCES = tests/unit/test_spill.c

check_PROGRAMS += tests/unit/test_str
TESTS += tests/unit/test_str
tests_unit_test_str_SOURCES = tests/unit/test_str.c

check_PROGRAMS += tests/unit/test_template
TESTS += tests/unit/test_template
tests_unit_test_template_SOURCES = tests/unit/test_template.c

check_PROGRAMS += tests/unit/test_tz
TESTS += tests/unit/test_tz
tests_unit_test_tz_SOURCES = tests/unit/test_tz.c

check_PROGRAMS += tests/unit/test_generate
TESTS += tests/unit/test_generate
tests_unit_test_generate_SOURCES = tests/unit/test_generate.c
check_PROGRAMS += tests/unit/test_reading_pack
TESTS += tests/unit/test_reading_pack
tests_unit_test_reading_pack_SOURCES = tests/unit/test_reading_pack.c \
	tests/unit/random_day.c tests/unit/random_day.h

check_PROGRAMS += tests/unit/test_reading_row
TESTS += tests/unit/test_reading_row
tests_unit_test_reading_row_SOURCES = tests/unit/test_reading_row.c \
	tests/unit/random_day.c tests/unit/random_day.h
EXTRA_DIST += tests/golden/packed_day.py
EXTRA_DIST += tests/golden/rows_1.txt tests/golden/rows_1.want

check_PROGRAMS += tests/unit/test_lse
TESTS += tests/unit/test_lse
tests_unit_test_lse_SOURCES = tests/unit/test_lse.c \
	tests/golden/hostile.c tests/golden/hostile.h \
	tests/golden/golden.h
EXTRA_DIST += tests/golden/lse_good.lse tests/golden/lse_hostile.txt

check_PROGRAMS += tests/unit/test_lse_ways
TESTS += tests/unit/test_lse_ways
tests_unit_test_lse_ways_SOURCES = tests/unit/test_lse_ways.c

check_PROGRAMS += tests/unit/test_bar
TESTS += tests/unit/test_bar
tests_unit_test_bar_SOURCES = tests/unit/test_bar.c

check_PROGRAMS += tests/unit/test_piece_hash
TESTS += tests/unit/test_piece_hash
tests_unit_test_piece_hash_SOURCES = tests/unit/test_piece_hash.c

check_PROGRAMS += tests/unit/test_password
TESTS += tests/unit/test_password
tests_unit_test_password_SOURCES = tests/unit/test_password.c tests/unit/unit.h

check_PROGRAMS += tests/unit/test_feed_files
TESTS += tests/unit/test_feed_files
tests_unit_test_feed_files_SOURCES = tests/unit/test_feed_files.c

check_PROGRAMS += tests/unit/test_cmd
TESTS += tests/unit/test_cmd
tests_unit_test_cmd_SOURCES = tests/unit/test_cmd.c

check_PROGRAMS += tests/unit/test_limit
TESTS += tests/unit/test_limit
tests_unit_test_limit_SOURCES = tests/unit/test_limit.c

check_PROGRAMS += tests/unit/test_router
TESTS += tests/unit/test_router
tests_unit_test_router_SOURCES = tests/unit/test_router.c

check_PROGRAMS += tests/unit/test_tls
TESTS += tests/unit/test_tls
tests_unit_test_tls_SOURCES = tests/unit/test_tls.c

check_PROGRAMS += tests/unit/test_url
TESTS += tests/unit/test_url
tests_unit_test_url_SOURCES = tests/unit/test_url.c
check_PROGRAMS += tests/unit/test_table
TESTS += tests/unit/test_table
tests_unit_test_table_SOURCES = tests/unit/test_table.c

check_PROGRAMS += tests/unit/test_cache
TESTS += tests/unit/test_cache
tests_unit_test_cache_SOURCES = tests/unit/test_cache.c
