#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The benchmark: what Meterhouse does, what the machine allows, and what others
# do with the same files in the same run.
#
#   make bench                            or: tests/bench/bench.sh BUILD_FOLDER
#
#   BENCH="load years"        some parts only: prepare load years coverage bulk
#                             page live keep steps; the table shows what is known
#                             of the others
#   BENCH_RECORDS="500000 2500000"        sizes of `load`: meters of one day
#   BENCH_METERS=20000 BENCH_DAYS=400     size of years, page, live and keep
#   BENCH_RUNS=3              a figure is the median of that many
#   BENCH_COMPARE=all         compare all that PostgreSQL holds too, which is slow
#   BENCH_PEERS="duckdb clickhouse postgres node"    or some of them, or none
#   BENCH_DIR=/var/tmp/meterhouse-bench   made-up input, stores, results
#
# Every part can be run by itself and again; what it finds replaces what it
# found before.  Input is made once.  `make bench-clean` removes it all.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${1:?build folder}" && pwd)
dir=${BENCH_DIR:-/var/tmp/meterhouse-bench}
runs=${BENCH_RUNS:-3}
meters=${BENCH_METERS:-20000}
days=${BENCH_DAYS:-400}
mkdir -p "$dir" && chmod 755 "$dir" || exit 3
results=$dir/results
export LC_ALL=C
unset MH_STORE MH_CLOCK DATA_DIR PORT NO_DEMO
export MH_TEMPLATES_DIR=$top/templates MH_STATIC_DIR=$top/static

exec 8>"$dir/lock"
flock -n 8 || { echo "bench: another one uses $dir" >&2; exit 3; }
work=$(mktemp -d "$dir/run-XXXXXX") && chmod 755 "$work"
. "$top/tests/bench/lib.sh"
for f in "$top"/tests/bench/parts/*.sh; do . "$f"; done
servers=()
ended() {
    [ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null
    ch_down
    pg_down
    wait
    rm -rf "$work"
}
trap ended EXIT
trap 'exit 1' INT TERM HUP

mkdir -p "$peers"
cp "$top"/tests/bench/peers/*.mjs "$peers/"

# part NAME SIZE: its old results go, then it runs
part() {
    local began=$SECONDS
    part=$1 size=$2
    note "== $part $size"
    touch "$results"
    awk -F'\t' -v p="$part" -v s="$size" '!($1 == p && $2 == s)' "$results" \
        >"$work/results" && cp "$work/results" "$results"
    "${part}_part" || note "   $part $size is not complete"
    note "   $((SECONDS - began)) s"
    rm -rf "$work"/*
}

for name in ${BENCH:-prepare load years coverage bulk page live keep}; do
    case $name in
    load) for n in ${BENCH_RECORDS:-500000 2500000}; do part load "$n"; done ;;
    prepare | years | coverage | bulk | page | live | keep | steps)
        part "$name" "$((meters * days))" ;;
    *) echo "bench: no part is named $name" >&2; exit 2 ;;
    esac
done
awk -f "$here/table.awk" "$results"
