/* SPDX-License-Identifier: Apache-2.0 */
/* meterhouse generate. */
#ifndef MH_FEED_GENERATE_CMD_H
#define MH_FEED_GENERATE_CMD_H

#include "api/commands.h"

enum cmd_rc generate_cmd(struct cmd *c);

#endif
