#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Writes the migrations given as arguments as the C table MIGRATIONS.
set -eu
LC_ALL=C
export LC_ALL

echo '/* Made by db/embed.sh from db/migrations; not to be edited. */'
echo '#include "db/migrate.h"'
echo
echo 'const struct migration MIGRATIONS[] = {'
for file in $(printf '%s\n' "$@" | awk -F/ '{ print $NF, $0 }' | sort |
    sed 's/^[^ ]* //'); do
    case $(head -n 1 "$file") in
    '-- home: account' | '-- home: market' | '-- home: shard') ;;
    *)
        echo "$file:1: not '-- home: account', market or shard" >&2
        exit 1
        ;;
    esac
    printf '    {"%s",\n' "$(basename "$file" .sql)"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/     "/' -e 's/$/\\n"/' "$file"
    echo '     ,'
    sum=$(sha256sum "$file")
    printf '     "%s"},\n' "${sum%% *}"
done
echo '    {NULL, NULL, NULL},'
echo '};'
