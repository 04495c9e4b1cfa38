/* SPDX-License-Identifier: Apache-2.0 */
/* meterhouse user: accounts and the meters they may read. */
#ifndef MH_ACCOUNT_USER_CMD_H
#define MH_ACCOUNT_USER_CMD_H

#include "api/commands.h"

enum cmd_rc user_add_cmd(struct cmd *c);
enum cmd_rc user_passwd_cmd(struct cmd *c);
enum cmd_rc user_list_cmd(struct cmd *c);
enum cmd_rc user_lock_cmd(struct cmd *c);
enum cmd_rc user_unlock_cmd(struct cmd *c);
enum cmd_rc user_link_cmd(struct cmd *c);
enum cmd_rc user_unlink_cmd(struct cmd *c);

#endif
