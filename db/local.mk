# SPDX-License-Identifier: Apache-2.0
libmeterhouse_a_SOURCES += db/account.c
libmeterhouse_a_SOURCES += db/account.h
libmeterhouse_a_SOURCES += db/agreement.c
libmeterhouse_a_SOURCES += db/agreement.h
libmeterhouse_a_SOURCES += db/audit.c
libmeterhouse_a_SOURCES += db/audit.h
libmeterhouse_a_SOURCES += db/backup.c
libmeterhouse_a_SOURCES += db/backup.h
libmeterhouse_a_SOURCES += db/backup_parts.h
libmeterhouse_a_SOURCES += db/backup_pg.c
libmeterhouse_a_SOURCES += db/backup_sqlite.c
libmeterhouse_a_SOURCES += db/billed.c
libmeterhouse_a_SOURCES += db/billed.h
libmeterhouse_a_SOURCES += db/conn.c
libmeterhouse_a_SOURCES += db/db.c
libmeterhouse_a_SOURCES += db/db.h
libmeterhouse_a_SOURCES += db/engine.h
libmeterhouse_a_SOURCES += db/job.c
libmeterhouse_a_SOURCES += db/job.h
libmeterhouse_a_SOURCES += db/gate.c
libmeterhouse_a_SOURCES += db/gate.h
libmeterhouse_a_SOURCES += db/load.c
libmeterhouse_a_SOURCES += db/load.h
libmeterhouse_a_SOURCES += db/migrate.c
libmeterhouse_a_SOURCES += db/migrate.h
libmeterhouse_a_SOURCES += db/pg.c
libmeterhouse_a_SOURCES += db/pg_value.c
libmeterhouse_a_SOURCES += db/pg_value.h
libmeterhouse_a_SOURCES += db/point.c
libmeterhouse_a_SOURCES += db/point.h
libmeterhouse_a_SOURCES += db/point_fact.c
libmeterhouse_a_SOURCES += db/point_fact.h
libmeterhouse_a_SOURCES += db/point_map.c
libmeterhouse_a_SOURCES += db/rc.c
libmeterhouse_a_SOURCES += db/rc.h
libmeterhouse_a_SOURCES += db/reading.c
libmeterhouse_a_SOURCES += db/reading.h
libmeterhouse_a_SOURCES += db/reading_bits.h
libmeterhouse_a_SOURCES += db/reading_core.h
libmeterhouse_a_SOURCES += db/reading_check.c
libmeterhouse_a_SOURCES += db/reading_frame.c
libmeterhouse_a_SOURCES += db/reading_home.c db/reading_home.h
libmeterhouse_a_SOURCES += db/reading_load.c
libmeterhouse_a_SOURCES += db/reading_pack.c
libmeterhouse_a_SOURCES += db/reading_pack.h
libmeterhouse_a_SOURCES += db/reading_pack_usual.c
libmeterhouse_a_SOURCES += db/reading_pg.c
libmeterhouse_a_SOURCES += db/reading_plan.h
libmeterhouse_a_SOURCES += db/reading_plane.h
libmeterhouse_a_SOURCES += db/reading_recover.c
libmeterhouse_a_SOURCES += db/reading_row.c db/reading_row.h
libmeterhouse_a_SOURCES += db/reading_source.c
libmeterhouse_a_SOURCES += db/reading_sqlite.c
libmeterhouse_a_SOURCES += db/reading_unpack.c
libmeterhouse_a_SOURCES += db/registry.c
libmeterhouse_a_SOURCES += db/registry.h
libmeterhouse_a_SOURCES += db/session.c
libmeterhouse_a_SOURCES += db/session.h
libmeterhouse_a_SOURCES += db/sqlite.c
libmeterhouse_a_SOURCES += db/stmt.c
libmeterhouse_a_SOURCES += db/store.h
libmeterhouse_a_SOURCES += db/store_check.c
libmeterhouse_a_SOURCES += db/store_stats.c
libmeterhouse_a_SOURCES += db/writer.c

# The schema: one line a migration.
MIGRATIONS =
MIGRATIONS += db/migrations/0001_account.sql
MIGRATIONS += db/migrations/0002_point.sql
MIGRATIONS += db/migrations/0003_load.sql
MIGRATIONS += db/migrations/0005_billed.sql
MIGRATIONS += db/migrations/0006_job.sql
MIGRATIONS += db/migrations/0007_audit.sql
MIGRATIONS += db/migrations/0010_load_content.sql
MIGRATIONS += db/migrations/0011_epoch.sql
MIGRATIONS += db/migrations/0004_reading.sql

db/migrations.c: db/embed.sh db/local.mk $(MIGRATIONS)
	$(AM_V_GEN)$(MKDIR_P) db && sh $(srcdir)/db/embed.sh \
	  $(filter %.sql,$^) > $@.tmp && mv $@.tmp $@

nodist_libmeterhouse_a_SOURCES += db/migrations.c
CLEANFILES += db/migrations.c
EXTRA_DIST += db/embed.sh $(MIGRATIONS)
