# SPDX-License-Identifier: Apache-2.0
#
# Makes the input of all other parts, and the stores of peers that are only
# read: everything slow that needs no quiet machine.

prepare_part() {
    local n
    for n in ${BENCH_RECORDS:-500000 2500000}; do
        size=$n
        load_prepare || return 1
    done
    years_input && known_store && records_want lse && bulk_want || return 1
    years_peers
    ch_down
    ! wanted node || page_peer_store
    old_store
    size=$(live_size)
    live_store
}
