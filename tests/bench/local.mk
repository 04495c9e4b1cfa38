# SPDX-License-Identifier: Apache-2.0
# Programs that measure; built by name, run by hand.
EXTRA_PROGRAMS += tests/bench/bench_lse
tests_bench_bench_lse_SOURCES = tests/bench/bench_lse.c
tests_bench_bench_lse_LDADD = libmeterhouse.a $(DEPS_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_points
tests_bench_bench_points_SOURCES = tests/bench/bench_points.c
tests_bench_bench_points_LDADD = libmeterhouse.a $(DEPS_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_floor
tests_bench_bench_floor_SOURCES = tests/bench/bench_floor.c
tests_bench_bench_floor_LDADD = libmeterhouse.a $(DEPS_LIBS)
EXTRA_DIST += tests/bench/load.sh tests/bench/http_bench.sh
EXTRA_PROGRAMS += tests/bench/bench_registry
tests_bench_bench_registry_SOURCES = tests/bench/bench_registry.c
tests_bench_bench_registry_LDADD = libmeterhouse.a $(DEPS_LIBS)

# Builds and runs them all, one after another: on a quiet machine, please.
bench: $(filter tests/bench/%,$(EXTRA_PROGRAMS)) meterhouse$(EXEEXT)
	tests/bench/bench_lse
	d=$$(mktemp -d) && tests/bench/bench_points sqlite:$$d/store; rm -rf $$d
	d=$$(mktemp -d) && tests/bench/bench_registry sqlite:$$d/store; rm -rf $$d
	$(srcdir)/tests/bench/load.sh .
	$(srcdir)/tests/bench/http_bench.sh .
.PHONY: bench
EXTRA_PROGRAMS += tests/bench/bench_reading
tests_bench_bench_reading_SOURCES = tests/bench/bench_reading.c
tests_bench_bench_reading_LDADD = libmeterhouse.a $(DEPS_LIBS)
