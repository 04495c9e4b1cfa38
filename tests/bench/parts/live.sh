# SPDX-License-Identifier: Apache-2.0
#
# Somebody signs in and looks at a page: alone, and while the day's files of
# the largest size of `load` come in.

live_size() { printf '%s\n' ${BENCH_RECORDS:-500000 2500000} | sort -n | tail -n 1; }
live_idle=${BENCH_IDLE_SECONDS:-15}

# live_store: a store that knows all meters and has a year of some
live_store() {
    day_input "$(live_size)" && known_store || return 1
    year=$dir/live-$meters
    [ -e "$year/ready" ] || made_up "$year" $((meters < 200 ? meters : 200)) 395 \
        2025-06-30 || return 1
    rm -rf "$work/data"
    cp -a --reflink=auto "$known" "$work/data"
    "$program" load --data "$work/data" "$year/lse" >"$work/said" 2>&1
}

# visit ITEM SECONDS: pages and sign-ins at a steady pace; in the background
visit() {
    "$build/tests/bench/bench_visit" "$url" visitor \
        "/meters/1/range?from=2024-06-01&to=2025-06-30&report=daily" 20 2 "$2" \
        <<<"$password" >"$work/visit.$1" &
    visitor=$!
}
visited() {
    local what n p50 p99 most failed
    while read -r what n p50 p99 most failed; do
        put "$1-$what" n "$n"
        put "$1-$what" p50 "$p50"
        put "$1-$what" p99 "$p99"
        put "$1-$what" most "$most"
        [ "$failed" = 0 ] || put "$1-$what" wrong "$failed"
    done <"$work/visit.$1"
}

live_part() {
    live_store || return 1
    head -n 3 "$year/ids" >"$work/ids"
    customer "$work/data" "$work/ids" &&
        serve_up "$work/data" MH_CLOCK=$page_clock || return 1
    warm "$in"/lse/*.lse
    visit idle "$live_idle"
    wait $visitor
    visited idle
    visit loading 900
    sleep 0.5
    timed "$program" load --data "$work/data" "$in/lse" || note "    the load failed"
    kill -TERM $visitor
    wait $visitor
    put load s "$took"
    put load records "$(live_size)"
    visited loading
    serve_down
    return 0
}
