/* SPDX-License-Identifier: Apache-2.0 */
/* meterhouse load and unload. */
#ifndef MH_FEED_LOAD_CMD_H
#define MH_FEED_LOAD_CMD_H

#include "api/commands.h"

enum cmd_rc load_cmd(struct cmd *c);
enum cmd_rc unload_cmd(struct cmd *c);

#endif
