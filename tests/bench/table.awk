# SPDX-License-Identifier: Apache-2.0
#
# The results of the benchmark as one table.  Lines in: part, size, item,
# metric, value, load average, time; the newest of each counts.
#   awk -v markdown=1 -f table.awk RESULTS      the same for a document
BEGIN {
    FS = "\t"
    name["read"] = "read(2), nothing else"
    name["parse"] = "minimal parser, byte by byte, 1 thread"
    name["parse-vector"] = "minimal parser, SSE, 1 thread"
    name["sqlite-floor"] = "bare SQLite, a blob a record, synced"
    name["sqlite"] = "Meterhouse, SQLite"
    name["sqlite-plain"] = "  without ids and register reads"
    name["postgres"] = "Meterhouse, PostgreSQL"
    name["duckdb"] = "DuckDB, 100 columns a record"
    name["clickhouse"] = "ClickHouse, arrays"
    name["postgres-array"] = "PostgreSQL, real[] COPY, key in place"
    name["postgres-rows"] = "PostgreSQL, row per interval (100,000)"
    name["duckdb-list"] = "DuckDB, lists, ordered by ESI ID"
    name["duckdb-rows"] = "DuckDB, row per interval, ordered"
    name["clickhouse-list"] = "ClickHouse, arrays, merged"
    name["postgres-list"] = "PostgreSQL, real[]"
    name["node"] = "Node + SQLite, 2 processes"
}
NF >= 6 {
    v[$1, $2, $3, $4] = $5
    busy[$1, $2] = busy[$1, $2] == "" || $6 + 0 > busy[$1, $2] ? $6 + 0 : \
        busy[$1, $2]
    if (!(($1, $2) in seen)) {
        seen[$1, $2] = 1
        sizes[$1] = sizes[$1] " " $2
    }
}

function has(item, metric) { return (part, size, item, metric) in v }
function val(item, metric) { return v[part, size, item, metric] + 0 }
function known(item) { return item in name ? name[item] : item }

# 1234567 -> 1,234,567
function big(n,    s, out) {
    s = sprintf("%.0f", n)
    while (length(s) > 3) {
        out = "," substr(s, length(s) - 2) out
        s = substr(s, 1, length(s) - 3)
    }
    return s out
}

# A number with three digits that count, or nothing.
function few(n) {
    if (n >= 100)
        return big(n)
    return sprintf(n >= 10 ? "%.1f" : n >= 0.1 ? "%.2f" : "%.3f", n)
}

function title(text) {
    printf(markdown ? "\n### %s\n\n" : "\n%s\n", text)
}

# The cells of a line, the first one to the left.
function line(n, cell,    i, text) {
    if (markdown) {
        for (i = 1; i <= n; i++)
            text = text "| " cell[i] " "
        print text "|"
        return
    }
    text = sprintf("%-40s", cell[1])
    for (i = 2; i <= n; i++)
        text = text sprintf(" %13s", cell[i])
    sub(/ +$/, "", text)
    print text
}

function head(words,    n, cell, i, rule) {
    n = split(words, cell, "|")
    line(n, cell)
    if (!markdown)
        return
    for (i = 1; i <= n; i++)
        rule = rule (i == 1 ? "|---" : "|---:")
    print rule "|"
}

function row(words,    n, cell) {
    n = split(words, cell, "|")
    line(n, cell)
}

# A gate: what was asked for, and whether it holds.
function gate(text, good, shown) {
    gates++
    passed += good ? 1 : 0
    printf(markdown ? "- %s: **%s** (%s)\n" : "  %-74s %-4s  %s\n", text,
        good ? "pass" : "FAIL", shown)
}

function gates_begin() { if (markdown) print "" }

function per(item) {
    if (item == "postgres-rows")
        return val(item, "records") / val(item, "s")
    return size / val(item, "s")
}

function ratio(item, to) {
    return has(to, "s") ? sprintf("%.2f x", per(item) / per(to)) : ""
}

function load_row(item) {
    if (!has(item, "s"))
        return
    row(known(item) "|" sprintf("%.2f", val(item, "s")) "|" big(per(item)) "|" \
        big(per(item) * val("input", "bytes") / 1e6) "|" \
        (has(item, "bytes") ? sprintf("%.1f", val(item, "bytes")) : "") "|" \
        ratio(item, "sqlite") "|" ratio(item, "postgres") "|" \
        (has(item, "wrong") ? "WRONG" : v[part, size, item, "equal"]))
}

function best(items,    n, i, it, most) {
    n = split(items, it, " ")
    for (i = 1; i <= n; i++)
        if (has(it[i], "s") && per(it[i]) > most)
            most = per(it[i])
    return most
}

function load_table(    items, n, i, it, peer) {
    title(sprintf("Load: one day of %s meters, %s files, %s MB, warm", big(size),
        val("input", "files"), big(size * val("input", "bytes") / 1e6)) \
        (markdown ? "" : sprintf("   (load average up to %.1f)",
        busy[part, size])))
    head("|seconds|records/s|MB/s|bytes/record|of SQLite|of PostgreSQL|equal")
    items = "read parse parse-vector sqlite-floor sqlite sqlite-plain duckdb " \
        "clickhouse postgres postgres-array postgres-rows"
    n = split(items, it, " ")
    for (i = 1; i <= n; i++)
        load_row(it[i])
    if (size < 500000)
        return # fixed costs count for too much
    gates_begin()
    if (has("sqlite", "s")) {
        gate("SQLite at least 400,000 records/s", per("sqlite") >= 400000,
            big(per("sqlite")))
        gate("  stretch: 800,000", per("sqlite") >= 800000, big(per("sqlite")))
        gate("at most 165 bytes a record with ids and register reads",
            val("sqlite", "bytes") <= 165, few(val("sqlite", "bytes")))
    }
    if (has("sqlite-plain", "bytes"))
        gate("at most 140 bytes a plain record",
            val("sqlite-plain", "bytes") <= 140, few(val("sqlite-plain", "bytes")))
    peer = best("duckdb clickhouse")
    if (has("sqlite", "s") && peer)
        gate("SQLite at least 3 x the best of DuckDB and ClickHouse",
            per("sqlite") >= 3 * peer, sprintf("%.1f x", per("sqlite") / peer))
    if (has("postgres", "s")) {
        gate("PostgreSQL at least 120,000 records/s", per("postgres") >= 120000,
            big(per("postgres")))
        if (has("postgres-array", "s"))
            gate("PostgreSQL at least 2 x a real[] COPY",
                per("postgres") >= 2 * per("postgres-array"),
                sprintf("%.1f x", per("postgres") / per("postgres-array")))
    }
    time_of["sqlite", size] = val("sqlite", "s")
    time_of["postgres", size] = val("postgres", "s")
}

function linear(engine,    small, large) {
    small = time_of[engine, 500000]
    large = time_of[engine, 2500000]
    if (small && large)
        gate(engine ": 2.5 million within 6 x of 500,000", large <= 6 * small,
            sprintf("%.1f x", large / small))
}

END {
    n_load = split(sizes["load"], of, " ")
    part = "load"
    for (k = 1; k <= n_load; k++) {
        size = of[k]
        load_table()
    }
    if (time_of["sqlite", 2500000] && time_of["sqlite", 500000]) {
        title("Five times the meters")
        linear("sqlite")
        linear("postgres")
    }
    other_tables()
    if (gates)
        printf "\n%d of %d gates passed%s\n", passed, gates, markdown ? "." : ""
}

function equal_or(item) {
    return has(item, "wrong") ? "WRONG" : v[part, size, item, "equal"]
}

function begin(p, text) {
    part = p
    size = sizes[p]
    sub(/^ /, "", size)
    sub(/ .*/, "", size)
    size += 0
    if (!((p, size) in seen))
        return 0
    title(text (markdown ? "" : sprintf("   (load average up to %.1f)",
        busy[p, size])))
    return 1
}

function query_row(item, text) {
    if (!has(item, "p50"))
        return
    row((text ? text : known(item)) "|" few(val(item, "p50")) "|" \
        few(val(item, "p99")) "|" sprintf("%.1f x", val(item, "p50") / \
        val("sqlite", "p50")) "|" (has(item, "wrong") ? "WRONG" : ""))
}

function years_table() {
    if (!begin("years", "One ESI ID, 13 months of intervals, of " \
        big(sizes["years"]) " records, warm"))
        return
    head("|p50 ms|p99 ms|p50 of ours|")
    query_row("sqlite", "Meterhouse, in process, intervals")
    query_row("sqlite-sums", "Meterhouse, in process, daily sums")
    query_row("duckdb-list")
    query_row("clickhouse-list")
    query_row("postgres-list")
    if (has("sqlite", "s"))
        printf "%s\n", (markdown ? "\n" : "  ") "loaded in " \
            sprintf("%.1f", val("sqlite", "s")) " s, " big(per("sqlite")) \
            " records/s, " sprintf("%.1f", val("sqlite", "bytes")) \
            " bytes a record; every record, and sums by day, against the slow " \
            "readers: " \
            equal_or("sqlite")
    if (size < 1000000)
        return
    gates_begin()
    gate("p50 at most 1.5 ms", val("sqlite", "p50") <= 1.5,
        few(val("sqlite", "p50")) " ms")
    gate("p99 at most 5 ms", val("sqlite", "p99") <= 5,
        few(val("sqlite", "p99")) " ms")
    gate("  stretch: 0.3 and 2 ms", val("sqlite", "p50") <= 0.3 && \
        val("sqlite", "p99") <= 2, "")
}

function coverage_row(item, text) {
    if (has(item, "p50"))
        row(text "|" few(val(item, "p50")) "|" few(val(item, "p99")) "|" \
            equal_or(item))
}

function coverage_table() {
    if (!begin("coverage", "Completeness, of " big(sizes["coverage"]) \
        " records, warm"))
        return
    head("|p50 ms|p99 ms|equal")
    coverage_row("day", "a day of one TDSP and REP")
    coverage_row("calendar", "a calendar of 30 days, one TDSP and REP")
    coverage_row("calendar-all", "a calendar of 30 days, of all")
    coverage_row("day-all", "a day, by TDSP and REP")
}

function bulk_row(item, text) {
    if (!has(item, "s"))
        return
    row(text "|" sprintf("%.3f", val(item, "s")) "|" \
        big(val(item, "bytes") / 1e6 / val(item, "s")) "|" \
        few(val("input", "intervals") / 1e6 / val(item, "s")) "|" \
        (has(item, "wrong") ? "WRONG" : v[part, size, item, "equal"]))
}

function bulk_table(    ours) {
    if (!begin("bulk", "1,000 ESI IDs, 30 days, to a file, of " \
        big(sizes["bulk"]) " records, warm"))
        return
    head("|seconds|MB/s|M intervals/s|equal")
    bulk_row("csv", "Meterhouse, CSV of the market")
    bulk_row("iso", "Meterhouse, CSV of exact times")
    bulk_row("lse", "Meterhouse, LSE")
    bulk_row("duckdb-rows", "DuckDB, row per interval, ordered; CSV")
    bulk_row("clickhouse-list", "ClickHouse, arrays, merged; CSV")
    bulk_row("postgres-list", "PostgreSQL, real[]; CSV")
    if (size < 1000000 || !has("csv", "s"))
        return
    gates_begin()
    gate("CSV at least 400 MB/s", val("csv", "bytes") / val("csv", "s") >= 4e8,
        big(val("csv", "bytes") / 1e6 / val("csv", "s")))
    gate("LSE at least 400 MB/s", val("lse", "bytes") / val("lse", "s") >= 4e8,
        big(val("lse", "bytes") / 1e6 / val("lse", "s")))
}

function page_row(item, text) {
    if (!has(item, "rate"))
        return
    row(text "|" big(val(item, "rate")) "|" few(val(item, "p50")) "|" \
        few(val(item, "p99")) "|" (has("node", "rate") ? sprintf("%.1f x",
        val(item, "rate") / val("node", "rate")) : "") "|" \
        (has(item, "wrong") ? "WRONG" : ""))
}

function page_table() {
    if (!begin("page", "The page of daily bars, 13 months, over TLS, of " \
        big(sizes["page"]) " records"))
        return
    head("|requests/s|p50 ms|p99 ms|of Node|")
    page_row("page-loaded", "Meterhouse, as loaded, 30,000 pages, 16")
    page_row("page-many", "Meterhouse, old months rewritten, the same")
    page_row("page", "Meterhouse, 100 pages again, 16")
    page_row("page-64", "Meterhouse, 100 pages again, 64")
    page_row("node", "Node + SQLite, 2 processes, 16")
    if (size < 1000000)
        return
    gates_begin()
    gate("uncached, months rewritten as the job leaves closed months, at least " \
        "1,000 requests/s", val("page-many", "rate") >= 1000,
        big(val("page-many", "rate")))
    gate("  the same as loaded, before that job", \
        val("page-loaded", "rate") >= 1000, big(val("page-loaded", "rate")))
    gate("cached at least 2,000 requests/s", val("page", "rate") >= 2000,
        big(val("page", "rate")))
    gate("p99 at most 20 ms at 16 connections, months rewritten", \
        val("page", "p99") <= 20 && val("page-many", "p99") <= 20, \
        few(val("page-many", "p99")) ", cached " few(val("page", "p99")) " ms")
    gate("  the same as loaded, before that job", \
        val("page-loaded", "p99") <= 20, few(val("page-loaded", "p99")) " ms")
}

function live_row(item, text) {
    if (!has(item, "n"))
        return
    row(text "|" big(val(item, "n")) "|" few(val(item, "p50")) "|" \
        few(val(item, "p99")) "|" few(val(item, "most")) "|" \
        (has(item, "wrong") ? val(item, "wrong") " FAILED" : ""))
}

function live_table() {
    if (!begin("live", "A page and a sign-in over TLS while " \
        big(v["live", substr(sizes["live"], 2), "load", "records"]) \
        " records load"))
        return
    head("|requests|p50 ms|p99 ms|longest ms|")
    live_row("idle-page", "page, nothing loads")
    live_row("loading-page", "page, while loading")
    live_row("idle-sign-in", "sign-in, nothing loads")
    live_row("loading-sign-in", "sign-in, while loading")
    if (has("load", "s"))
        printf "%s\n", (markdown ? "\n" : "  ") "the load took " \
            sprintf("%.1f", val("load", "s")) " s, " \
            big(val("load", "records") / val("load", "s")) " records/s"
}

function keep_row(item, text, more) {
    if (has(item, "s"))
        row(text "|" sprintf("%.1f", val(item, "s")) "|" \
            big(size / val(item, "s")) "|" more "|" equal_or(item))
}

function keep_table() {
    if (!begin("keep", "Keeping " big(sizes["keep"]) " records"))
        return
    head("|seconds|records/s|MB|equal")
    keep_row("backup", "backup, verified", big(val("backup", "bytes") / 1e6))
    keep_row("again", "backup since that, nothing new", "")
    keep_row("verify", "a backup read to its end", "")
    keep_row("restore", "restore", "")
    keep_row("check", "store check", "")
    keep_row("migration", "migration from " (has("migration", "old") ? \
        v[part, size, "migration", "old"] : "an older one") ", " \
        val("migration", "from") " to " val("migration", "to") " steps", "")
}

function other_tables() {
    years_table()
    coverage_table()
    bulk_table()
    page_table()
    live_table()
    keep_table()
}
