#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# How fast files load, and against what: 500,000 made-up records in files of
# 50,000, warm, each file validated and durable, beside a bare SQLite insert of
# the same packed days in the same run.  Medians of three.
#
#   make bench                    or: tests/bench/load.sh BUILD_FOLDER [RECORDS]
#
# The files lie in BENCH_DIR (a temporary folder of /var/tmp unless set): a
# disk, since what is measured is durable.
set -u
build=$(cd "$1" && pwd)
records=${2:-500000}
dir=$(mktemp -d "${BENCH_DIR:-/var/tmp}/meterhouse-bench-XXXXXX")
trap 'rm -rf "$dir"' EXIT
program=$build/meterhouse

"$program" generate --out "$dir/in" --seed 1 --tdsps 1 --meters 50000 \
    --from 2025-06-03 --days $((records / 50000)) \
    --to "$(date -d "2025-06-03 +$((records / 50000 - 1)) days" +%F)" \
    --solar 0 --gaps 0 --replaced 0 --only lse,registry || exit 3
bytes=$(cat "$dir"/in/lse/*.lse | wc -c)

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
seconds() {
    local began=$EPOCHREALTIME
    "$@" >"$dir/said" 2>&1 || { cat "$dir/said" >&2; exit 3; }
    awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }'
}

for n in 1 2 3; do
    sync
    data=$dir/data$n
    "$program" load --data "$data" "$dir/in/registry" >"$dir/said" 2>&1 ||
        { cat "$dir/said" >&2; exit 3; }
    before=$(du -sb "$data" | cut -f1)
    seconds "$program" load --data "$data" "$dir/in/lse" >>"$dir/load"
    after=$(du -sb "$data" | cut -f1)
    "$build/tests/bench/bench_floor" "$dir/floor$n.db" "$dir"/in/lse/*.lse |
        sed 's/.*rows, \([0-9.]*\) s.*/\1/' >>"$dir/floor"
    [ "$n" = 3 ] || rm -rf "$data" "$dir/floor$n.db"*
done
awk -v n="$records" -v bytes="$bytes" -v load="$(median <"$dir/load")" \
    -v floor="$(median <"$dir/floor")" -v disk=$((after - before)) 'BEGIN {
    printf "load          %8.0f records/s  %6.0f MB/s  %6.2f s\n", n / load,
        bytes / 1e6 / load, load
    printf "bare SQLite   %8.0f rows/s\n", n / floor
    printf "ratio         %8.0f %%  (at least 30)\n", 100 * floor / load
    printf "on disk       %8.1f bytes a record  (at most 200)\n", disk / n
}'
