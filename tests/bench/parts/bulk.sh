# SPDX-License-Identifier: Apache-2.0
#
# Bulk: 1,000 ESI IDs, 30 days, every interval, to a file.

bulk_from=2025-06-01 bulk_to=2025-06-30

# What the slow reader expects of it: esiid,yyyymmdd,interval,kwh,status sorted
bulk_want() {
    local day files=()
    spread 1000 >"$work/ids"
    [ -e "$in/bulk-want" ] && return
    for day in $(seq 0 29); do
        files+=("$in"/lse/*IntervalData"$(date -d "$bulk_from +$((day + 1)) days" \
            +%Y%m%d)"*.lse)
    done
    printf '%s\n' "${files[@]}" | xargs cat |
        awk -F, 'NR == FNR { want[$1]; next }
            $1 == "00000001" { id = $2; day = substr($4, 1, 8); n = 0; next }
            /^1/ && id in want { for (i = 2; i < NF && $(i + 1) != ""; i += 3)
                print id "," day "," ++n "," $i "," $(i + 1) }' "$work/ids" - |
        sort >"$in/bulk-want"
}

# bulk_is ITEM: lines on standard input, like those of bulk_want
bulk_is() {
    sort | cmp - "$in/bulk-want" >&2 && put "$1" equal all && return
    put "$1" wrong 1
}

# The formats of ours in that form.  The market's CSV writes .145 for 0.145 and
# 1.2 for 1.200, and has times: the n-th quarter of an hour starts where it
# should on a day without a clock change, or is no interval.
lines_csv() {
    awk -F, 'function clock(m) {
            return sprintf("%02d:%02d", int(m / 60) % 24, m % 60)
        }
        NR > 1 { split($2, d, "/"); k = $6
            day = substr($1, 2) "," d[3] d[1] d[2]
            if (day != last) { last = day; n = 0 }
            at = $4 == clock(15 * n) && $5 == clock(15 * (n + 1)) ? n + 1 : $4
            n++
            if (k ~ /^\./) k = "0" k
            if (k !~ /\./) k = k "."
            while (length(k) - index(k, ".") < 3) k = k "0"
            print day "," at "," k "," $7 }' "$work/csv"
}
lines_iso() {
    awk -F, 'NR > 1 { gsub(/-/, "", $2); print $1 "," $2 "," $3 "," $8 "," $9 }' \
        "$work/iso"
}
lines_lse() {
    awk -F, '$1 == "00000001" { id = $2; day = substr($4, 1, 8); n = 0; next }
        /^1/ { for (i = 2; i < NF && $(i + 1) != ""; i += 3)
            print id "," day "," ++n "," $i "," $(i + 1) }' "$work/lse"
}

# the program writes to a new file that a shell gave it, as a user has it; to
# cut an old one off whose pages are still being written takes half as long again
bulk_run() {
    rm -f "$work/$1"
    timed sh -c '"$@" >"$0"' "$work/$1" "${bulk_command[@]}" --format "$1"
}
run_csv() { bulk_run csv; }
run_iso() { bulk_run iso; }
run_lse() { bulk_run lse; }

run_duckdb_rows() {
    rm -f "$work/duck.csv"
    node "$peers/duckdb.mjs" export "$duck" "$work/ids" "$bulk_from" "$bulk_to" \
        "$work/duck.csv" >"$work/said" || return 1
    took=$(cut -d' ' -f2 "$work/said")
}
run_clickhouse_list() {
    timed clickhouse-client --host 127.0.0.1 --port 18900 --query "
        SELECT esiid, day, i, k, substring(status, i, 1) FROM years
        ARRAY JOIN kwh AS k, arrayEnumerate(kwh) AS i
        WHERE day >= ${bulk_from//-/} AND day <= ${bulk_to//-/} AND esiid IN (
        SELECT esiid FROM want) FORMAT CSV" && mv "$work/said" "$work/ch.csv"
}
run_postgres_list() {
    timed sql years "COPY (SELECT r.esiid, r.day, u.i, u.kwh,
        substr(r.status, u.i::int, 1) FROM reading r JOIN want USING (esiid),
        unnest(r.kwh) WITH ORDINALITY u (kwh, i)
        WHERE r.day BETWEEN '$bulk_from' AND '$bulk_to') TO STDOUT (FORMAT csv)" &&
        mv "$work/said" "$work/pg.csv"
}

# bulk_peer ITEM FILE: its size, and whether it has every interval to the Wh,
# as its values are 32-bit floats
bulk_peer() {
    [ -s "$2" ] || return
    put "$1" bytes "$(stat -c %s "$2")"
    awk -F, '{ gsub(/"/, ""); gsub(/-/, "", $2)
        printf "%s,%s,%d,%.3f,%s\n", $1, $2, $3, $4, $5 }' "$2" | bulk_is "$1"
}

bulk_ours() {
    local format
    if ! "$program" help export >/dev/null 2>&1; then
        note "    skipped: this program has no command export"
        return
    fi
    bulk_command=("$program" export --data "$years_data" --from "$bulk_from"
        --to "$bulk_to" --points "$work/ids")
    rounds "$runs" csv iso lse
    [ -n "$(got csv s)" ] && [ -n "$(got iso s)" ] && [ -n "$(got lse s)" ] ||
        return 1
    for format in csv iso lse; do
        put $format bytes "$(stat -c %s "$work/$format")"
        lines_$format | bulk_is $format
    done
}

bulk_part() {
    local items=()
    years_need && bulk_want || return 1
    put input intervals "$(wc -l <"$in/bulk-want")"
    bulk_ours
    years_duckdb && items+=(duckdb-rows)
    years_clickhouse && items+=(clickhouse-list) &&
        query 'DROP TABLE IF EXISTS want' && query 'CREATE TABLE want
            (esiid String) ENGINE = Memory' &&
        clickhouse-client --host 127.0.0.1 --port 18900 \
            --query 'INSERT INTO want FORMAT CSV' <"$work/ids"
    years_postgres && items+=(postgres-list) && sql years \
        'DROP TABLE IF EXISTS want' 'CREATE TABLE want (esiid text)' &&
        sql years 'COPY want FROM STDIN' <"$work/ids" && sql years 'ANALYZE want'
    [ ${#items[@]} = 0 ] || rounds "$runs" "${items[@]}"
    bulk_peer duckdb-rows "$work/duck.csv"
    bulk_peer clickhouse-list "$work/ch.csv"
    bulk_peer postgres-list "$work/pg.csv"
    ch_down
}
