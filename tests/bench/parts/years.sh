# SPDX-License-Identifier: Apache-2.0
#
# Four hundred days of 20,000 meters: loading them, and reading thirteen months
# of one.  The store and the peers' are kept for the parts that follow.

years_from=2024-06-06 years_to=2025-07-05 # 395 days
years_data=$dir/years-store
duck=$dir/duck.db

# years_store: loads everything into a fresh store that knows the meters
years_store() {
    rm -rf "$years_data"
    cp -a "$known" "$years_data" && rm -f "$years_data/ready" &&
        timed "$program" load --data "$years_data" "$in/lse" || return 1
    echo "$took" >"$years_data/ready"
}

# years_need: the same for parts that only need it
years_need() {
    years_input && known_store || return 1
    if [ -e "$years_data/ready" ]; then
        up_to_date "$years_data"
    else
        years_store
    fi
}

# spread N: that many ESI IDs, evenly over all
spread() {
    awk -v n="$1" -v all="$(wc -l <"$in/ids")" \
        'int(NR * n / all) > int((NR - 1) * n / all)' "$in/ids"
}

# ---- peers' stores ----------------------------------------------------------

years_duckdb() {
    wanted duckdb || return 1
    [ -e "$duck.ready" ] && return
    note "    filling DuckDB"
    rm -f "$duck"* "$work/pipe"
    mkfifo "$work/pipe"
    many "$in/lse" "$build/tests/bench/peers/lse2csv" list >"$work/pipe" &
    node "$peers/duckdb.mjs" load "$duck" list "$work/pipe" &&
        node "$peers/duckdb.mjs" cluster "$duck" &&
        node "$peers/duckdb.mjs" rows "$duck" "$bulk_from" "$bulk_to" &&
        holds duckdb "$(node "$peers/duckdb.mjs" sums "$duck")" &&
        : >"$duck.ready"
}

years_clickhouse() {
    ch_up || return 1
    [ -e "$dir/clickhouse/ready" ] && return
    note "    filling ClickHouse"
    query 'DROP TABLE IF EXISTS years' && query 'CREATE TABLE years (
        esiid String, day UInt32, kwh Array(Float32), status String)
        ENGINE = MergeTree PARTITION BY intDiv(day, 100)
        ORDER BY (esiid, day) SETTINGS index_granularity = 256' &&
        many "$in/lse" "$build/tests/bench/peers/lse2csv" list |
        query 'INSERT INTO years FORMAT CSV' &&
        query 'OPTIMIZE TABLE years FINAL' &&
        holds clickhouse "$(query 'SELECT count(), sum(arrayReduce('"'sum'"',
            arrayMap(x -> toInt64(round(x * 1000)), kwh))) FROM years
            FORMAT TSV' | tr '\t' ' ')" &&
        : >"$dir/clickhouse/ready"
}

years_postgres() {
    pg_up || return 1
    [ -e "$dir/pg.ready" ] && return
    note "    filling PostgreSQL"
    pg_table 'esiid text, day date, kwh real[] NOT NULL, status text NOT NULL' \
        'esiid, day' && pg_fill wide && pg_drop years &&
        sql bench_peer 'VACUUM ANALYZE' &&
        sql postgres 'ALTER DATABASE bench_peer RENAME TO years' &&
        holds postgres "$(sql years 'SELECT count(*), sum((SELECT
            sum(round(x * 1000)::bigint) FROM unnest(kwh) x)) FROM reading' |
            tr '|' ' ')" &&
        : >"$dir/pg.ready"
}

# holds PEER "RECORDS WH": what the slow reader says
holds() {
    [ "$2" = "$(answer_of "$in/answers")" ] && return
    note "    $1 holds $2; the slow reader says $(answer_of "$in/answers")"
    return 1
}

years_peers() {
    years_duckdb
    years_clickhouse
    years_postgres
    return 0
}

# ---- reading thirteen months of one ------------------------------------------

# latency ITEM COMMAND…: it prints p50 and p99 in ms, a line for each kind
latency() {
    local item=$1
    shift
    timed "$@" || { note "    $item failed"; return 1; }
    put "$item" p50 "$(sed -n '1s/ .*//p' "$work/said")"
    put "$item" p99 "$(sed -n '1s/^[^ ]* \([^ ]*\).*/\1/p' "$work/said")"
}

# The product's second line is of daily sums, and both lines end in the sum of
# all that was read.
latency_ours() {
    latency "$1" "$build/tests/bench/bench_read" query "$2" "$work/ids" \
        "$years_from" "$years_to" || return 1
    put "$1-sums" p50 "$(sed -n '2s/ .*//p' "$work/said")"
    put "$1-sums" p99 "$(sed -n '2s/^[^ ]* \([^ ]*\).*/\1/p' "$work/said")"
    [ "$(awk '{ print $3 }' "$work/said" | uniq | wc -l)" = 1 ] ||
        put "$1" wrong 1
}

years_part() {
    years_input && known_store || return 1
    room "$(calc "$size * 0.6e-6")" "stores of $size records" || return 1
    warm "$in"/lse/*.lse
    years_store || return 1
    put sqlite s "$took"
    put sqlite bytes "$(calc "$("$program" store stats --json \
        --data "$years_data" | json reading_bytes) / $size")"
    as_answered all "sqlite:$years_data/store" sqlite
    as_answered some "sqlite:$years_data/store" sqlite
    as_recorded all lse "$years_data" sqlite
    spread 200 >"$work/ids"
    latency_ours sqlite "sqlite:$years_data/store"
    "$program" jobs run --until-idle --data "$years_data" >"$work/said" 2>&1
    years_duckdb && latency duckdb-list node "$peers/duckdb.mjs" query "$duck" \
        "$work/ids" "$years_from" "$years_to"
    wanted node && years_clickhouse && latency clickhouse-list node \
        "$peers/clickhouse.mjs" "$work/ids" "${years_from//-/}" "${years_to//-/}"
    years_postgres && latency postgres-list \
        "$build/tests/bench/peers/pg_query" "$pg dbname=years" "$work/ids" \
        "$years_from" "$years_to"
    ch_down
    return 0
}
