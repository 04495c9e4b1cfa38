#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Requests a second over TLS, with wrk on the same machine: pages of the
# product, answers that need no worker, and new connections.
#
#   http_bench.sh BUILD [SECONDS]
#
# Read a figure only beside the load that is printed with it.  What decides,
# by callgrind (instructions of a request of the home page, 5 KB): rendering
# and escaping 30 %, TLS records 20 %, libmicrohttpd 25 %, the form token 5 %,
# headers 5 %, the log line 2 %.  A static file or /healthz costs no hand-over
# to a worker and back, which is worth a factor of two.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${1:?build folder} seconds=${2:-5}
command -v wrk >/dev/null || { echo "http_bench: wrk is not installed"; exit 77; }

work=$(mktemp -d)
MH_TEMPLATES_DIR=$top/templates MH_STATIC_DIR=$top/static PORT=0 \
    MH_REQUESTS_PER_SECOND=0 MH_CONNECTIONS_PER_IP=500 DATA_DIR=$work/data \
    "$build/meterhouse" serve >"$work/out" 2>"$work/log" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    grep -q '^Meterhouse serves' "$work/out" && break
    sleep 0.1
done
url=$(sed -n 's/^Meterhouse serves \(https:[^ ]*\).*/\1/p' "$work/out")
[ -n "$url" ] || { cat "$work/log"; exit 1; }

# row LABEL PATH CONNECTIONS [HEADER]
row() {
    local out
    out=$(wrk -t1 -c"$3" -d"$seconds" --latency ${4:+-H "$4"} "$url$2")
    awk -v label="$1" -v c="$3" -v load="$(cut -d' ' -f1 /proc/loadavg)" '
        /50%/ { p50 = $2 } /99%/ { p99 = $2 } /Requests\/sec/ { rate = $2 }
        END { printf "%-28s c%-4d %9.0f req/s  p50 %-9s p99 %-9s load %s\n",
                     label, c, rate, p50, p99, load }' <<<"$out"
}

for c in 16 64; do
    row "home page" / "$c"
    row "not found page" /no-such-page "$c"
    row "sign-in page, Spanish" /sign-in "$c" "Accept-Language: es"
    row "style sheet" /static/site.css "$c"
    row "health" /healthz "$c"
done
row "home page, new connections" / 16 "Connection: close"
