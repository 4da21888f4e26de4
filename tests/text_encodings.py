#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each encoding of a text stream against the Python that runs this.

    text_encodings.py [--driver PROGRAM] [ENCODING...]

All characters are written, one to a line; what one has no bytes for is ignored, and only that. All
sequences of one and two bytes are read, those of three, four and eight where an encoding has them,
and, for what is switched, in each state; the reader stands U+FFFD in for each error, so how many
bytes an error has shows as well. What is cut off is read at the end of a file of its own.

The two must give the same bytes and characters. That is all of it if TEMPFILE_TEST_ENCODINGS=all is
in the environment; else every encoding is compared with a sample: the characters of the first plane,
every 61st of the others, and every seventh of the sequences whose number is large.
"""
import argparse
import codecs
import encodings.aliases
import functools
import importlib
import itertools
import os
import random
import subprocess
import sys

from _multibytecodec import MultibyteIncrementalDecoder

REFUSED = ['charmap', 'idna', 'punycode', 'undefined', 'unicode_escape', 'raw_unicode_escape']
UTF_16, UTF_32 = ['utf_16', 'utf_16_le', 'utf_16_be'], ['utf_32', 'utf_32_le', 'utf_32_be']
ISO2022 = {
    'iso2022_jp': ['(J', '$@', '$B'],
    'iso2022_jp_1': ['(J', '$@', '$B', '$(D'],
    'iso2022_jp_2': ['(J', '$@', '$B', '$(D', '$A', '$(A', '$(C'],
    'iso2022_jp_2004': ['$B', '$(Q', '$(P'],
    'iso2022_jp_3': ['$B', '$(O', '$(P'],
    'iso2022_jp_ext': ['(J', '(I', '$@', '$B', '$(D'],
    'iso2022_kr': ['$)C'],
}
# Where versions of Python differ: from which one on, the byte, what it is there, and what it was
# before and is here.
CHANGED = {'palmos': ((3, 14), 0x9b, '\u203a', '\x9b')}
# What older ones encode wrongly, pairs of characters; the version is the first in which that was not
# seen. They are left out there.
WRONG = {'iso2022_jp_2004': (3, 11, 7), 'iso2022_jp_3': (3, 11, 7)}
ALL = os.environ.get('TEMPFILE_TEST_ENCODINGS') == 'all'


def every_encoding():
    """All modules of the package that are encodings of characters."""
    known = {name[:-3] for name in os.listdir(os.path.dirname(encodings.__file__))
             if name.endswith('.py') and not name.startswith('_')}
    return sorted(known - {'aliases', 'mbcs', 'oem', 'base64_codec', 'bz2_codec',
                           'hex_codec', 'quopri_codec', 'rot_13', 'uu_codec', 'zlib_codec',
                           *REFUSED})


def as_before():
    """Takes from Python what is listed as changed, so that all else is compared."""
    for name, (version, byte, new, old) in CHANGED.items():
        if sys.version_info < version:
            continue
        codec = importlib.import_module(f'encodings.{name}')
        assert codec.decoding_table[byte] == new
        table = codec.decoding_table[:byte] + old + codec.decoding_table[byte + 1:]
        codec.decoding_table, codec.encoding_table = table, codecs.charmap_build(table)
        print(f'{name}: since Python {version[0]}.{version[1]} byte 0x{byte:02x} is '
              f'U+{ord(new):04X}; here it is U+{ord(old):04X}, as before')


def sample(items, step=7):
    return items if ALL else items[::step]


@functools.lru_cache(maxsize=None)
def every_character():
    """Those of the first plane, and a sample of the others."""
    return [chr(c) for c in range(0x10000) if not 0xd800 <= c < 0xe000] + \
        sample([chr(c) for c in range(0x10000, 0x110000)], 61)


class Driver:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, what, encoding, errors, data):
        self.process.stdin.write(f'{what} {encoding} {errors} {len(data)}\n'.encode() + data)
        self.process.stdin.flush()
        line = self.process.stdout.readline().split()
        if len(line) != 2:
            sys.exit(f'the driver ended within {what} {encoding} {errors}')
        return line[0].startswith(b'!'), self.process.stdout.read(int(line[1]))


class Check:
    def __init__(self, driver, encoding):
        self.driver, self.encoding = driver, encoding
        self.failures = 0

    def fail(self, what, data, python, here):
        self.failures += 1
        if self.failures <= 5:
            print(f'{self.encoding}: {what} {data}\n    Python  {python}\n    here    {here}')

    # --- from characters to bytes ---

    def encode(self, characters, errors='ignore', separator='\n'):
        text = separator.join(characters)
        # As a stream does it, which does not end in ASCII what is switched.
        python = codecs.getincrementalencoder(self.encoding)(errors).encode(text)
        failed, here = self.driver.ask('encode', self.encoding, errors,
                                       text.encode('utf-8', 'surrogatepass'))
        if not failed and here == python:
            return
        if len(characters) == 1:
            self.fail('encoding', ascii(text), python.hex(), here.hex())
            return
        self.halve(self.encode, characters, errors)

    def halve(self, check, items, *rest):
        """Finds what differs, a few times."""
        before, middle = self.failures, len(items) // 2
        if self.failures > 5:
            return
        check(items[:middle], *rest)
        check(items[middle:], *rest)
        if self.failures == before:
            self.fail('together', f'{items[0]!r} to {items[-1]!r}', '', '')

    def characters(self):
        everything = every_character()
        # Python ends base64 with each piece of text, a stream with each buffer: so one fits into it.
        piece = 0x100 if self.encoding == 'utf_7' else 0x8000
        for n in range(0, len(everything), piece):
            self.encode(everything[n:n + piece])
        self.encode(self.pairs())
        self.encode([p[0] + p for p in self.pairs()])
        for n in range(0, min(0x30000, len(everything)), 7 * piece):
            self.encode(everything[n:n + 7 * piece:7], separator='')
        for errors in 'surrogatepass', 'surrogateescape':
            for c in '\ud800', '\udbff', '\udc80', '\udcff', '\udfff', '\ud800\udc00':
                try:
                    c.encode(self.encoding, errors)
                except UnicodeError:
                    continue
                if self.encoding not in UTF_16 or len(c) == 1:
                    self.encode([c, 'x'], errors)

    @staticmethod
    def pairs():
        return [a + b for a in '\xca\xea\xe6\u0254\u028c\u0259\u025a\u304b\u304d\u3053\u30ab\u30bb'
                '\u30c4\u30c8\u31f7\u02e9\u02e5x' for b in '\u0300\u0301\u0304\u030c\u309a\u02e5\u02e9x']

    # --- from bytes to characters ---

    def decode(self, sequences, errors='replace', before=b'', after=b''):
        data = b''.join(before + s + after for s in sequences)
        try:
            if self.encoding in ('utf_16', 'utf_32'):
                # A stream must begin with a mark.
                python = codecs.getincrementaldecoder(self.encoding)(errors).decode(data, True)
            else:
                python = data.decode(self.encoding, errors)
        except UnicodeError:
            python = None
        failed, here = self.driver.ask('decode', self.encoding, errors, data)
        if failed == (python is None) and \
                (failed or here == python.encode('utf-8', 'surrogatepass')):
            return
        if len(sequences) == 1:
            self.fail(f'decoding ({errors})', data.hex(), ascii(python),
                      ascii(here.decode('utf-8', 'surrogatepass')))
            return
        self.halve(self.decode, sequences, errors, before, after)

    def at_end(self, sequences):
        for s in sequences:
            for errors in 'replace', 'strict', 'backslashreplace':
                self.decode([s], errors)

    def short_sequences(self):
        """All of one and two bytes, with what is ASCII behind them."""
        two = sample([bytes(s) for s in itertools.product(range(256), repeat=2)])
        self.decode([bytes([b]) for b in range(256)], after=b'\n')
        self.decode([bytes([b]) for b in range(256)], after=b'a\n')
        for n in range(0, len(two), 0x1000):
            self.decode(two[n:n + 0x1000], after=b'\n')
        self.at_end(sample([bytes([b]) for b in range(256)]))
        edges = [0x0a, 0x21, 0x30, 0x39, 0x40, 0x7e, 0x7f, 0x80, 0x8f, 0xa0, 0xa1, 0xd4, 0xfe, 0xff]
        leads = [0x1b, 0x2b, 0x7e, 0x81, 0x8e, 0x8f, 0x90, 0xa1, 0xa4, 0xc2, 0xe0, 0xed, 0xf0, 0xf4]
        self.at_end(sample([bytes(s) for s in itertools.product(leads, edges)]))

    def long_sequences(self):
        if self.encoding.startswith('euc_j'):
            self.decode([bytes(s) for s in itertools.product([0x8f], range(256), range(256))],
                        after=b'\n')
            self.at_end(bytes([0x8f, b]) for b in range(256))
        elif self.encoding == 'gb18030':
            for lead in sample(range(0x81, 0xff)):
                self.decode([bytes(s) for s in itertools.product(
                    [lead], range(0x30, 0x3a), range(0x81, 0xff), range(0x30, 0x3a))])
            edges = [0x2f, 0x30, 0x39, 0x3a, 0x7f, 0x80, 0x81, 0xfe, 0xff]
            self.decode([bytes(s) for s in itertools.product(edges, repeat=4)], after=b'\n')
            self.at_end(bytes(s) for s in itertools.product([0x81, 0xfe], [0x30, 0x35], edges))
        elif self.encoding == 'euc_kr':
            parts = range(0xa0, 0xd6)
            self.decode(sample([bytes([0xa4, 0xd4, 0xa4, a, 0xa4, b, 0xa4, c])
                                for a in parts for b in parts for c in parts]))
            self.decode([bytes([0xa4, 0xd4, a, 0xa1, b, 0xbf, c, 0xa1])
                         for a, b, c in itertools.product([0x41, 0xa4, 0xa5], repeat=3)], after=b'\n')
            whole = bytes.fromhex('a4d4a4a1a4bfa4a1')
            self.at_end(whole[:n] for n in range(9))
        elif self.encoding in ('utf_8', 'utf_8_sig'):
            edges = [0x0a, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]
            leads = [0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4,
                     0xf5, 0xff]
            for n in 2, 3:
                sequences = [bytes(s) for s in itertools.product(leads, *[edges] * n)]
                for errors in 'replace', 'surrogateescape', 'backslashreplace':
                    self.decode(sequences, errors, after=b'\n')
            self.at_end([b'\xef', b'\xef\xbb', b'\xef\xbb\xbf', b'\xef\xbb\xbfa'])

    def repeated(self):
        """What was converted a moment ago, for a codec may remember it."""
        characters = [c for c in every_character() if c < '\U00010000']
        for n in range(0, len(characters), 0x4000):
            self.encode([c * 3 for c in characters[n:n + 0x4000]])
        other = random.Random(1).sample(characters, len(characters))
        for n in range(0, len(characters), 0x2000):
            self.encode([(a + b) * 2 for a, b in zip(characters[n:n + 0x2000], other[n:])])
        two = [bytes(s) * 3 for s in itertools.product(range(0x20, 256), repeat=2)]
        for escape in [b'', *[b'\x1b' + e.encode() for e in ISO2022.get(self.encoding, [])]]:
            here = [s for s in two if not escape or s[0] < 0x80 and s[1] < 0x80]
            end = b'\x1b(B\n' if escape else b'\n'
            self.decode(sample(here), before=escape + b'\x0e' * (escape == b'\x1b$)C'), after=end)
        if self.encoding == 'hz':
            self.decode([s for s in two if s[0] < 0x7e and s[1] < 0x80], before=b'~{', after=b'~}\n')
        # Sets of the same place, by turns.
        escapes = [b'\x1b' + e.encode() for e in ISO2022.get(self.encoding, []) if e[0] == '$']
        places = [bytes(s) for s in itertools.product(range(0x21, 0x7f), repeat=2)]
        self.decode([e + s for s in sample(places) for e in escapes], after=b'\x1b(B')

    def switched(self):
        """What follows an escape sequence, and what ends it."""
        places = sample([bytes(s) for s in itertools.product([*range(0x1f, 0x81), 0xa1], repeat=2)])
        for escape in ISO2022.get(self.encoding, []):
            before = b'\x1b' + escape.encode()
            if escape == '$)C':
                self.decode(places, before=before + b'\x0e', after=b'\x0f\n')
            self.decode(places, before=before, after=b'\x1b(B\n')
            self.decode(places[::7], before=before, after=b'\n')
            self.at_end(before + s for s in (b'', b'!', b'0!', b'\n', b'\x1b', b'\x1b(', b'\x7f\x7f'))
        if self.encoding in ISO2022:
            letters = [b'!', b'$', b'&', b'(', b')', b'.', b'@', b'A', b'B', b'C', b'D', b'F', b'I',
                       b'J', b'N', b'O', b'P', b'Q', b'[', b'1', b'm', b'\x1b', b'\n', b'\x80']
            sequences = [b'\x1b' + b''.join(s) for n in (1, 2, 3)
                         for s in itertools.product(letters, repeat=n)]
            # One by one, for each leaves a state behind.
            for s in sample(random.Random(1).sample(sequences, 2000)):
                self.decode([s + b'0!a\n\x1b(B\n'])
            self.at_end(sample(sequences[:600]))
        if self.encoding == 'iso2022_jp_2':
            for escape in b'\x1b.A', b'\x1b.F':
                self.decode([bytes([b]) for b in range(256)], before=escape + b'\x1bN', after=b'\n')
            self.decode([bytes([b]) for b in range(256)], before=b'\x1bN', after=b'\n')
        if self.encoding == 'hz':
            self.decode(places, before=b'~{', after=b'~}\n')
            self.decode([b'~' + bytes([b]) for b in range(256)], after=b'\n')
            for b in sample(range(256)):
                self.decode([b'~{' + bytes([b]) + b'0!0!~}a\n', b'~{0!~' + bytes([b]) + b'0!0!~}a\n'])
                self.at_end([b'~{0!' + bytes([b]), b'~{' + bytes([b, b])])

    def wide(self):
        units = [0, 0xa, 0x41, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000,
                 0xfeff, 0xfffe, 0xffff]
        order = 'big' if self.encoding.endswith('be') else 'little'
        mark = {'utf_16': b'\xff\xfe', 'utf_32': b'\xff\xfe\0\0'}.get(self.encoding, b'')
        size = 2 if self.encoding in UTF_16 else 4
        three = [b''.join(u.to_bytes(size, order) for u in s)
                 for s in itertools.product(units, repeat=3)]
        for errors in 'replace', 'surrogatepass', 'backslashreplace':
            for s in sample(three):
                self.decode([mark + s], errors)
        far = [bytes(s) for s in itertools.product([0, 1, 0xd8, 0xff], [0, 0x10, 0x11], [0, 0x10], [0, 1])]
        self.at_end(mark + s[:n] for s in sample(far, 5) for n in range(5))
        self.at_end([bytes(s) for s in itertools.product([0, 0xfe, 0xff], repeat=size)])

    def base64(self):
        r = random.Random(1)
        letters = b'+-/AZaz09=~\\\n\x80\xff AAAA2D3Y'
        for _ in sample(range(4000)):
            s = bytes(r.choice(letters) for _ in range(r.randrange(1, 12)))
            self.decode([s])
            self.decode([b'+' + s])

    def run(self):
        self.characters()
        if self.encoding in UTF_16 + UTF_32:
            self.wide()
            return
        if self.encoding == 'utf_7':
            self.base64()
            return
        self.short_sequences()
        self.long_sequences()
        self.switched()
        if issubclass(codecs.lookup(self.encoding).incrementaldecoder, MultibyteIncrementalDecoder):
            self.repeated()


def check_names(driver):
    wrong = 0
    for alias, name in sorted(encodings.aliases.aliases.items()):
        wanted = name not in ('mbcs', 'base64_codec', 'bz2_codec', 'hex_codec', 'quopri_codec', 'rot_13',
                              'uu_codec', 'zlib_codec')
        failed, _ = driver.ask('encode', alias, 'strict', b'')
        if failed == wanted:
            print(f'{alias}, which is {name}, is {"refused" if failed else "known"}')
            wrong += 1
    for name in REFUSED:
        failed, _ = driver.ask('encode', name, 'strict', b'')
        if not failed:
            print(f'{name} is not refused')
            wrong += 1
    return wrong


def main():
    if sys.version_info < (3, 10):
        print('SKIP: Python is older than 3.10')
        sys.exit(77)
    parser = argparse.ArgumentParser()
    parser.add_argument('--driver', default='./text_encodings')
    parser.add_argument('names', nargs='*')
    arguments = parser.parse_args()
    driver = Driver(arguments.driver.split())
    as_before()
    names = arguments.names or every_encoding()
    for name in [n for n in names if sys.version_info < WRONG.get(n, (0,))]:
        print(f'SKIP: {name}: this Python encodes pairs of characters wrongly')
        names.remove(name)
    wrong = 0 if arguments.names else check_names(driver)
    differ = []
    for name in names:
        check = Check(driver, name)
        check.run()
        if check.failures:
            differ.append(name)
    print(f'{len(names) - len(differ)} of {len(names)} encodings are the same as in Python '
          f'{sys.version.split()[0]}')
    if differ:
        print('they differ:', *differ)
    sys.exit(1 if differ or wrong else 0)


main()
