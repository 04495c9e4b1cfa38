/* SPDX-License-Identifier: Apache-2.0 */
/* The administrators' pages, for api/routes.c. */
#ifndef MH_ADMIN_ADMIN_PAGE_H
#define MH_ADMIN_ADMIN_PAGE_H

#include "server/http/req.h"

enum fault admin_overview_page(struct req *r); /* GET /admin */
enum fault admin_load_page(struct req *r);     /* GET /admin/loads/{} */
/* Completeness: regulators too, but for the meters. */
enum fault admin_coverage_page(struct req *r);     /* GET /admin/coverage */
enum fault admin_coverage_day_page(struct req *r); /* GET …/day */
enum fault admin_coverage_file(struct req *r);     /* GET …/file */
enum fault admin_coverage_json(struct req *r);     /* GET /api/admin/coverage */
enum fault admin_coverage_meters(struct req *r);   /* POST …/meters */
enum fault admin_meters_file(struct req *r);       /* POST …/meters/file */

#endif
