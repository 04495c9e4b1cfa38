#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Files made by `generate`, zipped and encrypted by zip and gpg, delivered into
# the inbox: what comes out must be what loading them by hand gives.
# Usage: inbox.sh METERHOUSE
set -u
meterhouse=$1
# shellcheck source=tests/interop/tap.sh
. "$(dirname "$0")/tap.sh"
mh() { "$meterhouse" --data "$work/$1" "${@:2}" 2>>"$work/log"; }

mh none generate --out made --meters 12 --tdsps 2 --from 2026-03-05 \
    --to 2026-03-10 --estimated 5 --replaced 50 --seed 9 >/dev/null
report $? "generate"
mh hand load made >/dev/null
report $(($? > 1)) "load by hand"

# the installation's key
mkdir -p box
key inbox rsa2048 box/pgp ''

# deliver: registry and billed files plain, LSE files in every wrapping
deliver() { # FILE SENDER NAME
    mkdir -p "box/inbox/$2"
    cp "$1" "box/inbox/$2/.$3.tmp"
    mv "box/inbox/$2/.$3.tmp" "box/inbox/$2/$3"
    : >"box/inbox/$2/$3.done"
}
encrypt() { enc -r inbox -o "$2" "${@:3}" -e "$1"; }
for f in made/registry/*; do
    sender=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++)
        if ($i == "TDSP") c = i } NR == 2 { print $c }' "$f")
    deliver "$f" "$sender" "${f##*/}"
done
mh box jobs run --until-idle >/dev/null
report $? "the registry first"
i=0 lse=0
for f in made/lse/*; do
    name=${f##*/}
    sender=${name%%IntervalData*}
    case $((i++ % 4)) in
    0) deliver "$f" "$sender" "$name" ;;
    1) (cd made/lse && zip -q "../../$name.zip" "$name") &&
        deliver "$name.zip" "$sender" "$name.zip" ;;
    2) zip -q -j "$name.zip" "$f" &&
        encrypt "$name.zip" "$name.zip.pgp" -z 0 &&
        deliver "$name.zip.pgp" "$sender" "$name.zip.pgp" ;;
    3) encrypt "$f" "$name.asc" --armor &&
        deliver "$name.asc" "$sender" "$name.asc" ;;
    esac
    lse=$((lse + 1))
done
mh box jobs run --until-idle >said
report $? "the LSE files"
sleep 6 # the watch is due again
mh box jobs run --until-idle >said
report $? "nothing is left to do"
report $((lse < 8)) "at least eight LSE files were made ($lse)"
left=$(find box/inbox -type f ! -path '*/done/*' | wc -l)
report $((left != 0)) "nothing is left in the inbox ($left)"
wrong=$(find box/inbox -path '*/rejected/*' -type f | wc -l)
report $((wrong != 0)) "nothing was rejected ($wrong)"
reports=$(find box/inbox -name '*.activity.csv' | wc -l)
files=$(find box/inbox -path '*/done/*' ! -name '*.activity.csv' -type f | wc -l)
report $((reports != files)) "each file has its report ($reports of $files)"

# every meter, every day, every version
same=0
for esiid in $(cat made/lse/* | awk -F, '/^00000001/{print $2}' | sort -u); do
    for how in "--format csv" "--format lse --versions"; do
        # shellcheck disable=SC2086
        mh hand usage "$esiid" --from 2026-03-01 --to 2026-03-31 $how >one
        mh box usage "$esiid" --from 2026-03-01 --to 2026-03-31 $how >two
        if [ -s one ] && cmp -s one two; then
            same=$((same + 1))
        else
            echo "# $esiid $how differs"
        fi
    done
done
report $((same != 24)) "usage is the same both ways ($same of 24)"
echo "1..$n"
[ $failed = 0 ] || tail -n 20 log | sed 's/^/# /'
exit $failed
