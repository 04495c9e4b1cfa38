/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of people: home, sign-in, profile, first administrator. */
#ifndef MH_ACCOUNT_ACCOUNT_PAGE_H
#define MH_ACCOUNT_ACCOUNT_PAGE_H

#include "api/account/login.h"
#include "server/http/req.h"

#define PASSWORD_FIELD 1024 /* bytes; the rule itself refuses long ones */

enum fault account_home(struct req *r);         /* GET  / */
enum fault account_sign_in_form(struct req *r); /* GET  /sign-in */
enum fault account_sign_in(struct req *r);      /* POST /sign-in */
enum fault account_sign_out(struct req *r);     /* POST /sign-out */
enum fault account_profile(struct req *r);      /* GET  /profile */
enum fault account_lang(struct req *r);         /* POST /profile/language */
enum fault account_password(struct req *r);     /* POST /profile/password */
enum fault account_session_end(struct req *r);  /* POST /profile/session */
enum fault account_sessions_end(struct req *r); /* POST /profile/sessions */
enum fault account_first_form(struct req *r);   /* GET  /first-admin */
enum fault account_first(struct req *r);        /* POST /first-admin */

/* A field of a form that was filled in. */
static inline bool
account_given(const char *field)
{
    return field && *field;
}

/* Where a role begins after sign-in. */
const char *account_start_path(const char *role);
/* Gives the browser its new session and device. */
void account_cookies(struct req *r, const struct login *l);
/* "Please wait 20 seconds …", with the Retry-After header. */
char *account_wait_text(struct req *r, int64_t seconds);

#endif
