# SPDX-License-Identifier: Apache-2.0
# Programs that measure; built by name, run by hand: docs/performance.md.
EXTRA_PROGRAMS += tests/bench/bench_lse
tests_bench_bench_lse_SOURCES = tests/bench/bench_lse.c
tests_bench_bench_lse_LDADD = libmeterhouse.a $(DEPS_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_points
tests_bench_bench_points_SOURCES = tests/bench/bench_points.c
tests_bench_bench_points_LDADD = libmeterhouse.a $(DEPS_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_floor
tests_bench_bench_floor_SOURCES = tests/bench/bench_floor.c
tests_bench_bench_floor_LDADD = libmeterhouse.a $(DEPS_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_registry
tests_bench_bench_registry_SOURCES = tests/bench/bench_registry.c
tests_bench_bench_registry_LDADD = libmeterhouse.a $(DEPS_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_reading
tests_bench_bench_reading_SOURCES = tests/bench/bench_reading.c
tests_bench_bench_reading_LDADD = libmeterhouse.a $(DEPS_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_coverage
tests_bench_bench_coverage_SOURCES = tests/bench/bench_coverage.c
tests_bench_bench_coverage_LDADD = libmeterhouse.a $(DEPS_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_read
tests_bench_bench_read_SOURCES = tests/bench/bench_read.c
tests_bench_bench_read_LDADD = libmeterhouse.a $(DEPS_LIBS)
if HAVE_CURL
EXTRA_PROGRAMS += tests/bench/bench_visit
tests_bench_bench_visit_SOURCES = tests/bench/bench_visit.c
tests_bench_bench_visit_LDADD = libmeterhouse.a $(DEPS_LIBS) $(CURL_LIBS)
endif
# What others would do: none of the product's code is in these.
EXTRA_PROGRAMS += tests/bench/peers/lse2csv tests/bench/peers/parse_floor
EXTRA_PROGRAMS += tests/bench/peers/pg_query
tests_bench_peers_pg_query_SOURCES = tests/bench/peers/pg_query.c
tests_bench_peers_pg_query_LDADD = $(DEPS_LIBS)
tests_bench_peers_lse2csv_SOURCES = tests/bench/peers/lse2csv.c
tests_bench_peers_parse_floor_SOURCES = tests/bench/peers/parse_floor.c

EXTRA_DIST += tests/bench/answers.awk tests/bench/bench.sh \
	tests/bench/document.sh \
	tests/bench/http_bench.sh tests/bench/install.sh tests/bench/lib.sh \
	tests/bench/page_bench.sh \
	tests/bench/records.pl tests/bench/run tests/bench/table.awk \
	tests/bench/parts/bulk.sh tests/bench/parts/coverage.sh \
	tests/bench/parts/input.sh \
	tests/bench/parts/keep.sh tests/bench/parts/live.sh \
	tests/bench/parts/load.sh tests/bench/parts/page.sh \
	tests/bench/parts/prepare.sh tests/bench/parts/steps.sh \
	tests/bench/parts/years.sh \
	tests/bench/peers/.npmrc tests/bench/peers/clickhouse-users.xml \
	tests/bench/peers/clickhouse.mjs tests/bench/peers/clickhouse.xml \
	tests/bench/peers/duckdb.mjs tests/bench/peers/page_server.mjs \
	tests/bench/peers/paths.lua \
	tests/bench/peers/package-lock.json tests/bench/peers/package.json

bench_programs = $(filter tests/bench/%,$(EXTRA_PROGRAMS))
bench-programs: $(bench_programs) meterhouse$(EXEEXT)

# On a quiet machine, please.
bench: bench-programs
	$(srcdir)/tests/bench/bench.sh .
bench-install:
	$(srcdir)/tests/bench/install.sh
bench-doc:
	$(srcdir)/tests/bench/document.sh
bench-clean:
	rm -rf "$${BENCH_DIR:-/var/tmp/meterhouse-bench}"
.PHONY: bench bench-clean bench-doc bench-install bench-programs
