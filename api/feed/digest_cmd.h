/* SPDX-License-Identifier: Apache-2.0 */
/* meterhouse digest: by what a file is known. */
#ifndef MH_FEED_DIGEST_CMD_H
#define MH_FEED_DIGEST_CMD_H

#include "api/commands.h"

enum cmd_rc digest_cmd(struct cmd *c);

#endif
