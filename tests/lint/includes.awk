# SPDX-License-Identifier: Apache-2.0
# Lines "file line header" in; those that break the direction of the includes
# out.  A file may include its own folder's headers, what stands below it, and
# for plain ability code the abilities before it.

function ability(path,   part) {
    split(path, part, "/")
    return part[1] == "api" && path ~ /^api\/[^\/]+\// ? part[2] : ""
}

# A face speaks HTML, JSON, SOAP, a job or the command line.
function is_face(path) {
    return path ~ /_(page|json|soap|job|cmd)\.[ch]$/
}

function layer(path) {
    if (path ~ /^server\/base\//) return "base"
    if (path ~ /^server\/text\//) return "text"
    if (path ~ /^server\/http\//) return "http"
    if (path ~ /^server\/job\//) return "job"
    if (path ~ /^server\/wire\//) return "wire"
    if (path ~ /^db\//) return "db"
    if (path ~ /^tests\//) return "tests"
    if (path ~ /^server\//) return "main"
    if (ability(path) == "") return "tables"
    return is_face(path) ? "face" : "plain"
}

BEGIN {
    n = split("account registry agreement feed vee usage tariff billing " \
        "export notify client han exchange enrolment helpdesk insight admin",
        order, " ")
    for (i = 1; i <= n; i++) rank[order[i]] = i
    may["base"] = "base"
    may["text"] = "base text"
    may["db"] = "base db"
    may["wire"] = "base wire"
    may["http"] = "base text http"
    may["job"] = "base text job"
    may["plain"] = "base text db wire plain"
    may["face"] = "base text db wire http job plain face"
    may["tables"] = "base text db wire http job plain face tables"
}

{
    file = $1; line = $2; header = $3
    if (header == "config.h" || header !~ /\//) next
    from = layer(file); to = layer(header)
    if (from == "main" || from == "tests") next
    ok = index(" " may[from] " ", " " to " ") > 0
    if ((from == "http" || from == "job") &&
        (header == "db/session.h" || header == "db/job.h" ||
         header == "db/db.h"))
        ok = 1
    # Every command takes its words the same way.
    if (from == "face" && header == "api/commands.h" && file ~ /_cmd\.[ch]$/)
        ok = 1
    if (ok && to == "face" && from == "face" &&
        ability(file) != ability(header))
        ok = 0
    if (ok && from == "plain" && to == "plain" &&
        rank[ability(header)] > rank[ability(file)])
        ok = 0
    # Who is asking is known to everybody from account on.
    if (header == "api/agreement/actor.h" && ability(file) != "")
        ok = 1
    if (ability(file) != "" && !(ability(file) in rank))
        print file ":" line ": unknown ability " ability(file)
    if (!ok)
        print file ":" line ": may not include " header
}
