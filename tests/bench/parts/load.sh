# SPDX-License-Identifier: Apache-2.0
#
# Loading: one operating day of $size meters, files warm, each file validated
# and durable, against what could take the same files.

run_read() { timed many "$in/lse" "$build/tests/bench/peers/parse_floor" read; }
run_parse() { timed many "$in/lse" "$build/tests/bench/peers/parse_floor" plain; }
run_parse_vector() {
    timed many "$in/lse" "$build/tests/bench/peers/parse_floor" vector
}

run_sqlite_floor() {
    rm -f "$work"/floor.db*
    "$build/tests/bench/bench_floor" "$work/floor.db" "$size" 120 >"$work/said" ||
        return 1
    took=$(sed 's/.*rows, \([0-9.]*\) s.*/\1/' "$work/said")
    rm -f "$work"/floor.db*
}

# store_holds ITEM STORE: what the first run left: bytes a record of readings,
# with keys and index, and whether it is what the slow readers say: sums of one
# ESI ID in 37 as pages read them, or of all, and every record as exported.
# To ask PostgreSQL for millions of points takes minutes: of one in 37, unless
# BENCH_COMPARE=all, and everything is counted.
store_holds() {
    local which=some records=all feed=${3:-lse}
    ! asked "$1" || return 0
    "$program" store stats --json --data "$work/data" >"$work/stats" || return 1
    [ "$(json reading_records <"$work/stats")" = "$size" ] || {
        note "    $1 holds $(json reading_records <"$work/stats") of $size"
        return 1
    }
    put "$1" bytes "$(calc "$(json reading_bytes <"$work/stats") / $size")"
    [[ $1 == sqlite && $size -le 500000 ]] && which=all
    as_answered $which "$2" "$1"
    [[ $1 == postgres && $size -gt 1000000 && ${BENCH_COMPARE:-} != all ]] &&
        records=some
    as_counted "$2" "$1"
    as_recorded $records "$feed" "$work/data" "$1"
    return 0
}

# sqlite_run FEED ITEM: a load into a fresh copy of the store that knows
# every meter
sqlite_run() {
    rm -rf "$work/data"
    cp -a "$known" "$work/data"
    sync -f "$work/data"
    timed "$program" load --data "$work/data" "$in/$1" || return 1
    store_holds "$2" "sqlite:$work/data/store" "$1"
}
run_sqlite() { sqlite_run lse sqlite; }
run_sqlite_plain() { sqlite_run plain sqlite-plain; }

run_postgres() {
    pg_drop bench_run && sql postgres \
        "CREATE DATABASE bench_run TEMPLATE $known_db STRATEGY file_copy" ||
        return 1
    sql postgres CHECKPOINT
    rm -rf "$work/data"
    cp -a "$known_data" "$work/data"
    export MH_STORE="postgres:$pg dbname=bench_run"
    timed "$program" load --data "$work/data" "$in/lse" &&
        store_holds postgres "$MH_STORE"
    local rc=$?
    unset MH_STORE
    return $rc
}

# ---- peers ------------------------------------------------------------------

# asked ITEM: its first run was looked at already
asked() { [ -n "$(got "$1" bytes)" ]; }

# peer_answer ITEM RECORDS WH BYTES: does it hold what the slow reader says?
peer_answer() {
    local want
    want=$(answer_of "${peer_answers:-$in/answers}")
    put "$1" bytes "$(calc "$4 / $2")"
    [ "$2 $3" = "$want" ] && put "$1" equal all && return
    note "    $1 says $2 records, $3 Wh; the slow reader $want"
    put "$1" wrong 1
}

convert() { many "${peer_input:-$in/lse}" "$build/tests/bench/peers/lse2csv" "$1"; }

run_duckdb() {
    rm -f "$work"/duck.db* "$work/pipe"
    mkfifo "$work/pipe"
    convert cols >"$work/pipe" &
    timed node "$peers/duckdb.mjs" load "$work/duck.db" cols "$work/pipe"
    local rc=$?
    wait $!
    [ $rc = 0 ] || return 1
    asked duckdb || peer_answer duckdb $(node "$peers/duckdb.mjs" sums "$work/duck.db") \
        "$(stat -c %s "$work/duck.db")"
    rm -f "$work"/duck.db*
}

clickhouse_table() {
    query 'DROP TABLE IF EXISTS reading' && query 'CREATE TABLE reading (
        esiid String, day UInt32, kwh Array(Float32), status String)
        ENGINE = MergeTree PARTITION BY intDiv(day, 100)
        ORDER BY (esiid, day) SETTINGS index_granularity = 256'
}
# it does not sync what it writes: that is asked for at the end
clickhouse_fill() {
    convert list | query 'INSERT INTO reading FORMAT CSV' && sync
}
run_clickhouse() {
    clickhouse_table && timed clickhouse_fill || return 1
    asked clickhouse || peer_answer clickhouse $(query 'SELECT count(),
        sum(arrayReduce('"'sum'"', arrayMap(x -> toInt64(round(x * 1000)), kwh)))
        FROM reading FORMAT TSV') \
        "$(query "SELECT sum(bytes) FROM system.parts
            WHERE active AND table = 'reading'")"
    query 'DROP TABLE reading'
}

# pg_table COLUMNS KEY: partitions a month, the key in place
pg_table() {
    pg_drop bench_peer && sql postgres 'CREATE DATABASE bench_peer' &&
        sql bench_peer "CREATE TABLE reading ($1, PRIMARY KEY ($2))
            PARTITION BY RANGE (day)" "DO \$\$ BEGIN FOR m IN 0..35 LOOP
            EXECUTE format('CREATE TABLE reading_%s PARTITION OF reading
                FOR VALUES FROM (%L) TO (%L)', m,
                date '2024-01-01' + make_interval(months => m),
                date '2024-01-01' + make_interval(months => m + 1));
            END LOOP; END \$\$" && sql postgres CHECKPOINT
}
pg_fill() { convert "$1" | sql bench_peer 'COPY reading FROM STDIN (FORMAT csv)'; }
pg_bytes() {
    sql bench_peer "SELECT sum(pg_total_relation_size(oid)) FROM pg_class
        WHERE relname LIKE 'reading\\_%' AND relkind = 'r'"
}
run_postgres_array() {
    pg_table 'esiid text, day date, kwh real[] NOT NULL, status text NOT NULL' \
        'esiid, day' && timed pg_fill wide || return 1
    asked postgres-array || peer_answer postgres-array $(sql bench_peer 'SELECT count(*), sum((SELECT
        sum(round(x * 1000)::bigint) FROM unnest(kwh) x)) FROM reading' |
        tr '|' ' ') "$(pg_bytes)"
    pg_drop bench_peer
}
run_postgres_rows() {
    pg_table 'esiid text, day date, i smallint, kwh real NOT NULL,
        status "char" NOT NULL' 'esiid, day, i' && timed pg_fill rows || return 1
    peer_answer postgres-rows $(sql bench_peer 'SELECT count(*) / 96,
        sum(round(kwh * 1000)::bigint) FROM reading' | tr '|' ' ') \
        "$(pg_bytes)"
    pg_drop bench_peer
}

# A hundred thousand records only: it is that slow.
rows_part() {
    local files=()
    [ "$size" -ge 100000 ] || return 0
    mkdir -p "$work/some"
    mapfile -t files < <(find "$in/lse" -name '*001.lse' | sort | head -n 2)
    ln -s "${files[@]}" "$work/some/"
    answers "$work/some" >"$work/some/answers"
    peer_input=$work/some peer_answers=$work/some/answers
    rounds 1 postgres-rows
    put postgres-rows records "$(answer_of "$work/some/answers" | cut -d' ' -f1)"
    peer_input='' peer_answers=''
}

# ---- the part ---------------------------------------------------------------

load_prepare() {
    day_input "$size" && known_store && records_want lse || return 1
    [ "$size" -gt 1000000 ] || { plain_input && records_want plain; } || return 1
    pg_up && known_database
    return 0
}

load_part() {
    local items=(read parse parse-vector sqlite-floor sqlite)
    load_prepare || return 1
    room "$(calc "$size * 1.2e-6 + 0.5")" "stores of $size records" || return 1
    put input bytes "$(calc "$(cat "$in"/lse/*.lse | wc -c) / $size")"
    put input files "$(ls "$in"/lse/*.lse | wc -l)"
    put cpu load "$(cut -d' ' -f1-3 /proc/loadavg | tr ' ' ,)"
    [ "$size" -gt 1000000 ] || items+=(sqlite-plain)
    wanted duckdb && items+=(duckdb)
    ch_up && items+=(clickhouse)
    pg_up && items+=(postgres postgres-array)
    say_absent
    rounds "$runs" "${items[@]}"
    pg_up && rows_part && pg_drop bench_run
    ch_down
    return 0
}
