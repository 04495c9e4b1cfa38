# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES += \
	api/usage/bills.c \
	api/usage/bulk.c api/usage/bulk.h \
	api/usage/compare.c \
	api/usage/export_cmd.c api/usage/export_cmd.h \
	api/usage/export.c api/usage/export.h \
	api/usage/export_out.c api/usage/export_out.h \
	api/usage/fresh.c \
	api/usage/iso_csv.c api/usage/iso_csv.h \
	api/usage/json_out.c \
	api/usage/lines.c \
	api/usage/lse_out.c api/usage/lse_out.h \
	api/usage/period.c api/usage/period.h \
	api/usage/smt_csv.c api/usage/smt_csv.h \
	api/usage/sum_csv.c \
	api/usage/usage.c api/usage/usage.h \
	api/usage/usage_chart_page.c \
	api/usage/usage_cmd.c api/usage/usage_cmd.h \
	api/usage/usage_facts_page.c \
	api/usage/usage_file_page.c \
	api/usage/usage_json.c \
	api/usage/usage_kept_page.c api/usage/usage_kept_page.h \
	api/usage/usage_links_page.c \
	api/usage/usage_load.h \
	api/usage/usage_meters_page.c \
	api/usage/usage_page.c api/usage/usage_page.h \
	api/usage/usage_show_page.c api/usage/usage_show_page.h \
	api/usage/usage_view.c \
	api/usage/usage_words_page.c
