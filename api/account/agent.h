/* SPDX-License-Identifier: Apache-2.0 */
/* Names of browsers and systems out of a User-Agent, for the list of
 * sessions.  Borrowed; NULL when unknown. */
#ifndef MH_ACCOUNT_AGENT_H
#define MH_ACCOUNT_AGENT_H

const char *agent_browser(const char *user_agent);
const char *agent_system(const char *user_agent);

#endif
