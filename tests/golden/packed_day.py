#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads rows of readings, written from docs/packed-day.md alone.

Standard input has lines `LOAD_ID GROUP DAY SOURCE ROW` for day rows and
`month POINT DAY LOAD_ID=SOURCE[,LOAD_ID=SOURCE...] ROW` for month rows, with
sources and rows in hexadecimal; every record of every row is printed on a line
of its own."""
import sys

LENGTHS = {0: (96, 900), 1: (92, 900), 2: (100, 900)}
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CHUNK_BYTES = [0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8]

CRC = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ 0x82F63B78 if byte & 1 else byte >> 1
    CRC.append(byte)


def crc32c(data):
    c = 0xFFFFFFFF
    for b in data:
        c = CRC[(c ^ b) & 255] ^ c >> 8
    return c ^ 0xFFFFFFFF


class Bytes:
    """Takes little-endian words, varints and planes from the front."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        part = self.data[self.at:self.at + n]
        assert len(part) == n, "too short"
        self.at += n
        return part

    def word(self, n):
        return int.from_bytes(self.take(n), "little")

    def varint(self):
        n = shift = 0
        while True:
            b = self.word(1)
            n |= (b & 127) << shift
            shift += 7
            if b < 128:
                return n & 0xFFFFFFFFFFFFFFFF

    def zigzag(self):
        n = self.varint()
        return n >> 1 ^ -(n & 1)

    def plane(self, count, width):
        bits = self.word((count * width + 7) // 8)
        return [bits >> i * width & (1 << width) - 1 for i in range(count)]

    def text(self):
        return self.take(self.word(1)).decode("ascii")


def source(data):
    assert int.from_bytes(data[-4:], "little") == crc32c(data[:-4])
    b = Bytes(data[:-4])
    form = b.word(1)
    assert form in (1, 2)
    s = {"stamp": b.word(8), "clock": form == 2 and b.word(1) == 1,
         "rest": b.word(1), "rest_n": b.word(1),
         "lowest": b.varint(), "front": b.text()}
    s["names"] = [(b.text(), b.text()) for _ in range(b.varint())]
    return s


def stamp(s, above):
    if not s["clock"]:
        return s["stamp"] + above
    date, time = divmod(s["stamp"], 1000000)
    n = (date * 86400 + time // 10000 * 3600 + time // 100 % 100 * 60
         + time % 100 + above)
    date, n = divmod(n, 86400)
    return date * 1000000 + n // 3600 * 10000 + n // 60 % 60 * 100 + n % 60


def transaction(b, s):
    if s["rest"] == 0:
        return s["front"]
    if s["rest"] == 1:
        return s["front"] + str(s["lowest"] + b.varint()).zfill(s["rest_n"])
    if s["rest"] == 3:
        return s["front"] + b.text()
    text, left = s["front"], s["rest_n"]
    while left:
        chunk = min(left, 12)
        n, part = b.word(CHUNK_BYTES[chunk]), ""
        for _ in range(chunk):
            n, digit = divmod(n, 36)
            part = ALPHABET[digit] + part
        text, left = text + part, left - chunk
    return text


def statuses(b, kind, n):
    if kind == 0:
        return [ord("A")] * n
    if kind == 1:
        return [b.word(1)] * n
    count = b.word(1)
    if kind == 2:
        runs = [(b.word(1), b.word(1)) for _ in range(count)]
        return [status for status, length in runs for _ in range(length)]
    entry = b.take(count)
    return [entry[i] for i in b.plane(n, (count - 1).bit_length())]


def places_needed(micro):
    p = 6
    while p and micro % 10 == 0:
        micro, p = micro // 10, p - 1
    return p


def core(data):
    b = Bytes(data)
    shape = b.word(1)
    scale, style, length = shape & 7, shape >> 3 & 3, shape >> 5 & 3
    brief = scale == 7
    if brief:
        scale, style, length = 3, 3, 0
    flags = 4 if style == 3 else b.word(1)
    unit = 10 ** (6 - scale)
    n, seconds = LENGTHS.get(length) or (b.word(2), b.word(2))
    assert length < 3 or b.word(1) == 0, "only kWh so far"
    origin = b.word(1) if flags & 16 else ord("M")
    missing, estimated = (b.word(1), b.word(1)) if flags & 3 else (0, 0)
    total, peak, peak_at = b.zigzag(), b.zigzag(), b.word(1)
    reads = ""
    if shape & 128:
        p = b.word(1)
        start, stop = p & 15, p >> 4
        fine = max(start, stop, scale)
        first = b.zigzag() * 10 ** (6 - start)
        last = first + b.zigzag() * 10 ** (6 - fine) + total * unit
        reads = "%d/%d-%d/%d" % (first, start, last, stop)
    status = statuses(b, flags & 3, n)
    present = n - missing
    digits = b.plane(present, 3) if style == 2 else [scale] * present
    least = b.zigzag()
    width = shape >> 3 & 15 if brief else b.word(1)
    value = b.plane(present, width)
    if flags >> 2 & 3 == 1:
        bits = int.from_bytes(data[b.at:], "little")
        for i in range(present):
            zeros = (bits & -bits).bit_length() - 1
            value[i] += zeros << width
            bits >>= zeros + 1
        assert bits == 0
    elif flags >> 2 & 3 == 2:
        for _ in range(b.word(1)):
            i = b.word(1)
            value[i] += b.varint() << width
    value = [v + least for v in value]
    assert status.count(0) == missing and status.count(69) == estimated
    assert sum(value) == total
    assert not value or max(value) == peak and (
        [v for v, s in zip(spread(value, status), status)][peak_at] == peak)
    micro = [v * unit for v in value]
    if style == 1:
        digits = [places_needed(m) for m in micro]
    return (n, seconds, origin, reads, status,
            spread(micro, status), spread(digits, status))


def spread(values, status):
    it = iter(values)
    return [next(it) if s else 0 for s in status]


def show(point, channel, when, names, s, r):
    rep, mre = s["names"][names]
    who = transaction(r, s)
    n, seconds, origin, reads, status, micro, digits = core(r.data[r.at:])
    print(point, channel, when, "%s|%s|%s" % (rep, mre, who), n, seconds,
          origin, reads,
          " ".join("%d/%d/%d" % x for x in zip(micro, digits, status)))


def own_names(r, s):
    return r.varint() if len(s["names"]) > 1 else 0


def length(b):
    n = b.word(1)
    return n if n < 255 else b.word(2)


def check(load_id, where, day, data):
    place = (load_id.to_bytes(8, "little") + where.to_bytes(8, "little")
             + day.to_bytes(4, "little"))
    assert int.from_bytes(data[1:5], "little") == crc32c(place + data[5:])


def stamps(b, n):
    least, width = b.varint(), b.word(1)
    return [least + v for v in b.plane(n, width)]


def row_1(load_id, group, day, s, b):
    entries = []
    for _ in range(b.word(1)):
        slot = b.word(1)
        entries.append((slot, length(b)))
    for slot, n in entries:
        point, channel = group * 8 + slot // 32, slot % 32
        record = b.take(n)
        place = (load_id.to_bytes(8, "little") + point.to_bytes(8, "little")
                 + day.to_bytes(4, "little") + bytes([channel]))
        assert int.from_bytes(record[:4], "little") == crc32c(
            place + record[4:])
        r = Bytes(record[4:])
        when = stamp(s, r.varint())
        show(point, channel, when, own_names(r, s), s, r)


def row_2(load_id, group, day, s, b):
    check(load_id, group, day, b.data)
    b.take(4)
    points, others = b.word(1), b.word(1)
    slots = [p * 32 + 4 for p in range(8) if points >> p & 1]
    slots += list(b.take(others))
    slots.sort(key=lambda slot: (slot // 32, -(slot % 32)))
    lengths = [length(b) for _ in slots]
    names = b.varint()
    for slot, n, above in zip(slots, lengths, stamps(b, len(slots))):
        r = Bytes(b.take(n))
        index = names - 1 if names else own_names(r, s)
        show(group * 8 + slot // 32, slot % 32, stamp(s, above), index, s, r)


def row_3(point, day, sources, data):
    check(0, point, day, data)
    b = Bytes(data)
    assert b.word(1) == 3
    b.take(4)
    channel, load, entries = 4, 0, []
    for _ in range(b.word(1)):
        marks = b.word(1)
        assert marks < 16
        day += b.varint() if marks & 7 == 7 else marks & 7
        channel = b.word(1) if marks & 8 else channel
        load += b.zigzag()
        entries.append((day, channel, load, length(b)))
    for (day, channel, load, n), above in zip(entries,
                                              stamps(b, len(entries))):
        r, s = Bytes(b.take(n)), sources[load]
        print(day, load, end=" ")
        show(point, channel, stamp(s, above), own_names(r, s), s, r)
    assert b.at == len(data)


def day_row(load_id, group, day, s, data):
    b = Bytes(data)
    (None, row_1, row_2)[b.word(1)](load_id, group, day, s, b)
    assert b.at == len(data)


for line in sys.stdin:
    first, second, third, source_hex, row_hex = line.split()
    if first == "month":
        sources = dict(pair.split("=") for pair in source_hex.split(","))
        row_3(int(second), int(third),
              {int(load): source(bytes.fromhex(text))
               for load, text in sources.items()}, bytes.fromhex(row_hex))
    else:
        day_row(int(first), int(second), int(third),
                source(bytes.fromhex(source_hex)), bytes.fromhex(row_hex))
