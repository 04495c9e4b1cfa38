# SPDX-License-Identifier: Apache-2.0
# Programs that measure; built by name, run by hand.
EXTRA_PROGRAMS += tests/bench/bench_lse
tests_bench_bench_lse_SOURCES = tests/bench/bench_lse.c
tests_bench_bench_lse_LDADD = libmeterhouse.a $(DEPS_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_points
tests_bench_bench_points_SOURCES = tests/bench/bench_points.c
tests_bench_bench_points_LDADD = libmeterhouse.a $(DEPS_LIBS)
