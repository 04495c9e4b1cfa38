# SPDX-License-Identifier: Apache-2.0
# For the scripts of this folder: a folder of their own, a GnuPG home in it that
# ends with them, keys, and TAP.  Sets work, failed and n.
work=$(mktemp -d "${MH_TMP:-${TMPDIR:-/tmp}}/interop-XXXXXX")
export GNUPGHOME=$work/gnupg
trap 'gpgconf --kill all 2>/dev/null; rm -rf "$work"' EXIT
mkdir -m 700 "$GNUPGHOME"
cd "$work" || exit 3
for tool in zip gpg; do
    command -v $tool >/dev/null && continue
    echo "1..0 # SKIP $tool is not installed"
    exit 0
done

n=0 failed=0
report() { # STATUS NAME
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        failed=1
    fi
}

# key NAME ALGORITHM FOLDER PASSPHRASE [ALGORITHM TO ENCRYPT]: makes a key and
# exports it as FOLDER/NAME.asc
key() {
    local id gpg=(gpg --batch --quiet --no-auto-check-trustdb
        --pinentry-mode loopback --passphrase "$4")
    "${gpg[@]}" --quick-gen-key "$1" "$2" cert,sign never 2>/dev/null
    id=$(gpg --batch --quiet --list-keys --with-colons "$1" 2>/dev/null |
        awk -F: '/^fpr/{print $10; exit}')
    "${gpg[@]}" --quick-add-key "$id" "${5:-$2}" encr never 2>/dev/null
    mkdir -p -m 700 "$3"
    "${gpg[@]}" --armor --export-secret-keys "$1" >"$3/$1.asc"
}
enc() { gpg --batch --quiet --yes --trust-model always "$@"; }
