# SPDX-License-Identifier: Apache-2.0
#
# Tests of pages and answers: add $(HTTP_CASE) to a test's sources and
# $(HTTP_LIBS) as its LDADD; see http_case.h.
HTTP_CASE = tests/http/http_case.c tests/http/http_case.h
HTTP_OWN = $(HTTP_CASE) tests/http/own_app.c tests/http/own_app.h \
	tests/http/raw.c tests/http/raw.h
HTTP_PEOPLE = $(HTTP_CASE) tests/http/people.c tests/http/people.h
HTTP_LIBS = $(LDADD) $(CURL_LIBS)

if HAVE_CURL
check_PROGRAMS += tests/http/test_account
TESTS += tests/http/test_account
tests_http_test_account_SOURCES = tests/http/test_account.c $(HTTP_PEOPLE)
tests_http_test_account_SOURCES += tests/cheap_password.c
tests_http_test_account_LDADD = $(HTTP_LIBS)

check_PROGRAMS += tests/http/test_admin
TESTS += tests/http/test_admin
tests_http_test_admin_SOURCES = tests/http/test_admin.c $(HTTP_PEOPLE)
tests_http_test_admin_SOURCES += tests/golden/golden.h
tests_http_test_admin_LDADD = $(HTTP_LIBS)

check_PROGRAMS += tests/http/test_foreign
TESTS += tests/http/test_foreign
tests_http_test_foreign_SOURCES = tests/http/test_foreign.c $(HTTP_PEOPLE)
tests_http_test_foreign_SOURCES += $(USAGE_DAYS)
tests_http_test_foreign_LDADD = $(HTTP_LIBS)

check_PROGRAMS += tests/http/test_server
TESTS += tests/http/test_server
tests_http_test_server_SOURCES = tests/http/test_server.c $(HTTP_OWN)
tests_http_test_server_LDADD = $(HTTP_LIBS)

check_PROGRAMS += tests/http/test_strict
TESTS += tests/http/test_strict
tests_http_test_strict_SOURCES = tests/http/test_strict.c $(HTTP_OWN)
tests_http_test_strict_LDADD = $(HTTP_LIBS)

check_PROGRAMS += tests/http/test_pressure
TESTS += tests/http/test_pressure
tests_http_test_pressure_SOURCES = tests/http/test_pressure.c $(HTTP_OWN)
tests_http_test_pressure_LDADD = $(HTTP_LIBS)
check_PROGRAMS += tests/http/test_kept
TESTS += tests/http/test_kept
tests_http_test_kept_SOURCES = tests/http/test_kept.c $(HTTP_PEOPLE)
tests_http_test_kept_SOURCES += $(USAGE_DAYS)
tests_http_test_kept_LDADD = $(HTTP_LIBS)
check_PROGRAMS += tests/http/test_usage
TESTS += tests/http/test_usage
tests_http_test_usage_SOURCES = tests/http/test_usage.c $(HTTP_PEOPLE)
tests_http_test_usage_SOURCES += $(USAGE_DAYS)
tests_http_test_usage_LDADD = $(HTTP_LIBS)
endif
