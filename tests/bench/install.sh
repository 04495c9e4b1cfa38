#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Gets what the benchmark measures against and `./check` does not need:
# ClickHouse of Debian, and DuckDB and better-sqlite3 of npm (the latter is
# compiled, which takes minutes).  Never called by anything but
#
#   make bench-install
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
peers=${BENCH_DIR:-/var/tmp/meterhouse-bench}/peers
. "$top/.ci/install.sh"

install_packages clickhouse-client clickhouse-server nodejs npm postgresql-15 \
    sqlite3 wrk
mkdir -p "$peers"
cp "$top"/tests/bench/peers/package*.json "$top/tests/bench/peers/.npmrc" \
    "$peers/"
cmp -s "$peers/package-lock.json" "$peers/node_modules/.lock" && exit 0
say "Installing the packages of tests/bench/peers/package-lock.json in $peers"
(cd "$peers" && npm ci --silent </dev/null >&2) || die "npm ci failed in $peers"
cp "$peers/package-lock.json" "$peers/node_modules/.lock"
