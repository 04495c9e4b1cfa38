/* SPDX-License-Identifier: Apache-2.0 */
/* meterhouse export: intervals of many points into one file. */
#ifndef MH_USAGE_EXPORT_CMD_H
#define MH_USAGE_EXPORT_CMD_H

#include "api/commands.h"

enum cmd_rc export_cmd(struct cmd *c);

#endif
