# SPDX-License-Identifier: Apache-2.0
# Functions of more than 100 lines, from their name's line to the closing
# brace; our style puts both braces of a function into the first column.
FNR == 1 { open = 0 }
/^[A-Za-z_][A-Za-z0-9_]*\(/ { name = $0; sub(/\(.*/, "", name); start = FNR }
/^\{/ { open = 1 }
/^\}/ && open {
    open = 0
    if (name != "" && FNR - start + 1 > 100)
        printf "%s:%d: %s has %d lines\n", FILENAME, start, name, FNR - start + 1
    name = ""
}
