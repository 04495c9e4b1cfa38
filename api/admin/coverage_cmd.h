/* SPDX-License-Identifier: Apache-2.0 */
/* `meterhouse coverage`. */
#ifndef MH_ADMIN_COVERAGE_CMD_H
#define MH_ADMIN_COVERAGE_CMD_H

#include "api/commands.h"

enum cmd_rc coverage_cmd(struct cmd *c);

#endif
