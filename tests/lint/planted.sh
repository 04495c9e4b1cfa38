#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A rule that finds nothing may be a rule that cannot find anything: plants one
# offence for each into an empty tree and names the rules that missed theirs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{api/usage,db,server/base,templates,tests/x}
cd "$tree" || exit 3

{
    echo '#include "api/feed/load_page.h"'
    printf 'int\nlong_one(void)\n{\n'
    for _ in $(seq 120); do echo '    ;'; done
    echo '}'
} >api/usage/usage.c
{
    echo '/* SPDX-License-Identifier: Apache-2.0 */'
    echo 'const char *s = "SELECT id FROM point";'
    echo 'const char *h = "<div class=x>";'
    echo 'static double day_ukwh;'
    echo 'void f(char *to) { strcpy(to, s); }'
    printf 'const char *p = "/%s/x", *q = "/%s/x";\n' wor""k tmp/w""t
    printf 'const char *r = "registry.%s";\n' npmjs.or""g
    for _ in $(seq 801); do echo; done
} >server/base/bad.c
{
    echo '/* SPDX-License-Identifier: Apache-2.0 */'
    echo 'x = db_run(db, DB_MARKET, text, IN_NONE, NULL);'
} >db/bad.c
echo 'See [there](nowhere.md).' >README.md
echo '<a href={{x}}>' >templates/bad.html
echo '{"a": {"b": "left in the first language", "c": "x"}}' >templates/en.json
echo '{"a": {"b": "left in the first language"}}' >templates/es.json

MH_TOP=$tree MH_PLANTED=1 bash "$here/run" | grep '^ok '
