/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MH_ADMIN_STORE_CMD_H
#define MH_ADMIN_STORE_CMD_H

#include "api/commands.h"

enum cmd_rc store_stats_cmd(struct cmd *c);
enum cmd_rc store_check_cmd(struct cmd *c);

#endif
