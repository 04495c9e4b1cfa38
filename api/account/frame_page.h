/* SPDX-License-Identifier: Apache-2.0 */
/* What the frame of every page shows of the person: name, menu, help line. */
#ifndef MH_ACCOUNT_FRAME_PAGE_H
#define MH_ACCOUNT_FRAME_PAGE_H

#include "server/http/route.h"

/* http_app.frame: adds site, user and menu to the view. */
void account_frame(const struct req *r, json_t *view);
/* http_app.may_enter and http_app.signed_in. */
bool account_may_enter(const struct actor *who, enum who gate);
bool account_signed_in(const struct actor *who);

#endif
