# SPDX-License-Identifier: Apache-2.0
#
# What ./start and ./check share: Debian's packages and the build.  Sourced by
# bash with $top set to the source tree.  Everything here does nothing when
# there is nothing to do, so that a second run is fast.

RUN_PACKAGES="ca-certificates openssl tzdata"
BUILD_PACKAGES="autoconf automake build-essential ccache pkg-config
    libarchive-dev libgnutls28-dev libjansson-dev libmicrohttpd-dev libpq-dev
    librnp-dev libsodium-dev libsqlite3-dev libssl-dev zlib1g-dev"
TEST_PACKAGES="chromium clang clang-format curl fonts-dejavu-core git gnupg
    libclang-rt-14-dev libcmocka-dev libcurl4-openssl-dev man-db postgresql-15
    procps python3 sqlite3 unzip util-linux wrk xz-utils zip"

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 3; }

# cores: how many jobs make may run
cores() { nproc 2>/dev/null || echo 2; }

# missing_packages NAME…: those that dpkg does not know as installed
missing_packages() {
    local have
    have=" $(dpkg-query -W -f='${db:Status-Status} ${Package} ' "$@" \
        2>/dev/null | tr ' ' '\n' |
        awk '$1 == "installed" { getline; printf "%s ", $1 }')"
    for p in "$@"; do
        [[ $have == *" $p "* ]] || printf '%s ' "$p"
    done
}

# install_packages NAME…: installs what is missing.  PostgreSQL's package would
# make and start a database of its own; we want its programs only, so a setting
# says no for as long as apt runs.
install_packages() {
    local missing sudo="" created=/etc/postgresql-common/createcluster.d
    command -v dpkg-query >/dev/null || die "This needs Debian's dpkg."
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ]; then
        sudo=$(command -v sudo) ||
            die "Run this as root once, or install: $missing"
    fi
    say "Installing: $missing"
    local log
    log=$(mktemp)
    if [[ $missing == *postgresql-15* ]]; then
        $sudo mkdir -p "$created"
        echo 'create_main_cluster = false' |
            $sudo tee "$created/meterhouse-tests.conf" >/dev/null
    fi
    (
        export DEBIAN_FRONTEND=noninteractive
        $sudo apt-get -q update &&
            $sudo apt-get -qy -o DPkg::Lock::Timeout=300 install \
                --no-install-recommends $missing
    ) >"$log" 2>&1 </dev/null
    local rc=$?
    $sudo rm -f "$created/meterhouse-tests.conf"
    if [ $rc != 0 ]; then
        tail -n 20 "$log" >&2
        die "apt-get failed; the whole log is $log"
    fi
    rm -f "$log"
}

# The browser and template tests run under Node; any version from 18 on.
install_node() {
    command -v node >/dev/null && command -v npm >/dev/null ||
        install_packages nodejs npm
    local lock=tests/package-lock.json have=tests/node_modules/.lock
    cmp -s "$top/$lock" "$top/$have" && return 0
    say "Installing the test tools of $lock"
    (cd "$top/tests" && npm ci --silent </dev/null >&2) ||
        die "npm ci failed in tests/"
    cp "$top/$lock" "$top/$have"
}

# build_tree FOLDER "CONFIGURE WORDS" TARGET…: configures FOLDER (out of tree)
# when its words changed, then makes the targets.  What was said goes to
# FOLDER/build.txt, and to the screen when it fails.
build_tree() {
    local dir=$top/$1
    mkdir -p "$dir"
    build_steps "$@" >"$dir/build.txt" 2>&1 </dev/null && return 0
    tail -n 40 "$dir/build.txt" >&2
    say "The whole output is in $1/build.txt"
    return 1
}

build_steps() {
    local dir=$top/$1 words=$2 cc=gcc target
    shift 2
    if [ -e "$top/config.status" ]; then
        echo "The source tree is configured in place; cleaning it."
        make -s -C "$top" distclean || return 1
    fi
    if [ ! -e "$top/configure" ] || [ ! -e "$top/Makefile.in" ]; then
        (cd "$top" && autoreconf -i) || return 1
    fi
    export CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1
    [[ $words == *fuzzers* ]] && cc=clang
    command -v ccache >/dev/null && cc="ccache $cc"
    if [ ! -e "$dir/Makefile" ] || [ "$(cat "$dir/.words" 2>&1)" != "$words" ]
    then
        (cd "$dir" && ../configure -q CC="$cc" $words) || return 1
        printf '%s\n' "$words" >"$dir/.words"
    fi
    for target in "$@"; do # one after another: `all` starts a make of its own
        make -s -C "$dir" -j"$(cores)" "$target" || return 1
    done
}
