#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The long tests, in parts whose figures add up (docs/reliability.md).
#
#   stress.sh [SECONDS]     goes on for about that long (3000), then tells
#   stress.sh --totals      tells what was done so far
#   stress.sh --table       the same in short, as Markdown
#
# Kills, power cuts and sweeps are made by tests/crash/fault, new inputs by the
# fuzzers.  A sweep is done when it has been through every call of its step.
#
# STRESS_DIR (build-stress in the source tree) keeps everything between parts:
# `ledger`, one line a part (time, commit, kind, amount, seconds, findings);
# what the fuzzers learnt; and what was found.  A new one begins with what
# tests/stress/ledger says was done before, or with nothing when STRESS_AGAIN is
# set.  STRESS_ONLY is a regular expression for the kinds to run.  Whatever is
# furthest from its goal goes first, so that stopping early leaves an even
# picture.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
dir=${STRESS_DIR:-$top/build-stress}
ledger=$dir/ledger
part=${STRESS_PART:-240} # seconds of one part

# kind and how much of it is wanted; of a sweep, how often the whole
goals() {
    cat <<'END'
kills 10000
kills.double 2000
images 20000
fuzz.lse 100000000
fuzz.csv 10000000
fuzz.template 10000000
fuzz.tzif 10000000
fuzz.url 10000000
fuzz.zip 10000000
fuzz.reading_pack 10000000
fuzz.row 10000000
fuzz.registry 10000000
fuzz.billed 10000000
fuzz.name 10000000
fuzz.conf 10000000
fuzz.cron 10000000
fuzz.manifest 10000000
fuzz.headers 10000000
fuzz.pgp 10000000
END
    local sweep step
    for sweep in io sync short vfs memory; do
        for step in create load unload checkpoint backup restore account \
            sign-in revoke lock compact retention scrub; do
            echo "sweep.$sweep-$step 1"
        done
    done
}

# done_of KIND: the sum so far
done_of() {
    awk -v k="$1" '$3 == k { n += $4 } END { printf "%.0f\n", n }' "$ledger"
}

totals() {
    local kind goal
    printf '%-28s %14s %14s %8s %9s %s\n' kind done goal parts hours findings
    {
        goals
        # what has no goal of its own
        awk '{ print $3 }' "$ledger" | sort -u | while read -r kind; do
            goals | grep -q "^$kind " || echo "$kind 0"
        done
    } | while read -r kind goal; do
        awk -v k="$kind" -v g="$goal" '
            $3 == k { n += $4; s += $5; f += $6; parts++ }
            END { printf "%-28s %14.0f %14.0f %8d %9.2f %d\n", k, n, g,
                  parts, s / 3600, f }' "$ledger"
    done
}

# The same in short, for docs/reliability.md.
table() {
    echo '| kind | done | goal | hours | findings |'
    echo '|---|--:|--:|--:|--:|'
    totals | awk '
        NR == 1 || $1 == "works" || $1 == "images.double" { next }
        $1 ~ /^sweep/ { sweeps += $2 > 0; all++; next }
        $1 ~ /^faults/ {
            split($1, part, /[.-]/)
            n[part[2]] += $2; h[part[2]] += $5; f[part[2]] += $6
            next
        }
        { printf "| %s | %d | %d | %.2f | %d |\n", $1, $2, $3, $5, $6 }
        END {
            for (k in n)
                printf "| failing calls: %s | %d | | %.2f | %d |\n", k, n[k],
                    h[k], f[k]
            printf "| sweeps that were whole | %d | %d | | |\n", sweeps, all
        }'
}

# note KIND AMOUNT SECONDS FINDINGS
note() {
    printf '%s %s %s %s %s %s\n' "$(date -u +%FT%TZ)" "$commit" "$@" \
        >>"$ledger"
}

# The kind that is wanted and is furthest from its goal; nothing when all is
# done.  A sweep that found something would find it again.
next_kind() {
    local kind goal
    goals | grep -E "${STRESS_ONLY:-.}" | grep -vxFf "$dir/failed" |
        while read -r kind goal; do
            echo "$(done_of "$kind") $goal $kind"
        done | awk '$1 < $2 { print $1 / $2, $3 }' | sort -n |
        awk 'NR == 1 { print $2 }'
}

# run_fuzz NAME GOAL: new inputs for the time of a part.  What it learnt is
# kept, and made small again now and then.  Which input comes next is left to
# chance: weighing them takes a third of the time; so does writing down what
# libraries say of bad input.
run_fuzz() {
    local name=$1 left=$2 learnt=$dir/corpus/$1 log=$dir/log/fuzz-$1 n rc=0
    local began=$SECONDS
    mkdir -p "$learnt"
    "$bin/fuzz_$name" -max_total_time="$part" -runs="$left" \
        -rss_limit_mb=1024 -timeout=10 -print_final_stats=1 -verbosity=0 \
        -reduce_inputs=0 -entropic=0 -close_fd_mask=2 \
        -max_len="$(max_len "$name")" -artifact_prefix="$dir/found/$name-" \
        "$learnt" "$top/tests/fuzz/corpus/$name" >"$log" 2>&1 || rc=1
    n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    note "fuzz.$name" "${n:-0}" $((SECONDS - began)) $rc
    [ $rc = 0 ] || cp "$log" "$dir/found/log-$name-$(date +%s)"
    if [ "$(ls "$learnt" | wc -l)" -gt 4000 ]; then
        rm -rf "$learnt.new"
        mkdir "$learnt.new"
        "$bin/fuzz_$name" -merge=1 -verbosity=0 "$learnt.new" "$learnt" \
            >"$log.merge" 2>&1 && rm -rf "$learnt" && mv "$learnt.new" "$learnt"
    fi
    return $rc
}

# run_fault KIND MODE HOW-MUCH SEED [BEGIN SECONDS]
run_fault() {
    local log=$dir/log/$1 began=$SECONDS rc=0 n kind seed=$4 tmp
    tmp=$(mktemp -d "${STRESS_TMP:-/dev/shm}/stress-XXXXXX")
    "$bin/fault" "$bin/meterhouse" "$tmp" "${@:2}" >"$log" 2>&1 || rc=1
    if [ $rc = 1 ]; then
        cp "$log" "$dir/found/$1-$seed"
        tar -C "$tmp" -czf "$dir/found/$1-$seed.tar.gz" . 2>/dev/null
    fi
    rm -rf "$tmp"
    while read -r kind n; do
        case $kind in
        kills.once) note kills "$n" $((SECONDS - began)) $rc ;;
        kills.double)
            note kills "$n" 0 0
            note kills.double "$n" 0 0
            ;;
        sweep.*)
            note "faults.${kind#sweep.}" "$n" $((SECONDS - began)) $rc
            n=$(sed -n 's/^# next //p' "$log")
            echo "$commit ${n:-0}" >"$dir/at/$kind"
            [ $rc = 1 ] || [ "${n:-0}" != 0 ] || note "$kind" 1 0 0
            ;;
        *) note "$kind" "$n" $((SECONDS - began)) $rc ;;
        esac
    done < <(sed -n 's/^# figure //p' "$log")
    return $rc
}
# A new seed each time; it is in the name of what was found.
new_seed() { echo $(($(date +%s) * 10 + RANDOM % 10)); }
run_kills() { run_fault kills kills 200 "$(new_seed)"; }
run_images() { run_fault images images 400 "$(new_seed)"; }
# The same seed, so that a sweep can go on where it stopped: in the same
# program, as another makes other calls.
run_sweep() {
    local of='' at=0
    [ ! -e "$dir/at/sweep.$1" ] || read -r of at <"$dir/at/sweep.$1"
    [ "$of" = "$commit" ] || at=0
    run_fault "sweep.$1" sweep "$1" 1 "$at" "$part"
}

# Long enough for several records of what the parser reads in each fourth part,
# for one or two in the others: most of what can go wrong is short.
max_len() {
    local long=0
    [ $(($(grep -c " fuzz.$1 " "$ledger") % 4)) = 0 ] && long=1
    case $1 in
    lse) echo $((long ? 3000 : 700)) ;;
    *) echo $((long ? 1500 : 500)) ;;
    esac
}

# In one function, so that this file may change while it runs.
main() {
    mkdir -p "$dir/corpus" "$dir/found" "$dir/log" "$dir/at"
    begin_with=$top/tests/stress/ledger
    [ -z "${STRESS_AGAIN:-}" ] || begin_with=/dev/null
    [ -e "$ledger" ] || cat "$begin_with" >"$ledger" || exit 3
    case ${1:-} in
    --totals) totals; exit ;;
    --table) table; exit ;;
    esac
    seconds=${1:-3000}
    began=$SECONDS
    commit=$(git -C "$top" rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
    exec </dev/null
    . "$top/.ci/install.sh"
    # The programs are copied, so that the tree can be worked on meanwhile.
    bin=$dir/bin/$commit
    if [ ! -e "$bin/fault" ]; then
        build_tree build-fuzz-fast "--enable-werror --enable-sanitize \
            --enable-fuzzers=fast" fuzz-programs || exit 3
        build_tree build-release --enable-werror all crash-programs || exit 3
        mkdir -p "$bin"
        cp "$top"/build-fuzz-fast/tests/fuzz/fuzz_* "$bin/"
        cp "$top"/build-release/tests/crash/fault{,shim.so} \
            "$top"/build-release/meterhouse "$bin/"
        rm -f "$bin"/*.o
    fi
    # Leaks are looked for after each input that frees less than it took.
    export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
    ASAN_OPTIONS+=:malloc_context_size=2:quarantine_size_mb=8
    failed=0
    : >"$dir/failed"
    while [ $((SECONDS - began)) -lt "$seconds" ]; do
        kind=$(next_kind)
        [ -n "$kind" ] || break
        case $kind in kills*) kind=kills. ;; esac
        goal=$(goals | awk -v k="$kind" '$1 == k { print $2 }')
        "run_${kind%%.*}" "${kind#*.}" $((goal - $(done_of "$kind"))) && continue
        failed=1
        [[ $kind != sweep* ]] || echo "$kind $goal" >>"$dir/failed"
    done
    totals
    exit $failed
}

main "$@"
