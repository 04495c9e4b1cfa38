/* SPDX-License-Identifier: Apache-2.0 */
/* Upkeep of the store's files. */
#include "api/admin/store_job.h"

enum job_rc
store_checkpoint_job(struct job *j)
{
    /* A reader in the way is met again next time. */
    return db_checkpoint(j->db) == DB_FAIL ? JOB_LATER : JOB_DONE;
}
