# SPDX-License-Identifier: MIT
"""Python's tempfile, measuring itself: reads commands, one a line, "WORD COUNT DIR", does what the
word says COUNT times, and answers with the seconds. See peers.h, and io_items.h for the sizes."""

import sys
import tempfile
from time import perf_counter

RECORD, RECORDS, BLOCK, SIZE = 64, 16384, 1 << 20, 4 << 20
PLACES, NEAR, ASKED = 1000, 2048, 10000
LINE = b"the quick brown fox jumps over the lazy dog, and it sleeps, ...\n"
TEXT = b"quick brown fox jumps over the lazy dog, and it sleeps."
HUNDRED = b"what is written".ljust(100, b"\0")
THOUSAND = bytes(1024)

file = None
places = [(i * 2654435761 % (1 << 32) >> 8) % (SIZE // RECORD) * RECORD for i in range(ASKED)]


def the_file(directory):
    global file
    if not file:
        file = tempfile.TemporaryFile(dir=directory)
        file.write(LINE * (SIZE // RECORD))
        file.flush()
    return file


def nothing(directory):
    pass


def unnamed(directory):
    tempfile.TemporaryFile(dir=directory).close()


def named(directory):
    tempfile.NamedTemporaryFile(dir=directory).close()


def use(f, data):
    f.write(data)
    f.seek(0)
    if f.read(len(data)) != data:
        raise OSError("it reads something else")
    f.close()


def use_unnamed(directory):
    use(tempfile.TemporaryFile(dir=directory), HUNDRED)


def use_named(directory):
    use(tempfile.NamedTemporaryFile(dir=directory), HUNDRED)


def use_spooled(directory):
    use(tempfile.SpooledTemporaryFile(dir=directory, max_size=65536), THOUSAND)


def write_records(directory):
    f = the_file(directory)
    f.seek(0)
    for _ in range(RECORDS):
        f.write(LINE)
    f.flush()


def read_records(directory):
    f = the_file(directory)
    f.seek(0)
    for _ in range(RECORDS):
        f.read(RECORD)


def read_lines(directory):
    f = the_file(directory)
    f.seek(0)
    for _ in range(RECORDS):
        f.readline()


def print_lines(directory):
    f = the_file(directory)
    f.seek(0)
    for i in range(RECORDS):
        f.write(b"%d %s\n" % (1000000 + i, TEXT))
    f.flush()


def write_blocks(directory):
    f = the_file(directory)
    block = LINE * (BLOCK // RECORD)
    f.seek(0)
    for _ in range(SIZE // BLOCK):
        f.write(block)
    f.flush()


def read_blocks(directory):
    f = the_file(directory)
    f.seek(0)
    for _ in range(SIZE // BLOCK):
        f.read(BLOCK)


def read_anywhere(directory):
    f = the_file(directory)
    for i in range(PLACES):
        f.seek(places[i])
        f.read(RECORD)


def write_anywhere(directory):
    f = the_file(directory)
    for i in range(PLACES):
        f.seek(places[i])
        f.write(LINE)
    f.flush()


def read_nearby(directory):
    f = the_file(directory)
    for i in range(ASKED):
        f.seek(places[i] % NEAR)
        f.read(1)


def tell(directory):
    f = the_file(directory)
    f.seek(0)
    for _ in range(ASKED):
        f.read(1)
        f.tell()


def stay(directory):
    f = the_file(directory)
    f.seek(0)
    f.read(1)
    for _ in range(ASKED):
        f.seek(1)


for command in sys.stdin:
    word, count, where = command.rstrip("\n").split(" ", 2)
    function = globals()[word]
    begin = perf_counter()
    for _ in range(int(count)):
        function(where)
    print(perf_counter() - begin, flush=True)
