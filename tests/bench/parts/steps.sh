# SPDX-License-Identifier: Apache-2.0
#
# Steps of the work by themselves: reading text, points, the registry, pages.

step() {
    local p=$build/tests/bench/$1
    shift
    note "   ${p##*/}"
    rm -rf "$work/store"
    "$p" "$@" >&2 || note "    failed"
}

steps_part() {
    step bench_lse
    step bench_points "sqlite:$work/store"
    step bench_registry "sqlite:$work/store"
    step bench_reading "sqlite:$work/store"
    "$here/http_bench.sh" "$build" >&2
}
