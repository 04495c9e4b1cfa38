/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MH_ADMIN_KEEP_CMD_H
#define MH_ADMIN_KEEP_CMD_H

#include "api/commands.h"

enum cmd_rc store_retention_cmd(struct cmd *c);
enum cmd_rc store_compact_cmd(struct cmd *c);

#endif
