/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every URL of the product.  A row says who may enter, which face a fault
 * wears, and which parameters exist; add rows under your ability's heading.
 * /healthz, /metrics, /language and /static/ belong to the server itself.
 */
#include "api/routes.h"

#include "api/account/account_page.h"
#include "api/admin/admin_page.h"
#include "api/usage/usage_page.h"

/* clang-format off */
const struct route ROUTES[] = {
    /* method, path, who, face, function, params, body_most */
    /* ---- people ---- */
    {"GET", "/", WHO_ANYONE, FACE_PAGE, account_home, NULL, 0},
    {"GET", "/sign-in", WHO_ANYONE, FACE_PAGE, account_sign_in_form, "next",
     0},
    {"POST", "/sign-in", WHO_ANYONE, FACE_PAGE, account_sign_in,
     "login password next", 0},
    {"POST", "/sign-out", WHO_ANYONE, FACE_PAGE, account_sign_out, NULL, 0},
    {"GET", "/profile", WHO_SIGNED_IN, FACE_PAGE, account_profile, "done", 0},
    {"POST", "/profile/language", WHO_SIGNED_IN, FACE_PAGE, account_lang,
     "lang", 0},
    {"POST", "/profile/password", WHO_SIGNED_IN, FACE_PAGE, account_password,
     "username password new_password", 0},
    {"POST", "/profile/session", WHO_SIGNED_IN, FACE_PAGE,
     account_session_end, "session", 0},
    {"POST", "/profile/sessions", WHO_SIGNED_IN, FACE_PAGE,
     account_sessions_end, NULL, 0},
    {"GET", "/first-admin", WHO_ANYONE, FACE_PAGE, account_first_form, NULL,
     0},
    {"POST", "/first-admin", WHO_ANYONE, FACE_PAGE, account_first,
     "token login name password", 0},
    /* ---- usage ---- */
    {"GET", "/meters", WHO_CUSTOMER, FACE_PAGE, usage_meters_page, NULL, 0},
    {"GET", "/meters/{}", WHO_CUSTOMER, FACE_PAGE, usage_newest_page, NULL, 0},
    {"GET", "/meters/{}/day", WHO_CUSTOMER, FACE_PAGE, usage_page,
     "day report", 0},
    {"GET", "/meters/{}/week", WHO_CUSTOMER, FACE_PAGE, usage_page,
     "day report", 0},
    {"GET", "/meters/{}/month", WHO_CUSTOMER, FACE_PAGE, usage_page,
     "day report", 0},
    {"GET", "/meters/{}/year", WHO_CUSTOMER, FACE_PAGE, usage_page,
     "day report", 0},
    {"GET", "/meters/{}/range", WHO_CUSTOMER, FACE_PAGE, usage_page,
     "from to report", 0},
    {"GET", "/api/meters/{}/day", WHO_CUSTOMER, FACE_JSON, usage_json,
     "day report", 0},
    {"GET", "/api/meters/{}/week", WHO_CUSTOMER, FACE_JSON, usage_json,
     "day report", 0},
    {"GET", "/api/meters/{}/month", WHO_CUSTOMER, FACE_JSON, usage_json,
     "day report", 0},
    {"GET", "/api/meters/{}/year", WHO_CUSTOMER, FACE_JSON, usage_json,
     "day report", 0},
    {"GET", "/api/meters/{}/range", WHO_CUSTOMER, FACE_JSON, usage_json,
     "from to report", 0},
    {"GET", "/meters/{}/file", WHO_CUSTOMER, FACE_FILE, usage_file_page,
     "from to report format", 0},
    /* ---- administration ---- */
    {"GET", "/admin", WHO_ADMIN, FACE_PAGE, admin_overview_page, "update", 0},
    {"GET", "/admin/loads/{}", WHO_ADMIN, FACE_PAGE, admin_load_page, NULL, 0},
    {"GET", "/admin/coverage", WHO_OVERSEER, FACE_PAGE, admin_coverage_page,
     "until tdsp rep", 0},
    {"GET", "/admin/coverage/day", WHO_OVERSEER, FACE_PAGE,
     admin_coverage_day_page, "day tdsp rep", 0},
    {"GET", "/admin/coverage/file", WHO_OVERSEER, FACE_FILE,
     admin_coverage_file, "from to view tdsp rep", 0},
    {"GET", "/api/admin/coverage", WHO_OVERSEER, FACE_JSON,
     admin_coverage_json, "from to view tdsp rep", 0},
    {"POST", "/admin/coverage/meters", WHO_ADMIN, FACE_PAGE,
     admin_coverage_meters, "day pick after", 0},
    {"POST", "/admin/coverage/meters/file", WHO_ADMIN, FACE_FILE,
     admin_meters_file, "day pick", 0},
    {0},
};
/* clang-format on */
