#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The page of thirteen months by day over TLS, with wrk on the same machine:
# without the cache of pages, with it, and as a phone asks for it (gzip), each
# beside the floor: the same bytes sent from memory by the same server.
#
#   page_bench.sh BUILD [SECONDS [METERS]]
#
# METERS points (1,000) of 400 days are made, eight of them are read in turn by
# eight people; BENCH_DATA keeps the store for the next run.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$(cd "${1:?build folder}" && pwd) seconds=${2:-5} meters=${3:-1000}
command -v wrk >/dev/null || { echo "page_bench: wrk is not installed"; exit 77; }
people=8 word="bench-porch-river-7"
work=$(mktemp -d "${BENCH_DIR:-/var/tmp}/meterhouse-page-XXXXXX")
data=${BENCH_DATA:-$work/data}
server=
trap 'stop; rm -rf "$work"' EXIT
export MH_TEMPLATES_DIR=$top/templates MH_STATIC_DIR=$work/static PORT=0
export MH_REQUESTS_PER_SECOND=0 MH_CONNECTIONS_PER_IP=500 MH_LOG_LEVEL=warn
cp -r "$top/static" "$work/static"

quiet() { "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; exit 3; }; }

stop() {
    [ -n "$server" ] && { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
    server=
}

# start CACHE_BYTES
start() {
    MH_PAGE_CACHE=$1 "$build/meterhouse" serve --data "$data" \
        >"$work/out" 2>"$work/log" &
    server=$!
    for _ in $(seq 200); do
        grep -q '^Meterhouse serves' "$work/out" && break
        sleep 0.1
    done
    url=$(sed -n 's/^Meterhouse serves \(https:[^ ]*\).*/\1/p' "$work/out")
    [ -n "$url" ] || { cat "$work/log"; exit 3; }
}

if [ ! -d "$data" ]; then
    quiet "$build/meterhouse" generate --out "$work/in" --seed 1 --tdsps 1 \
        --meters "$meters" --days 400 --solar 0 --gaps 0 --replaced 0 \
        --only lse,registry
    quiet "$build/meterhouse" load --data "$data" "$work/in/registry"
    quiet "$build/meterhouse" load --data "$data" "$work/in/lse"
    grep -ho '^[0-9]\{17\},' "$work"/in/registry/*.csv | tr -d , | sort -u |
        awk -v n="$people" '{ all[NR] = $1 } END {
            for (i = 0; i < n; i++) print all[1 + int(i * NR / n)] }' \
        >"$data/bench-esiids"
    n=0
    while read -r esiid; do
        n=$((n + 1))
        echo "$word" | quiet "$build/meterhouse" user add --data "$data" "bench$n"
        quiet "$build/meterhouse" user link --data "$data" "bench$n" "$esiid"
    done <"$data/bench-esiids"
    rm -rf "$work/in"
fi

# The session cookies of everybody.
sign_in() {
    local n csrf
    : >"$work/cookies"
    for n in $(seq "$people"); do
        csrf=$(curl -sk -c "$work/jar" "$url/sign-in" |
            sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -n 1)
        curl -sk -b "$work/jar" -c "$work/jar" -o "$work/said" "$url/sign-in" \
            --data-urlencode "csrf=$csrf" --data-urlencode "login=bench$n" \
            --data-urlencode "password=$word"
        awk '$6 == "__Host-session" { print $6 "=" $7 }' "$work/jar" \
            >>"$work/cookies"
    done
    [ "$(wc -l <"$work/cookies")" = "$people" ] ||
        { echo "page_bench: signing in failed" >&2; exit 3; }
}

to=$(date -d yesterday +%F)
page="/meters/1/range?from=$(date -d "$to -394 days" +%F)&to=$to&report=daily"
cat >"$work/ask.lua" <<'EOF'
local cookies, n = {}, 0
for line in io.lines(os.getenv("COOKIES")) do cookies[#cookies + 1] = line end
function request()
    n = n % #cookies + 1
    local headers = { ["Cookie"] = cookies[n] }
    if os.getenv("GZIP") then headers["Accept-Encoding"] = "gzip" end
    return wrk.format("GET", os.getenv("ASK"), headers)
end
EOF

# ask PATH CONNECTIONS: sets rate, p50, p99, wrong
ask() {
    local out
    out=$(ASK=$1 COOKIES=$work/cookies wrk -t1 -c"$2" -d"$seconds" --latency \
        -s "$work/ask.lua" "$url")
    rate=$(awk '/Requests\/sec/ { print $2 }' <<<"$out")
    p50=$(awk '/50%/ { print $2 }' <<<"$out")
    p99=$(awk '/99%/ { print $2 }' <<<"$out")
    wrong=$(sed -n 's/.*Non-2xx or 3xx responses: /, WRONG /p' <<<"$out")
}

# row LABEL PATH
row() {
    ask "$2" 16
    printf '%-26s c16 %8.0f req/s  p50 %-8s p99 %-8s  %3.0f %% of floor  load %s%s\n' \
        "$1" "$rate" "$p50" "$p99" \
        "$(awk -v a="$rate" -v b="$floor" 'BEGIN { print 100 * a / b }')" \
        "$(cut -d' ' -f1 /proc/loadavg)" "$wrong"
}

fetch() { curl -sk -b "$(head -n 1 "$work/cookies")" "$@" "$url$page"; }

# The page's own bytes as a static file (.bin is sent as it is).
start 0
sign_in
fetch -o "$work/static/page.bin"
bytes=$(stat -c %s "$work/static/page.bin")
grep -q 'chart-bar' "$work/static/page.bin" ||
    { echo "page_bench: no page" >&2; exit 3; }
stop
start 0
sign_in
ask /static/page.bin 16
floor=$rate
printf '%-26s c16 %8.0f req/s  p50 %-8s p99 %-8s  %d bytes\n' \
    "floor, same bytes" "$rate" "$p50" "$p99" "$bytes"
row "13 months, uncached" "$page"
stop
start 67108864
sign_in
row "13 months, cached" "$page"
zipped=$(fetch -H 'Accept-Encoding: gzip' | wc -c)
export GZIP=1
row "cached, gzip $zipped bytes" "$page"
