/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a sub-command in this process, on the store of a test. */
#ifndef MH_TEST_STORE_RUN_CMD_H
#define MH_TEST_STORE_RUN_CMD_H

#include "api/commands.h"
#include "tests/store/engines.h"

/* All that the newest command wrote, out and err together. */
extern char cmd_said[8192];

/* The engine of a test, and the settings that commands get point at it. */
struct engine *cmd_engine(void **state);
struct conf *cmd_conf(void);
/* Runs a command with words parted by blanks and that standard input. */
enum cmd_rc
cmd_run(enum cmd_rc (*fn)(struct cmd *c), const char *words, const char *input);
/* Fails unless the exit code is so and the output holds `part`. */
void cmd_expect(enum cmd_rc rc, enum cmd_rc wanted, const char *part);

#endif
