# SPDX-License-Identifier: Apache-2.0
#
# Completeness: what is expected and what came, of the store of `years`.

# coverage_want TDSP REP: what awk makes of registry and LSE text of the thirty
# days up to $years_to, where a point has one meter and one REP: a line a day,
# expected, received, and those of them with an estimated interval
coverage_want() {
    local d first files=() days=()
    [ -s "$in/coverage-$1-$2" ] && return
    note "    asking the slow reader (awk)"
    first=$(date -d "$years_to -29 days" +%F)
    for ((d = 0; d < 30; d++)); do
        days+=("$(date -d "$first +$d days" +%F)")
        files+=("$in/lse/$1IntervalData$(date -d "$first +$((d + 1)) days" \
            +%Y%m%d)"*.lse)
    done
    awk -F, -v tdsp="$1" -v rep="$2" -v days="${days[*]}" '
        FILENAME ~ /[.]csv$/ { if ($3 == tdsp && $17 == rep) {
                from[$1] = $15 != "" ? $15 : $14; to[$1] = $16
                rep_from[$1] = $18; rep_to[$1] = $19 }
            next }
        function counts(id, day) {
            return id in from && from[id] != "" && from[id] <= day &&
                (to[id] == "" || day < to[id]) && rep_from[id] <= day &&
                (rep_to[id] == "" || day <= rep_to[id])
        }
        function ended() { if (mine) estimated[day] += e; mine = e = 0 }
        $1 == "00000001" { ended()
            day = substr($4, 1, 4) "-" substr($4, 5, 2) "-" substr($4, 7, 2)
            mine = counts($2, day); received[day] += mine; next }
        mine && /^1/ && /,E,/ { e = 1 }
        END { ended(); n = split(days, of, " ")
            for (i = 1; i <= n; i++) {
                expected = 0
                for (id in from) expected += counts(id, of[i])
                day = of[i]; gsub(/-/, "", day)
                print day, expected, received[of[i]] + 0, estimated[of[i]] + 0
            } }' "$in"/registry/*.csv "${files[@]}" >"$work/want" &&
        mv "$work/want" "$in/coverage-$1-$2"
}

coverage_part() {
    local tdsp rep item k=0
    years_need || return 1
    # the REP of that TDSP with the most meters
    read -r tdsp rep < <(awk -F, 'FNR == 1 { if (NR > 1) exit; next }
        { n[$3 " " $17]++ } END { for (k in n) if (n[k] > most ||
            (n[k] == most && k < it)) { most = n[k]; it = k } print it }' \
        "$in"/registry/*.csv)
    coverage_want "$tdsp" "$rep" || return 1
    "$build/tests/bench/bench_coverage" ask "sqlite:$years_data/store" \
        "$years_to" "$tdsp" "$rep" >"$work/said" || return 1
    for item in day calendar calendar-all day-all; do
        k=$((k + 1))
        put $item p50 "$(sed -n "${k}s/ .*//p" "$work/said")"
        put $item p99 "$(sed -n "${k}s/.* //p" "$work/said")"
    done
    sed 1,4d "$work/said" | diff "$in/coverage-$tdsp-$rep" - >&2 &&
        put calendar equal all || put calendar wrong 1
    sed -n '$p' "$work/said" | diff <(tail -n 1 "$in/coverage-$tdsp-$rep") - \
        >&2 && put day equal all || put day wrong 1
}
