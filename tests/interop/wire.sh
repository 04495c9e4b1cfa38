#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Files made by zip and gpg, read by us.  Usage: wire.sh TEXT, our reader.
set -u
text=$1
# shellcheck source=tests/interop/tap.sh
. "$(dirname "$0")/tap.sh"
mkdir -m 700 keys locked other

# same FILE KEYS NAME: the text must be a.lse, byte for byte
same() {
    "$text" "$1" "$2" 2>name | cmp -s - "${4:-a.lse}" &&
        [ "${PIPESTATUS[0]}" = 0 ] && grep -qx "${5:-a.lse}" name
    report $? "$3"
}
# no FILE KEYS REASON NAME
no() {
    local said
    said=$("$text" "$1" "$2" 2>/dev/null | tail -n 1 | tr -d '\0')
    case $said in
    *"$3"*) report 0 "$4" ;;
    *)
        report 1 "$4"
        echo "# said: $said"
        ;;
    esac
}
awk 'BEGIN { for (i = 0; i < 40000; i++)
    printf "1000%04d,%.3f,A,,%.3f,A,,%.3f,E,,%.3f,A,,\r\n",
        i % 24, i / 7, i / 11, i / 13, i / 17 }' >a.lse
key rsa rsa3072 keys ''
key ecc ed25519 keys '' cv25519
key locked rsa2048 locked 'open sesame'
key stranger rsa2048 other ''

zip -q a.lse.zip a.lse
same a.lse.zip '' "zip"
zip -q -0 stored.zip a.lse
same stored.zip '' "zip, stored"
zip -q - a.lse >piped.zip
same piped.zip '' "zip written to a pipe, sizes behind the data"
mkfifo fifo
cat a.lse >fifo &
zip -q -FI fifo.zip fifo # sizes unknown beforehand
same fifo.zip '' "zip of a pipe" a.lse fifo
zip -q two.zip a.lse name
no two.zip '' "more than one file" "two files in a zip"
ln -s /etc/passwd link.lse && zip -q -y link.zip link.lse
no link.zip '' "one plain file" "a link in a zip"
zip -q -P secret locked.zip a.lse
no locked.zip '' "encrypted" "an encrypted zip"
zip -q nested.zip a.lse.zip
no nested.zip '' "inside a zip" "a zip in a zip"
if zip -q -Z bzip2 b.zip a.lse 2>/dev/null; then
    no b.zip '' "another method" "a zip with bzip2"
fi

enc -r rsa -o a.lse.zip.pgp -e a.lse.zip
same a.lse.zip.pgp keys "gpg, RSA, of a zip"
enc -r ecc -z 0 -o a.lse.zip.gpg -e a.lse.zip
same a.lse.zip.gpg keys "gpg, Curve 25519, of a zip, not compressed"
enc -r ecc --armor -o a.lse.asc -e a.lse
same a.lse.asc keys "gpg, armoured, of plain text"
enc -r stranger -r rsa -o several.pgp -e a.lse
same several.pgp keys "one of several recipients" a.lse several
enc -R ecc -o hidden.pgp -e a.lse
no hidden.pgp keys "none of our PGP keys" "a recipient that is not named"
enc -r rsa -u rsa -o signed.pgp -se a.lse
same signed.pgp keys "signed by a key we have" a.lse signed
enc -r rsa -u stranger -o signed2.pgp -se a.lse
same signed2.pgp keys "signed by a key we do not have" a.lse signed2
enc -r rsa --compress-algo bzip2 -o bzip2.pgp -e a.lse
same bzip2.pgp keys "compressed by gpg with bzip2" a.lse bzip2
enc -r locked -o locked.pgp -e a.lse
no locked.pgp locked "passphrase" "a protected key without its passphrase"
echo 'open sesame' >locked/passphrase
same locked.pgp locked "a protected key with its passphrase" a.lse locked

no a.lse.asc locked "none of our PGP keys" "encrypted to somebody else"
no a.lse.asc none "no PGP keys" "no folder of keys"
mkdir empty
no a.lse.asc empty "no secret PGP key" "an empty folder of keys"
gpg --batch --quiet --pinentry-mode loopback --passphrase x -o password.pgp -c a.lse
no password.pgp keys "PGP" "encrypted with a password"
gpg --batch --quiet --armor -u rsa -o clear.asc --sign a.lse
no clear.asc keys "PGP: not encrypted" "signed but not encrypted"
enc -r rsa -o twice.pgp -e a.lse.asc
no twice.pgp keys "PGP inside PGP" "PGP in PGP"
head -c 200000 a.lse.zip.pgp >cut.pgp
"$text" cut.pgp keys >/dev/null 2>&1
report $((! $?)) "cut short"
size=$(stat -c %s a.lse.zip.gpg)
for at in 400 $((size / 2)) $((size - 10)); do
    cp a.lse.zip.gpg bent.pgp
    printf '\377\376' | dd of=bent.pgp bs=1 seek="$at" conv=notrunc status=none
    "$text" bent.pgp keys >/dev/null 2>&1
    report $((! $?)) "two bytes changed at $at"
done
head -c 80000000 /dev/zero >zeros
enc -r rsa -o bomb.pgp -e zeros
no bomb.pgp keys "200 times" "a bomb"
for i in 1 2 3 4 5 6 7 8 9 10; do
    "$text" a.lse.zip.pgp keys 2>/dev/null | head -c 100 >/dev/null
    case ${PIPESTATUS[0]} in 0 | 1 | 141) ;; *) break ;; esac
done
report $((i != 10)) "a reader that leaves early"
echo "1..$n"
exit $failed
