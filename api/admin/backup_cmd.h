/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MH_ADMIN_BACKUP_CMD_H
#define MH_ADMIN_BACKUP_CMD_H

#include "api/commands.h"

enum cmd_rc backup_cmd(struct cmd *c);
enum cmd_rc restore_cmd(struct cmd *c);

#endif
