# SPDX-License-Identifier: Apache-2.0
#
# Keeping the store: a backup, one since that, a restore, checking everything, and
# a migration where an older program is given (BENCH_OLD, a meterhouse).

keep_backup() {
    rm -rf "$dir/backup"
    timed "$program" backup "$dir/backup" --data "$years_data" || return 1
    put backup s "$took"
    put backup bytes "$(du -sb "$dir/backup" | cut -f1)"
    rm -rf "$dir/backup-2"
    timed "$program" backup "$dir/backup-2" --since "$dir/backup" \
        --data "$years_data" || return 1
    put again s "$took"
    timed "$program" backup "$dir/backup-2" --verify --data "$years_data" ||
        return 1
    put verify s "$took"
}

keep_restore() {
    rm -rf "$work/data"
    mkdir "$work/data"
    timed "$program" restore "$dir/backup-2" --data "$work/data" || return 1
    put restore s "$took"
    as_answered some "sqlite:$work/data/store" restore
    rm -rf "$work/data" "$dir/backup" "$dir/backup-2"
}

keep_check() {
    timed "$program" store check --data "$years_data" || return 1
    put check s "$took"
}

# A store that the older program filled, brought up to date by this one.
keep_migration() {
    [ -n "${BENCH_OLD:-}" ] || {
        note "    skipped: migration (BENCH_OLD names no older meterhouse)"
        return
    }
    local old=$dir/old-store
    [ -e "$old/ready" ] || {
        note "    filling a store by $BENCH_OLD"
        rm -rf "$old"
        "$BENCH_OLD" load --data "$old" "$in/registry" >"$work/said" 2>&1 &&
            "$BENCH_OLD" load --data "$old" "$in/lse" >"$work/said" 2>&1 &&
            : >"$old/ready" || return 1
    }
    rm -rf "$work/data"
    cp -a --reflink=auto "$old" "$work/data"
    sync -f "$work/data"
    put migration from "$(sqlite3 "$work/data/store/market.db" \
        'SELECT count(*) FROM migration')"
    timed migrated "$work/data" || return 1
    put migration s "$took"
    put migration to "$(sqlite3 "$work/data/store/market.db" \
        'SELECT count(*) FROM migration')"
    as_answered some "sqlite:$work/data/store" migration
}

keep_part() {
    years_need || return 1
    room "$(calc "$size * 0.6e-6")" "a backup and a restored store" || return 1
    keep_backup && keep_restore
    keep_check
    keep_migration
    return 0
}
