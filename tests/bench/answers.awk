# SPDX-License-Identifier: Apache-2.0
#
# The slow reader that knows nothing of the product: LSE text in, a line a day
# out, of all records and of some (one ESI ID in 37):
#   all|some yyyymmdd records intervals estimated millionths-of-a-kWh
# With -v only=some the values of others are not looked at.
# A value of up to six places below 1,000,000 kWh is a whole number of
# millionths once rounded, and sums stay exact up to 2^53 of them.
BEGIN { FS = "," }
$1 == "00000001" {
    day = substr($4, 1, 8)
    some = substr($2, length($2) - 5) % 37 == 0
    records[day]++
    some_records[day] += some
    next
}
/^1/ && (some || only == "") {
    for (i = 2; i < NF && $(i + 1) != ""; i += 3) {
        n++
        e += $(i + 1) == "E"
        sum += int($i * 1000000 + 0.5)
    }
    intervals[day] += n; estimated[day] += e; all[day] += sum
    if (some) {
        some_n[day] += n; some_e[day] += e; some_all[day] += sum
    }
    n = e = sum = 0
}
END {
    for (day in records) {
        if (only == "")
            printf "all %s %.0f %.0f %.0f %.0f\n", day, records[day],
                intervals[day], estimated[day], all[day]
        printf "some %s %.0f %.0f %.0f %.0f\n", day, some_records[day],
            some_n[day], some_e[day], some_all[day]
    }
}
