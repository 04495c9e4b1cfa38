# SPDX-License-Identifier: Apache-2.0
#
# What is measured with, made once in BENCH_DIR and kept there: LSE files, the
# slow readers' answers about them, and stores that know the registry already.

# many FOLDER COMMAND…: the command with the folder's LSE files, in order
many() {
    local folder=$1
    shift
    find "$folder" -name '*.lse' | sort | xargs -s 1000000 -n 100000 "$@"
}

# answers FOLDER [some]: the slow reader, two at a time; adds up by day.  What
# all of them add up to, at any size, says the minimal parser: "total 0 …".
answers() {
    many "$1" "$build/tests/bench/peers/parse_floor" plain |
        awk '{ printf "total 0 %.0f %.0f %.0f %.0f\n", $3, $5, $7, $9 * 1000 }'
    find "$1" -name '*.lse' | sort |
        xargs -P 2 -n 1 awk -v only="${2:-}" -f "$here/answers.awk" |
        awk '{ k = $1 " " $2; keys[k]; for (i = 3; i <= 6; i++) n[k, i] += $i }
            END { for (k in keys) printf "%s %.0f %.0f %.0f %.0f\n", k,
                n[k, 3], n[k, 4], n[k, 5], n[k, 6] }' | sort
}

# answer_of FILE: records and Wh in all
answer_of() {
    awk '$1 == "total" { printf "%.0f %.0f", $3, $6 / 1000 }' "$1"
}

# as_answered all|some STORE ITEM: the store's sums by day of all ESI IDs, or
# of some, read as pages read them, are awk's; where that looked at some only,
# all are compared with the minimal parser's total
as_answered() {
    local which=$1 ids=$in/ids
    [ -s "$in/ids-some" ] || which=all # so few are there
    [ $which = all ] || ids=$in/ids-some
    "$build/tests/bench/bench_read" sums "$2" "$ids" >"$work/read" || return 1
    sed "s/^/$which /" "$work/read" >"$work/sums"
    grep "^$which " "$in/answers" >"$work/want" || {
        grep '^total' "$in/answers" >"$work/want"
        awk '{ for (i = 2; i <= 5; i++) n[i] += $i } END {
            printf "total 0 %.0f %.0f %.0f %.0f\n", n[2], n[3], n[4], n[5] }' \
            "$work/read" >"$work/sums"
    }
    diff "$work/want" "$work/sums" >"$work/differ" && [ -s "$work/sums" ] && return
    head -n 5 "$work/differ" >&2
    put "$3" wrong 1
    return 1
}

# records_sum: lines of records.pl in, one for each ESI ID out, sorted
records_sum() {
    sort | awk '($1 "") != id { if (n) printf "%s %d %.0f %.0f\n", id, n, x, y
            id = $1 ""; n = x = y = 0 }
        { n += $2; x += $3; y += $4 }
        END { if (n) printf "%s %d %.0f %.0f\n", id, n, x, y }'
}

# records_want FEED: what the slow reader of whole records says of $in/FEED, two
# files at a time; made once
records_want() {
    [ -s "$in/records-$1" ] && return
    note "    asking the slow reader of whole records (perl)"
    mkdir -p "$work/records"
    find "$in/$1" -name '*.lse' | sort | xargs -P 2 -n 1 sh -c \
        'exec perl "$0" "$2" >"$1/$$"' "$here/records.pl" "$work/records" &&
        cat "$work"/records/* | records_sum >"$work/records-$1" &&
        mv "$work/records-$1" "$in/records-$1"
    rm -rf "$work/records"
}

# as_recorded all|some FEED DATA ITEM: every record of all ESI IDs, or of some,
# exported as LSE from the store, is byte for byte what $in/FEED has
as_recorded() {
    local which=$1 ids=(--all) from to
    [ -s "$in/ids-some" ] || which=all
    records_want "$2" || return 1
    [ $which = all ] || ids=(--points "$in/ids-some")
    from=$(awk '$1 == "some" { print $2 }' "$in/answers" | sort | head -n 1)
    to=$(awk '$1 == "some" { print $2 }' "$in/answers" | sort | tail -n 1)
    "$program" export "${ids[@]}" --from "$(date -d "$from" +%F)" \
        --to "$(date -d "$to" +%F)" --format lse --data "$3" 2>"$work/errors" |
        perl "$here/records.pl" | records_sum >"$work/have"
    if [ $which = all ]; then
        cp "$in/records-$2" "$work/want"
    else
        awk 'NR == FNR { some[$1]; next } $1 in some' "$in/ids-some" \
            "$in/records-$2" >"$work/want"
    fi
    [ -s "$work/want" ] && cmp "$work/want" "$work/have" >&2 &&
        put "$4" equal $which && return
    head -n 5 "$work/errors" >&2
    diff "$work/want" "$work/have" | head -n 5 >&2
    put "$4" wrong 1
    return 1
}

# as_counted STORE ITEM: how many records, intervals and estimated ones there are
# of all ESI IDs, read row by row, is what the minimal parser counts
as_counted() {
    [ "$("$build/tests/bench/bench_read" counts "$1")" = \
        "$(awk '$1 == "total" { print $3, $4, $5 }' "$in/answers")" ] && return
    note "    $2 has another number of records or intervals"
    put "$2" wrong 1
    return 1
}

# newest_rows FOLDER: of each ESI ID the registry's last row is enough here
newest_rows() {
    local f
    for f in "$1"/registry/*.csv; do
        awk -F, 'NR > 2 && $1 != id { print row } NR == 1 { print; next }
            { id = $1; row = $0 } END { if (id != "") print row }' "$f" \
            >"$work/rows" && cp "$work/rows" "$f"
    done
}

# made_up FOLDER METERS DAYS LAST: files of REPs mixed, ids and register reads
made_up() {
    rm -rf "$1"
    mkdir -p "$1"
    note "    writing made-up files: $2 meters, $3 days"
    "$program" generate --out "$1" --seed 1 --tdsps 4 --reps 60 --meters "$2" \
        --days "$3" --to "$4" --solar 0 --gaps 0 --replaced 0 \
        --only lse,registry >"$work/said" 2>&1 || { cat "$work/said" >&2; return 1; }
    note "    asking the slow reader (awk)"
    answers "$1/lse" "$([ $(($2 * $3)) -gt 1000000 ] && echo some)" \
        >"$1/answers"
    newest_rows "$1"
    find "$1/lse" -name '*.lse' | sort | xargs grep -h '^00000001,' | cut -d, -f2 |
        sort -u >"$1/ids"
    awk 'substr($0, length($0) - 5) % 37 == 0' "$1/ids" >"$1/ids-some"
    : >"$1/ready"
}

# day_input N: one operating day of N meters, in files of 50,000
day_input() {
    in=$dir/day-$1
    [ -e "$in/ready" ] || {
        room "$(calc "$1 * 2.2e-6 + 0.1")" "input of $1 records" &&
            made_up "$in" "$1" 1 2025-07-01
    }
}

# plain_input: the same without transaction ids and register reads
plain_input() {
    [ -e "$in/plain/ready" ] && return
    mkdir -p "$in/plain"
    for f in "$in"/lse/*.lse; do
        sed -e 's/^00000002,[^,]*,[^,]*,[^,]*,,[^,]*,/00000002,0,0,0,,0,/' \
            -e 's/^00000003,.*/00000003,T/' "$f" >"$in/plain/${f##*/}"
    done
    : >"$in/plain/ready"
}

# years_input: every day of 400 of 20,000 meters
years_input() {
    in=$dir/years-$meters-$days
    [ -e "$in/ready" ] || {
        room "$(calc "$meters * $days * 1.75e-6 + 0.1")" \
            "input of $((meters * days)) records" &&
            made_up "$in" "$meters" "$days" 2025-07-05
    }
}

# migrated DATA: a store that an older program made gets today's schema
migrated() {
    echo "$password" | "$program" user add "m$RANDOM-$RANDOM" --data "$1" \
        >"$work/said" 2>&1 || { cat "$work/said" >&2; return 1; }
}

# up_to_date DATA: the same, and today's points file
up_to_date() {
    migrated "$1" &&
        "$program" load --data "$1" "$(find "$in/registry" -name '*.csv' |
            sort | head -n 1)" >"$work/said" 2>&1 ||
        { tail -n 3 "$work/said" >&2; return 1; }
}

# known_store: the registry of $in in an SQLite store
known_store() {
    known=$in/known
    [ -e "$known/ready" ] && [ -e "$known/points" ] &&
        { up_to_date "$known"; return; }
    rm -rf "$known"
    note "    loading the registry once"
    MH_STORE= "$program" load --data "$known" "$in/registry" >"$work/said" 2>&1 ||
        { tail -n 3 "$work/said" >&2; return 1; }
    : >"$known/ready"
}

# known_database: the same in PostgreSQL, as a template, with its data folder
known_database() {
    known_db=known_$(basename "$in" | tr - _)
    known_data=$in/known-pg
    [ -e "$known_data/ready" ] && [ "$(sql postgres "SELECT count(*) FROM pg_database
        WHERE datname = '${known_db}'")" = 1 ] && {
        MH_STORE="postgres:$pg dbname=$known_db" up_to_date "$known_data"
        return
    }
    note "    loading the registry once into PostgreSQL"
    rm -rf "$known_data"
    pg_drop "$known_db" && pg_drop "making_$known_db" &&
        sql postgres "CREATE DATABASE making_$known_db" &&
        MH_STORE="postgres:$pg dbname=making_$known_db" "$program" load \
            --data "$known_data" "$in/registry" >"$work/said" 2>&1 ||
        { tail -n 3 "$work/said" >&2; return 1; }
    mkdir -p "$known_data" # which nothing may be in, with this engine
    sql "making_$known_db" 'VACUUM ANALYZE' CHECKPOINT
    sql postgres "ALTER DATABASE making_$known_db RENAME TO $known_db" &&
        : >"$known_data/ready"
}
