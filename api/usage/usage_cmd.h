/* SPDX-License-Identifier: Apache-2.0 */
/* meterhouse usage ESIID --from D --to D: one point's usage on standard output,
 * as the operator of the store. */
#ifndef MH_USAGE_USAGE_CMD_H
#define MH_USAGE_USAGE_CMD_H

#include "api/commands.h"

enum cmd_rc usage_cmd(struct cmd *c);

#endif
