# SPDX-License-Identifier: Apache-2.0
#
# The page of daily bars, thirteen months of one meter, over TLS: wrk and the
# server on the same cores.

people=100 # meters of the account whose pages are asked for
page_seconds=${BENCH_PAGE_SECONDS:-6}
page_clock=2025-07-06T15:00:00Z # the day after the newest: histories have ends

# serve_up DATA [NAME=VALUE…]: sets url; the server's number goes to `servers`
serve_up() {
    local data=$1
    shift
    : >"$work/serve.out"
    env MH_REQUESTS_PER_SECOND=0 MH_CONNECTIONS_PER_IP=500 MH_LOG_LEVEL=error \
        PORT=0 "$@" "$program" serve --data "$data" \
        >"$work/serve.out" 2>"$work/serve.log" 8>&- &
    servers+=($!)
    for _ in $(seq 200); do
        url=$(sed -n 's/^Meterhouse serves \(https:[^ ]*\).*/\1/p' \
            "$work/serve.out")
        [ -n "$url" ] && return
        sleep 0.1
    done
    note "    serve did not start: $(tail -n 3 "$work/serve.log")"
    return 1
}
serve_down() {
    local p
    for p in "${servers[@]}"; do
        kill "$p" 2>/dev/null
        wait "$p" 2>/dev/null
    done
    servers=()
}

# customer DATA IDS: somebody who may see all of these ESI IDs
customer() {
    local id
    [ -e "$1/customer" ] && return
    note "    making a customer of $(wc -l <"$2") meters"
    echo "$password" | "$program" user add visitor --data "$1" >"$work/said" 2>&1
    while read -r id; do
        "$program" user link visitor "$id" --from 2020-01-01 --data "$1" \
            >"$work/said" 2>&1 || { cat "$work/said" >&2; return 1; }
    done <"$2"
    : >"$1/customer"
}

# page_paths FIRST COUNT: paths of every meter's page, COUNT spans each
page_paths() {
    local k d
    for ((d = 0; d < $2; d++)); do
        from=$(date -d "$1 +$d days" +%F)
        for ((k = 1; k <= $(wc -l <"$work/ids"); k++)); do
            echo "/meters/$k/range?from=$from&to=$years_to&report=daily"
        done
    done
}

# hammer ITEM PATHS CONNECTIONS: the median of $runs
hammer() {
    local n
    : >"$work/wrk"
    for ((n = 0; n < runs; n++)); do
        COOKIE=$cookie wrk -t1 -c"$3" -d"$page_seconds" --latency \
            -s "$here/peers/paths.lua" "$url" -- "$2" >"$work/said" || return 1
        awk 'function ms(t) { return t ~ /us$/ ? t / 1000 : t ~ /ms$/ ? t + 0 : \
                t * 1000 }
            /^ *50%/ { p50 = ms($2) } /^ *99%/ { p99 = ms($2) }
            /Requests\/sec/ { rate = $2 } /Non-2xx/ { bad = $NF }
            /Socket errors/ { bad += $4 + $6 + $8 + $10 }
            /requests in/ { gsub(/,/, "") }
            END { print rate, p50, p99, bad + 0 }' "$work/said" >>"$work/wrk"
    done
    read -r rate p50 p99 bad < <(sort -g "$work/wrk" | sed -n "$(((runs + 1) / 2))p")
    put "$1" rate "$rate"
    put "$1" p50 "$p50"
    put "$1" p99 "$p99"
    [ "$bad" = 0 ] || put "$1" wrong "$bad"
}

# page_visitor: serves $work/data to somebody who is signed in
page_visitor() {
    serve_up "$work/data" MH_CLOCK=$page_clock || return 1
    cookie=$("$build/tests/bench/bench_visit" "$url" visitor cookie \
        <<<"$password") || return 1
    cookie=${cookie#Cookie: }
}

# As the loads left it, then as the daily job leaves it, which rewrites months
# that ended 45 days ago.
page_ours() {
    cp -a --reflink=auto "$years_data" "$work/data"
    spread $people >"$work/ids"
    page_paths $years_from 1 >"$work/paths"
    # what a cache of whole pages or of one span may not know
    page_paths 2024-06-07 300 >"$work/paths-many"
    customer "$work/data" "$work/ids" && page_visitor || return 1
    hammer page-loaded "$work/paths-many" 16
    serve_down
    MH_CLOCK=$page_clock timed "$program" store compact --data "$work/data" ||
        return 1
    as_recorded some lse "$work/data" page-many
    page_visitor || return 1
    curl -sk --noproxy '*' -b "$cookie" "$url$(head -n 1 "$work/paths")" \
        >"$work/page.html"
    put page bytes "$(stat -c %s "$work/page.html")"
    hammer page-many "$work/paths-many" 16
    hammer page "$work/paths" 16
    hammer page-64 "$work/paths" 64
    serve_down
}

# ---- the peer ---------------------------------------------------------------

# page_peer_store: $people ESI IDs of all days in SQLite, a row an interval
page_peer_store() {
    peer_db=$in/page.db
    [ -e "$peer_db.ready" ] && return
    command -v sqlite3 >/dev/null || { note "    skipped: no sqlite3"; return 1; }
    note "    filling SQLite for the Node server"
    rm -f "$peer_db"* "$work/pipe"
    spread $people >"$work/ids"
    mkfifo "$work/pipe"
    many "$in/lse" "$build/tests/bench/peers/lse2csv" rows |
        awk -F, 'NR == FNR { want[$1]; next } $1 in want' "$work/ids" - \
        >"$work/pipe" &
    sqlite3 "$peer_db" >"$work/said" 2>&1 <<Q && : >"$peer_db.ready"
PRAGMA page_size = 8192;
PRAGMA journal_mode = OFF;
CREATE TABLE reading (esiid TEXT, day INT, i INT, kwh REAL, status TEXT,
    PRIMARY KEY (esiid, day, i)) WITHOUT ROWID;
.mode csv
.import $work/pipe reading
Q
}

page_peer() {
    wanted node || return
    page_peer_store || return
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout "$work/key.pem" -out "$work/cert.pem" -days 3 \
        -subj /CN=localhost 2>/dev/null
    node "$peers/page_server.mjs" "$peer_db" "$work/cert.pem" "$work/key.pem" 2 \
        >"$work/node.out" 2>&1 8>&- &
    servers+=($!)
    for _ in $(seq 100); do
        url=$(sed -n 's#^ready #https://127.0.0.1:#p' "$work/node.out")
        [ -n "$url" ] && break
        sleep 0.1
    done
    [ -n "$url" ] || { cat "$work/node.out" >&2; return; }
    cookie=
    sed 's#^#/usage/#' "$work/ids" >"$work/paths"
    hammer node "$work/paths" 16
    put node bytes "$(curl -sk --noproxy '*' "$url$(head -n 1 "$work/paths")" |
        wc -c)"
    serve_down
}

page_part() {
    command -v wrk >/dev/null || { note "    skipped: no wrk"; return 0; }
    years_need || return 1
    page_ours
    spread $people >"$work/ids"
    page_peer
    return 0
}
