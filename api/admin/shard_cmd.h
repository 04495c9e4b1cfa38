/* SPDX-License-Identifier: Apache-2.0 */
/* `meterhouse store shards …` */
#ifndef MH_ADMIN_SHARD_CMD_H
#define MH_ADMIN_SHARD_CMD_H

#include "api/commands.h"

enum cmd_rc store_shards_cmd(struct cmd *c);
enum cmd_rc store_shards_init_cmd(struct cmd *c);
enum cmd_rc store_shards_add_cmd(struct cmd *c);
enum cmd_rc store_shards_remove_cmd(struct cmd *c);
enum cmd_rc store_shards_balance_cmd(struct cmd *c);
enum cmd_rc store_shards_sql_cmd(struct cmd *c);

#endif
