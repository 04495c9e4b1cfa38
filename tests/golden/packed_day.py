#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads rows of readings, written from docs/packed-day.md alone.

Standard input has lines `LOAD_ID GROUP DAY SOURCE ROW` with the last two in
hexadecimal; every record of every row is printed on a line of its own."""
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
    assert b.word(1) == 1
    s = {"stamp": b.word(8), "rest": b.word(1), "rest_n": b.word(1),
         "lowest": b.varint(), "front": b.text()}
    s["names"] = [(b.text(), b.text()) for _ in range(b.varint())]
    return s


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
    least, width = b.zigzag(), b.word(1)
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


def row(load_id, group, day, s, data):
    b = Bytes(data)
    assert b.word(1) == 1
    entries = []
    for _ in range(b.word(1)):
        slot, n = b.word(1), b.word(1)
        entries.append((slot, n if n < 255 else b.word(2)))
    for slot, n in entries:
        point, channel = group * 8 + slot // 32, slot % 32
        record = b.take(n)
        place = (load_id.to_bytes(8, "little") + point.to_bytes(8, "little")
                 + day.to_bytes(4, "little") + bytes([channel]))
        assert int.from_bytes(record[:4], "little") == crc32c(
            place + record[4:])
        r = Bytes(record[4:])
        stamp = s["stamp"] + r.varint()
        rep, mre = s["names"][r.varint() if len(s["names"]) > 1 else 0]
        who = transaction(r, s)
        n, seconds, origin, reads, status, micro, digits = core(r.data[r.at:])
        print(point, channel, stamp, "%s|%s|%s" % (rep, mre, who), n, seconds,
              origin, reads,
              " ".join("%d/%d/%d" % x for x in zip(micro, digits, status)))
    assert b.at == len(data)


for line in sys.stdin:
    load_id, group, day, source_hex, row_hex = line.split()
    row(int(load_id), int(group), int(day), source(bytes.fromhex(source_hex)),
        bytes.fromhex(row_hex))
