# SPDX-License-Identifier: Apache-2.0
#
# What the parts of the benchmark share; sourced by bench.sh, which sets top,
# build, dir (BENCH_DIR), work (a folder that ends with the run) and runs.

program=$build/meterhouse
here=$top/tests/bench
peers=$dir/peers # node_modules and the scripts that need them
pg= ch=
password=bluebonnet-patio-9 # of everybody

note() { printf '%s\n' "$*" >&2; }

# median of the numbers on standard input; of two in the middle the lower
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# calc EXPRESSION: a number with up to six digits
calc() { awk "BEGIN { printf \"%.6g\", $1 }"; }

# put ITEM METRIC VALUE: one result of this part
put() {
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$part" "$size" "$1" "$2" "$3" \
        "$(cut -d' ' -f1 /proc/loadavg)" "$(date +%s)" >>"$results"
    note "    $1 $2 $3"
}

# got ITEM METRIC: what `put` has of it in this part
got() {
    awk -F'\t' -v p="$part" -v s="$size" -v i="$1" -v m="$2" \
        '$1 == p && $2 == s && $3 == i && $4 == m { v = $5 } END { print v }' \
        "$results"
}

# timed COMMAND…: its seconds come in `took`, what it says in $work/said
timed() {
    local began=$EPOCHREALTIME rc
    "$@" >"$work/said" 2>"$work/errors"
    rc=$?
    took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
    [ $rc = 0 ] || { tail -n 5 "$work/said" "$work/errors" >&2; }
    return $rc
}

# rounds N ITEM…: runs run_ITEM N times, one item after another, so that a
# change of the machine's mood meets them all; the median goes to `put ITEM s`.
# run_ITEM sets `took`; when it fails its item is out.
rounds() {
    local n=$1 item i
    shift
    for ((i = 0; i < n; i++)); do
        for item in "$@"; do
            [ -e "$work/out.$item" ] && continue
            if "run_${item//-/_}"; then
                echo "$took" >>"$work/took.$item"
            else
                note "    $item failed"
                : >"$work/out.$item"
            fi
        done
    done
    for item in "$@"; do
        [ -s "$work/took.$item" ] && [ ! -e "$work/out.$item" ] &&
            put "$item" s "$(median <"$work/took.$item")"
    done
    rm -f "$work"/took.* "$work"/out.*
}

# warm FILE…: into the page cache
warm() { cat "$@" >/dev/null; }

# room GB WHAT: refuses what the disk cannot hold
room() {
    local free
    free=$(df -k --output=avail "$dir" | tail -n 1)
    note "    $2: about $1 GB in $dir, where $((free / 1000000)) GB are free"
    awk -v need="$1" -v free="$free" 'BEGIN { exit need * 1e6 > free }' && return
    note "    that does not fit: skipped"
    return 1
}

# json KEY: a number of the JSON on standard input
json() { sed -n "s/.*\"$1\":\"\{0,1\}\([0-9.-]*\).*/\1/p"; }

# ---- what is there ----------------------------------------------------------

# wanted PEER: it is installed, and BENCH_PEERS does not leave it out
wanted() {
    [[ " ${BENCH_PEERS-duckdb clickhouse postgres node} " == *" $1 "* ]] ||
        return 1
    case $1 in
    duckdb) [ -d "$peers/node_modules/@duckdb/node-api" ] ;;
    node) [ -d "$peers/node_modules/better-sqlite3" ] ;;
    clickhouse) command -v clickhouse-server >/dev/null &&
        command -v clickhouse-client >/dev/null ;;
    postgres) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ||
        command -v initdb >/dev/null ;;
    esac
}

say_absent() {
    local p
    for p in duckdb clickhouse postgres node; do
        wanted "$p" || note "    skipped: $p (not installed, or left out by" \
            "BENCH_PEERS); make bench-install gets it"
    done
}

# ---- PostgreSQL: one cluster, durable, for the product and its peer ---------

pg_answers() {
    psql "host=$dir/pg port=5432 user=postgres" -qAtc 'SELECT 1' >/dev/null 2>&1
}

pg_up() {
    [ -n "${pg:-}" ] && return 0
    wanted postgres || return 1
    local d=$dir/pg
    if [ ! -d "$d/data" ]; then
        PG_FSYNC=on sh "$top/tests/store/pg_fixture" start "$d" 8>&- \
            >/dev/null ||
            return 1
        cat >>"$d/data/postgresql.conf" <<C
shared_buffers = $(awk '/^MemTotal/ { print int($2 / 6000) }' /proc/meminfo)MB
maintenance_work_mem = 1GB
work_mem = 64MB
max_wal_size = 16GB
checkpoint_timeout = 15min
effective_cache_size = 12GB
jit = off
C
        sh "$top/tests/store/pg_fixture" restart "$d" 8>&-
    elif ! pg_answers; then
        sh "$top/tests/store/pg_fixture" up "$d" 8>&- >/dev/null 2>&1
        # one that was cut off while it loaded may take minutes to recover
        for _ in $(seq 300); do
            pg_answers && break
            sleep 2
        done
        pg_answers || return 1
    fi
    pg="host=$d port=5432 user=postgres"
}

pg_down() {
    [ -n "${pg:-}" ] || return 0
    sql postgres CHECKPOINT
    sh "$top/tests/store/pg_fixture" down "$dir/pg"
    pg=
}

# sql DATABASE TEXT…: each text a command of its own
sql() {
    local words=() t db=$1
    shift
    for t in "$@"; do words+=(-c "$t"); done
    PGOPTIONS='--client-min-messages=warning' \
        psql "$pg dbname=$db" -qAtX -v ON_ERROR_STOP=1 "${words[@]}"
}

pg_drop() { sql postgres "DROP DATABASE IF EXISTS $1 WITH (FORCE)"; }

# ---- ClickHouse: a server of our own ------------------------------------------

ch_up() {
    [ -n "${ch:-}" ] && return 0
    wanted clickhouse || return 1
    local d=$dir/clickhouse
    mkdir -p "$d"
    sed "s#@DIR@#$d#g" "$here/peers/clickhouse.xml" >"$d/config.xml"
    cp "$here/peers/clickhouse-users.xml" "$d/users.xml"
    (cd "$d" && exec clickhouse-server --config-file="$d/config.xml" \
        >"$d/out" 2>&1 </dev/null 8>&-) &
    ch=$!
    for _ in $(seq 100); do
        query 'SELECT 1' >/dev/null 2>&1 && return 0
        kill -0 $ch 2>/dev/null || break
        sleep 0.2
    done
    note "    ClickHouse did not start: $(tail -n 3 "$d/out")"
    ch=
    return 1
}

ch_down() {
    [ -n "${ch:-}" ] || return 0
    kill "$ch" 2>/dev/null
    wait "$ch" 2>/dev/null
    ch=
}

query() { clickhouse-client --host 127.0.0.1 --port 18900 --query "$1"; }
