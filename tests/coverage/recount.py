#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts completeness from the texts that were loaded, by nothing of ours.

recount.py JOURNAL FROM TO: the journal has a line for each thing that was
done, "load ID EPOCH PATH" or "unload ID"; prints what
`meterhouse coverage --from FROM --to TO` should."""
import collections
import csv
import datetime
import re
import sys
import zoneinfo

ZONE = zoneinfo.ZoneInfo("America/Chicago")
DUE_HOURS = 23
FAR = datetime.date.max


def day_of(text):
    return datetime.date.fromisoformat(text) if text else None


def due(day):
    """Midnight that ends the day, and so many hours."""
    end = datetime.datetime.combine(day + datetime.timedelta(1),
                                    datetime.time(), ZONE)
    return end.timestamp() + DUE_HOURS * 3600


class Registry:
    """What the files in force say; the one loaded later holds."""

    def __init__(self):
        self.premise, self.meter, self.rep = {}, {}, {}

    def read(self, path):
        with open(path, newline="", encoding="utf-8") as f:
            for row in csv.DictReader(f):
                point = row["ESIID"]
                self.premise[point] = (row["TDSP"], row["SOLAR"] == "Y")
                self.meter.setdefault(point, {})[
                    (day_of(row["INSTALLED"]), row["METER"])] = (
                        day_of(row["PROVISIONED"]), day_of(row["REMOVED"]))
                if row["REP"]:
                    self.rep.setdefault(point, {})[
                        day_of(row["REP_FROM"])] = (
                            row["REP"], day_of(row["REP_TO"]))

    def in_service(self, point, day):
        meters = [(installed, removed or FAR, number, provisioned)
                  for (installed, number), (provisioned, removed)
                  in self.meter.get(point, {}).items()
                  if removed is None or removed >= installed]
        meters.sort(key=lambda m: m[:3])
        for i, (installed, end, _, provisioned) in enumerate(meters):
            if i + 1 < len(meters):
                follower = meters[i + 1][0]
                if end > follower:
                    end = (follower - datetime.timedelta(1)
                           if follower > installed else follower)
            if max(installed, provisioned or installed) <= day <= end:
                return True
        return False

    def rep_of(self, point, day):
        best = ""
        for start in sorted(self.rep.get(point, {})):
            rep, end = self.rep[point][start]
            if end is not None and end < start:
                continue
            if start <= day:
                best = rep if end is None or end >= day else ""
        return best

    def expects(self, point, day, channel):
        if point not in self.premise or not self.in_service(point, day):
            return None
        tdsp, solar = self.premise[point]
        if channel == 4 or (channel == 1 and solar):
            return tdsp, self.rep_of(point, day)
        return None


def records(path):
    """(point, day, channel), version, identity, statuses of each record."""
    name = re.search(r"IntervalData(\d{14})(\d{3})", path)
    stamps = (int(name[1]), int(name[2])) if name else (0, 0)
    key = None
    with open(path, encoding="ascii") as f:
        for line in f:
            field = line.rstrip("\r\n").split(",")
            if field[0] == "00000001":
                if key:
                    yield key, version, (tuple(values), reads), statuses
                start = field[3]
                key = (field[1], datetime.date(int(start[:4]), int(start[4:6]),
                                               int(start[6:8])), int(field[2]))
                values, statuses = [], []
            elif field[0] == "00000002":
                reads = tuple(field[1:3])
            elif field[0] == "00000003":
                transaction = field[1]
            elif field[0] == "00000004":
                version = (int(field[1]), *stamps, transaction)
            elif len(field[0]) == 8 and field[0] >= "10000000":
                for i in range(1, len(field) - 2, 3):
                    values.append((float(field[i]) if field[i] else None,
                                   field[i + 1]))
                    statuses.append(field[i + 1] if field[i] else "")
    if key:
        yield key, version, (tuple(values), reads), statuses


def main():
    journal, first, last = sys.argv[1:]
    first, last = day_of(first), day_of(last)
    loads = {}
    with open(journal, encoding="utf-8") as f:
        for line in f:
            word = line.split()
            if word[0] == "load":
                loads[int(word[1])] = (float(word[2]), word[3])
            else:
                del loads[int(word[1])]
    registry = Registry()
    days = collections.defaultdict(list)
    for number in sorted(loads):
        came, path = loads[number]
        if path.endswith(".csv"):
            registry.read(path)
            continue
        for key, version, identity, statuses in records(path):
            days[key].append((version, number, identity, statuses, came))
    total = collections.defaultdict(lambda: [0] * 8)
    day = first
    while day <= last:
        for point in registry.premise:
            for channel in (4, 1):
                who = registry.expects(point, day, channel)
                if who:
                    total[(day, *who)][0] += 1
        day += datetime.timedelta(1)
    for (point, day, channel), found in days.items():
        if not first <= day <= last:
            continue
        who = registry.expects(point, day, channel)
        if who is None:
            total[(day, "", "")][7] += 1
            continue
        n = total[(day, *who)]
        earliest = min(found, key=lambda r: r[1])
        found.sort(key=lambda r: r[:2])
        statuses = found[-1][3]
        n[1] += 1
        n[2] += "E" in statuses
        n[3] += statuses.count("E")
        n[4] += "" in statuses
        n[5] += earliest[4] > due(day)
        n[6] += any(a[2] != b[2] for a, b in zip(found, found[1:]))
    print("day,tdsp,rep,expected,received,missing,estimated,"
          "estimated_intervals,partial,late,replaced,extra,counted")
    for key in sorted(total):
        n = total[key]
        print(*key, n[0], n[1], n[0] - n[1], n[2], n[3], n[4], n[5], n[6],
              n[7], "yes", sep=",")


main()
