# SPDX-License-Identifier: Apache-2.0
#
# The demo: four TDSPs, three REPs, 200 homes and shops, 25 months to yesterday,
# written by `meterhouse generate` and taken in by `meterhouse load`, with users
# made by `meterhouse user`.  Sourced by ./start with DATA_DIR set; it uses
# nothing that an operator could not type.

# login, password, who in English, who in Spanish
DEMO_USERS="resident|pecan-porch-river|A home, and a second one with a solar roof|Una casa, y otra con techo solar
business|brick-oven-market|A bakery with three shops|Una panadería con tres locales
admin|copper-lantern-hill|Runs this installation|Administra esta instalación"

demo_say() {
    local user password
    say "Demo log-ins:"
    while IFS='|' read -r user password _; do
        printf '  %-10s %s\n' "$user" "$password" >&2
    done <<<"$DEMO_USERS"
}

# The home page shows them, from this file.
demo_logins_write() {
    local user password en es comma=""
    {
        echo "["
        while IFS='|' read -r user password en es; do
            printf '%s{"login": "%s", "password": "%s",\n "en": "%s",' \
                "$comma" "$user" "$password" "$en"
            printf '\n "es": "%s"}' "$es"
            comma=$',\n'
        done <<<"$DEMO_USERS"
        printf '\n]\n'
    } >"$DATA_DIR/demo-logins.json"
}

# demo_pick CLASS SOLAR COUNT: ESI IDs that fit, those first whose meter and
# then whose REP changed in the demo's time.  The fourth TDSP sends no register
# reads, so its homes show less.
demo_pick() {
    cat "$files"/registry/*.csv | awk -F, -v class="$1" -v solar="$2" \
        -v from="$from" '
        $3 != "007929441" && $5 == class && $6 == solar {
            points[$1] += 0
            if ($14 >= from && !seen[$1, $14]++) points[$1] += 10
            if ($18 >= from && !seen[$1, $18]++) points[$1]++
        }
        END {
            for (p in points) print points[p], p
        }' | sort -k1,1nr -k2,2 | head -n "$3" | cut -d' ' -f2
}

# demo_user LOGIN NAME ROLE [LABEL ESIID]…
demo_user() {
    local user=$1 name=$2 role=$3
    shift 3
    awk -F'|' -v u="$user" '$1 == u { print $2 }' <<<"$DEMO_USERS" |
        ./meterhouse user add "$user" --name "$name" --role "$role" \
            >/dev/null || return 1
    while [ $# -gt 1 ]; do
        ./meterhouse user link "$user" "$2" --label "$1" >/dev/null ||
            return 1
        shift 2
    done
}

demo_users() {
    local shops
    mapfile -t shops < <(demo_pick business N 3)
    demo_user resident "Rosa Delgado" customer \
        Home "$(demo_pick residential N 1)" \
        "Lake house" "$(demo_pick residential Y 1)" &&
        demo_user business "Brazos Bakery" customer "Main Street" \
            "${shops[0]}" "Market Square" "${shops[1]}" "Oven hall" \
            "${shops[2]}" &&
        demo_user admin "Alex Kim" admin && demo_logins_write
}

# demo_days: takes in the files in $files/recent, those of a day on the day that
# they came; but one TDSP's of each eleventh are late.
demo_days() {
    local day now held="" some
    now=$(date -u +%Y%m%dT%H%M%S)
    for day in $(ls "$files/recent/lse" |
        sed 's/.*Data\(........\).*/\1/' | sort -u); do
        mapfile -t some < <(ls "$files"/recent/lse/*Data"$day"* $held)
        held=""
        case $day in *11)
            held=$(ls "$files"/recent/lse/957877905*Data"$day"*)
            mapfile -t some < <(printf '%s\n' "${some[@]}" |
                grep -v "/957877905[^/]*Data$day") ;;
        esac
        [[ ${day}T220000 > $now ]] ||
            local -x MH_CLOCK=${day:0:4}-${day:4:2}-${day:6:2}T22:00:00Z
        ./meterhouse load "${some[@]}" >/dev/null || return 1
        unset MH_CLOCK
    done
    [ -z "$held" ] || ./meterhouse load $held >/dev/null
}

# demo_make: does nothing when there is a store; starts anew when it was
# interrupted.
demo_make() {
    local making=$DATA_DIR/demo-making files=$DATA_DIR/demo-files from to
    local recent made="--seed 2026 --meters 200 --gaps 0.6"
    if [ -e "$making" ]; then
        rm -rf "$DATA_DIR/store" "$files"
    elif [ -e "$DATA_DIR/store" ] || [ -n "${MH_STORE:-}" ]; then
        return 0
    fi
    say "Making the demo store in $DATA_DIR"
    mkdir -p "$DATA_DIR" && : >"$making" || return 1
    # Yesterday, or the day before until its files would have come at 09:15.
    to=$(TZ=America/Chicago date -d "@$(($(date +%s) - 33300 - 86400))" +%F)
    from=$(date -d "${to%-*}-01 -24 months" +%F)
    # Of this month and the last a file a day, as they come; before, a month.
    recent=$(date -d "${to%-*}-01 -1 month" +%F)
    ./meterhouse generate --out "$files" $made --only registry,billed \
        --from "$from" --to "$to" >&2 &&
        ./meterhouse generate --out "$files" $made --only lse --monthly-files \
            --from "$from" --to "$(date -d "$recent -1 day" +%F)" \
            --progress >&2 &&
        ./meterhouse generate --out "$files/recent" $made --only lse \
            --from "$recent" --to "$to" >&2 &&
        ./meterhouse load "$files/registry" "$files/billed" >/dev/null &&
        ./meterhouse load "$files/lse" --progress >/dev/null &&
        demo_days && demo_users || return 1
    rm -rf "$files" "$making"
}
