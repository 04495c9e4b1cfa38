# SPDX-License-Identifier: Apache-2.0
#
# A fuzzer is tests/fuzz/fuzz_x.c with its seeds and regressions in
# tests/fuzz/corpus/x/ (one input a file):
#   EXTRA_PROGRAMS += tests/fuzz/fuzz_x
#   tests_fuzz_fuzz_x_SOURCES = tests/fuzz/fuzz_x.c
#   tests_fuzz_fuzz_x_LDFLAGS = $(FUZZ_LINK)
# They are built by ./configure CC=clang --enable-fuzzers and run by
# tests/fuzz/run.

FUZZ_LINK = $(AM_LDFLAGS) -fsanitize=fuzzer

EXTRA_DIST += tests/fuzz/fuzz.h tests/fuzz/fuzz_file.h tests/fuzz/run

fuzz-programs: $(filter tests/fuzz/%,$(EXTRA_PROGRAMS))
list-fuzzers:
	@printf '%s\n' $(filter tests/fuzz/%,$(EXTRA_PROGRAMS))
.PHONY: fuzz-programs list-fuzzers

EXTRA_PROGRAMS += tests/fuzz/fuzz_reading_pack
tests_fuzz_fuzz_reading_pack_SOURCES = tests/fuzz/fuzz_reading_pack.c
tests_fuzz_fuzz_reading_pack_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/reading_pack

EXTRA_PROGRAMS += tests/fuzz/fuzz_row
tests_fuzz_fuzz_row_SOURCES = tests/fuzz/fuzz_row.c
tests_fuzz_fuzz_row_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/row

EXTRA_PROGRAMS += tests/fuzz/fuzz_lse
tests_fuzz_fuzz_lse_SOURCES = tests/fuzz/fuzz_lse.c
tests_fuzz_fuzz_lse_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/lse

EXTRA_PROGRAMS += tests/fuzz/fuzz_csv
tests_fuzz_fuzz_csv_SOURCES = tests/fuzz/fuzz_csv.c
tests_fuzz_fuzz_csv_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/csv

EXTRA_PROGRAMS += tests/fuzz/fuzz_template
tests_fuzz_fuzz_template_SOURCES = tests/fuzz/fuzz_template.c
tests_fuzz_fuzz_template_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/template

EXTRA_PROGRAMS += tests/fuzz/fuzz_tzif
tests_fuzz_fuzz_tzif_SOURCES = tests/fuzz/fuzz_tzif.c
tests_fuzz_fuzz_tzif_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/tzif

EXTRA_PROGRAMS += tests/fuzz/fuzz_zip
tests_fuzz_fuzz_zip_SOURCES = tests/fuzz/fuzz_zip.c
tests_fuzz_fuzz_zip_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/zip
EXTRA_PROGRAMS += tests/fuzz/fuzz_url
tests_fuzz_fuzz_url_SOURCES = tests/fuzz/fuzz_url.c
tests_fuzz_fuzz_url_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/url

EXTRA_PROGRAMS += tests/fuzz/fuzz_registry
tests_fuzz_fuzz_registry_SOURCES = tests/fuzz/fuzz_registry.c
tests_fuzz_fuzz_registry_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/registry

EXTRA_PROGRAMS += tests/fuzz/fuzz_billed
tests_fuzz_fuzz_billed_SOURCES = tests/fuzz/fuzz_billed.c
tests_fuzz_fuzz_billed_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/billed

EXTRA_PROGRAMS += tests/fuzz/fuzz_name
tests_fuzz_fuzz_name_SOURCES = tests/fuzz/fuzz_name.c
tests_fuzz_fuzz_name_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/name

EXTRA_PROGRAMS += tests/fuzz/fuzz_conf
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c
tests_fuzz_fuzz_conf_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/conf

EXTRA_PROGRAMS += tests/fuzz/fuzz_cron
tests_fuzz_fuzz_cron_SOURCES = tests/fuzz/fuzz_cron.c
tests_fuzz_fuzz_cron_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/cron

EXTRA_PROGRAMS += tests/fuzz/fuzz_manifest
tests_fuzz_fuzz_manifest_SOURCES = tests/fuzz/fuzz_manifest.c
tests_fuzz_fuzz_manifest_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/manifest

EXTRA_PROGRAMS += tests/fuzz/fuzz_headers
tests_fuzz_fuzz_headers_SOURCES = tests/fuzz/fuzz_headers.c
tests_fuzz_fuzz_headers_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += tests/fuzz/corpus/headers

EXTRA_PROGRAMS += tests/fuzz/fuzz_pgp
tests_fuzz_fuzz_pgp_SOURCES = tests/fuzz/fuzz_pgp.c
tests_fuzz_fuzz_pgp_LDFLAGS = $(FUZZ_LINK)
tests_fuzz_fuzz_pgp_LDADD = $(LDADD) $(RNP_LIBS)
EXTRA_DIST += tests/fuzz/corpus/pgp
