# SPDX-License-Identifier: Apache-2.0
#
# Keeping the store: a backup, one since that, a restore, checking everything, and
# a migration of what an older program stored.

# The last commit before readings got rows of format 2; a release to measure
# from takes its place.
old_commit=4d4c04df316d7c7d3dcf12bd6dc9f382e95ccdf9

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
    as_recorded some lse "$work/data" restore
    rm -rf "$work/data" "$dir/backup" "$dir/backup-2"
}

keep_check() {
    timed "$program" store check --data "$years_data" || return 1
    put check s "$took"
}

# old_program: sets old, a meterhouse built from that commit, old_dir, and
# old_name; BENCH_OLD is another one, or `none`
old_program() {
    local from=${BENCH_OLD:-$old_commit}
    [ "$from" = none ] && { note "    skipped: migration (BENCH_OLD)"; return 1; }
    if [ -n "${BENCH_OLD:-}" ]; then
        old=$BENCH_OLD old_name=$(sha256sum <"$from" | cut -c1-7)
        old_dir=$dir/old-$old_name
        [ -x "$old" ] || { note "    no program: $old"; return 1; }
        mkdir -p "$old_dir"
        return
    fi
    old_name=${old_commit:0:7} old_dir=$dir/old-${old_commit:0:7}
    old=$old_dir/meterhouse
    [ -x "$old" ] && return
    git -C "$top" cat-file -e "$old_commit^{commit}" 2>/dev/null || {
        note "    skipped: migration (no history here that holds commit" \
            "$old_name; BENCH_OLD may name an older meterhouse)"
        return 1
    }
    note "    building commit $old_name"
    rm -rf "$old_dir"
    mkdir -p "$old_dir/src"
    git -C "$top" archive "$old_commit" | tar -x -C "$old_dir/src" &&
        (cd "$old_dir/src" && autoreconf -i && ./configure &&
            make -j2 meterhouse) >"$work/said" 2>&1 8>&- &&
        cp "$old_dir/src/meterhouse" "$old" && rm -rf "$old_dir/src" ||
        { tail -n 5 "$work/said" >&2; return 1; }
}

# old_store: what it made of the files of `years`
old_store() {
    old_program || return 1
    [ -e "$old_dir/ready" ] && return
    note "    filling a store by $old_name"
    rm -rf "$old_dir/store"
    mkdir -p "$old_dir/store"
    "$old" load --data "$old_dir/store" "$in/registry" >"$work/said" 2>&1 &&
        "$old" load --data "$old_dir/store" "$in/lse" >"$work/said" 2>&1 &&
        : >"$old_dir/ready" || { tail -n 5 "$work/said" >&2; return 1; }
}

# The older program's store, brought up to date by this one.
keep_migration() {
    old_store || return
    rm -rf "$work/data"
    cp -a --reflink=auto "$old_dir/store" "$work/data"
    sync -f "$work/data"
    put migration old "$old_name"
    put migration from "$(sqlite3 "$work/data/store/market.db" \
        'SELECT count(*) FROM migration')"
    timed migrated "$work/data" || return 1
    put migration s "$took"
    put migration to "$(sqlite3 "$work/data/store/market.db" \
        'SELECT count(*) FROM migration')"
    as_answered some "sqlite:$work/data/store" migration
    as_recorded some lse "$work/data" migration
}

keep_part() {
    years_need || return 1
    room "$(calc "$size * 0.6e-6")" "a backup and a restored store" || return 1
    keep_backup && keep_restore
    keep_check
    keep_migration
    return 0
}
