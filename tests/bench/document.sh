#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Puts the table of the last `make bench`, and what it ran on, between the
# marks of docs/performance.md:
#
#   make bench-doc
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
dir=${BENCH_DIR:-/var/tmp/meterhouse-bench}
page=$top/docs/performance.md
[ -s "$dir/results" ] || { echo "document: no results in $dir" >&2; exit 3; }

said() { "$@" 2>/dev/null | head -n 1; }
field() { awk -F': *' -v k="$1" '$1 ~ k { print $2; exit }'; }

figures() {
    local when
    when=$(tail -n 1 "$dir/results" | cut -f7)
    echo "Of $(date -u -d "@$when" +%F), on $(nproc) cores" \
        "($(lscpu | field '^Model name'))," \
        "$(awk '/^MemTotal/ { printf "%.0f", $2 / 1e6 }' /proc/meminfo) GB," \
        "$(df --output=fstype "$dir" | tail -n 1)," \
        "Linux $(uname -r | cut -d- -f1)," \
        "$(said gcc --version | sed 's/ (.*) / /');" \
        "$(said psql --version | sed 's/.*) \([0-9.]*\).*/PostgreSQL \1/; s/ (.*//')," \
        "ClickHouse $(said clickhouse-client --version |
            sed 's/[^0-9]*\([0-9.]*[0-9]\).*/\1/')," \
        "DuckDB $(said node "$dir/peers/duckdb.mjs" version)," \
        "Node $(said node --version), SQLite $(said sqlite3 --version |
            cut -d' ' -f1)."
    echo
    echo "Load average of the last minute while each part ran:" \
        "$(awk -F'\t' '{ k = $1 " " $2; if (!(k in low)) { low[k] = $6; n[++i] = k }
            if ($6 < low[k]) low[k] = $6; if ($6 > high[k]) high[k] = $6 }
            END { for (j = 1; j <= i; j++) printf "%s%s %.1f to %.1f",
                (j > 1 ? ", " : ""), n[j], low[n[j]], high[n[j]]; print "." }' \
            "$dir/results")"
    awk -v markdown=1 -f "$top/tests/bench/table.awk" "$dir/results"
}

figures >"$dir/figures.md" || exit 3
awk -v figures="$dir/figures.md" '
    /^<!-- figures:/ { print; print ""; while ((getline line < figures) > 0)
        print line; print ""; inside = 1; next }
    /^<!-- end of figures/ { inside = 0 }
    !inside' "$page" >"$dir/page.md" && cp "$dir/page.md" "$page"
