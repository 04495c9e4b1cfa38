/* SPDX-License-Identifier: Apache-2.0 */
/* The URLs of usage, for api/routes.c. */
#ifndef MH_USAGE_USAGE_PAGE_H
#define MH_USAGE_USAGE_PAGE_H

#include "server/http/req.h"

/* The list of meters; goes straight to the usage of a single one. */
enum fault usage_meters_page(struct req *r);

/* Goes to the newest month of a meter. */
enum fault usage_newest_page(struct req *r);
/* One meter and period; the last word of the route's path is its span. */
enum fault usage_page(struct req *r);
enum fault usage_json(struct req *r);

/* A file of any length: from, to, report, format. */
enum fault usage_file_page(struct req *r);

#endif
