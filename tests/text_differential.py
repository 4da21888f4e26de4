#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random programs on text streams: this library against Python's open().

    text_differential.py [--driver PROGRAM] [--programs N] [--seed N]
    text_differential.py ... --seed N --only K     one program, and what it did

Each program is made up while Python runs it on an ordinary file; the same commands then go to
the driver, in a process of its own for many programs. Every answer and the final bytes must be
the same. The first program that differs is printed with both sides' answers.

What cannot be compared is not generated, or ends a program:
  - stdio asks for a seek between writing and reading;
  - Python decodes ahead, so that a strict error in its chunk comes early: there a program ends;
  - a place is a cookie in Python and an offset here. It can be gone back to as long as nothing
    before it was overwritten by text of another size, and, where what is read back differs from
    what was written, as long as no place after it was told the other way;
  - Python ends the base64 of utf-7 with each write, this library with each buffer of stdio's;
  - where some 30,000 characters were replaced the library's index is full, and no place is gone to;
  - Python has no offsets within a text: what is read from any one is a part of what Python reads
    from the start, where both count the same; a hole is made in Python's file by its size;
  - Python forgets the state of a stateful encoding at a place told while writing; this library
    does not. Nothing is read from such a place.
"""
import argparse
import codecs
import os
import pickle
import random
import subprocess
import sys
import tempfile

ENCODINGS = ['-', 'utf-8', 'utf-8', 'utf-8-sig', 'utf-16', 'utf-16-le', 'utf-16-be', 'utf-32',
             'utf-32-le', 'utf-32-be', 'utf-7', 'ascii', 'latin-1', 'cp1252', 'iso8859-15',
             'koi8-r', 'cp437', 'cp037', 'euc_jp', 'shift_jis', 'gb18030', 'gbk', 'big5',
             'euc_kr', 'iso2022_jp', 'iso2022_jp_1', 'iso2022_jp_2', 'iso2022_kr', 'hz']
STATEFUL = {'utf-7', 'iso2022_jp', 'iso2022_jp_1', 'iso2022_jp_2', 'iso2022_kr', 'hz'}
ERRORS = ['-', '-', 'strict', 'ignore', 'replace', 'backslashreplace', 'xmlcharrefreplace',
          'surrogateescape', 'surrogatepass']
MARKED = {'utf-8-sig', 'utf-16', 'utf-32'}
LOSSY = {'ignore', 'replace', 'backslashreplace', 'xmlcharrefreplace', 'surrogateescape'}
NEWLINES = [None, None, '', '\n', '\r', '\r\n']
ALPHABET = ['a', 'b', 'xyz ', '\x1b[1A', '0', ' ', '\t', '~', '\\', '+', '-', '/', '&#8364;', '{', '}']
AWKWARD = ['\u00e4', '\u00e9', '\u00df', '\u0416', '\u20ac', '\u3042', '\u4e00', '\u6f22\u5b57',
           '\uac00', '\u00a5', '\u203e', '\uff76', '\u00a0', '\ufeff', '\ufffd', '\u2028',
           '\u0085', '\x0b', '\x1f', '\U0001f600', '\U00020000', '\U0010ffff', '\x00', '\x7f']
SURROGATES = ['\ud800', '\udc80', '\udcff', '\udfff', '\ud83d']
ODD = {}
# What Python's streams raise when they cannot go on, or cannot say where they are.
FAILURES = (OSError, OverflowError, TypeError, UnicodeError)
# Of the character U+0000, which holes are full of.
UNITS = {'utf-16': 2, 'utf-16-le': 2, 'utf-16-be': 2, 'utf-32': 4, 'utf-32-le': 4, 'utf-32-be': 4}
LONG_LINE = 1 << 20
ENDS = ['\n', '\n', '\n', '\r', '\r\n', '\n\r', '\n\n']


def encodable(text, encoding, errors='strict'):
    try:
        return text.encode(encoding, errors).decode(encoding, errors) == text
    except UnicodeError:
        return False


class Stop(Exception):
    """The rest of the program could not be compared."""


class Program:
    def __init__(self, seed, path):
        self.random = random.Random(seed)
        self.path = path
        self.commands, self.answers = [], []
        self.file = None
        self.failed = False
        self.second = None

    # --- what is sent ---

    def expect(self, command, answer):
        self.commands.append(command)
        self.answers.append(answer)

    def hex(self, text):
        handler = 'surrogateescape' if self.encoding == '-' else 'surrogatepass'
        return text.encode('utf-8', handler).hex()

    # --- opening ---

    def choose(self):
        r = self.random
        self.encoding = r.choice(ENCODINGS)
        self.errors = '-' if self.encoding == '-' else r.choice(ERRORS)
        self.newline = r.choice(NEWLINES)
        self.mode = r.choice(['w+'] * 5 + ['x+', 'a+', 'a+', 'w', 'a', 'wt+'])
        self.buffering = r.choice([0, 0, 0, 1, 2, 3, 7, 64, 4096])
        if self.encoding == 'utf-7':
            self.buffering = 0
        self.kind = r.choice(['plain', 'plain', 'named', 'spooled'])
        self.real = 'utf-8' if self.encoding == '-' else self.encoding
        self.stateful = self.encoding in STATEFUL
        # A stateful text was overwritten, or a mark is in the middle: it reads otherwise now, and
        # in Python depending on what was done before.
        self.garbled = False
        # More was replaced than the index has room for: places are near, or refused.
        self.crowded = False
        self.diverges = (self.errors in LOSSY or self.newline in (None, '\r\n'))

    def alphabet(self):
        r = self.random
        good = [c for c in ALPHABET + AWKWARD if encodable(c, self.real)]
        odd = ODD.get(self.encoding, [])
        good = [c for c in good if c not in odd]
        wild = [c for c in ALPHABET + AWKWARD if c not in odd]
        if self.encoding != '-':
            # Halves that were written one by one may come back as a whole character.
            halves = self.encoding == 'utf-7' or self.encoding.startswith('utf-16')
            wild = wild + [c for c in SURROGATES
                           if c not in odd and not (halves and c < '\udc00')]
        if self.encoding in MARKED:
            # Where it was before decides whether Python takes this for another mark.
            good, wild = ([c for c in letters if c != '\ufeff'] for letters in (good, wild))
        if self.encoding == 'hz':
            # Python loses the second '~' where its buffer ends between the two.
            good, wild = ([c for c in letters if c != '~'] for letters in (good, wild))
        strict = self.errors in ('-', 'strict')
        if self.stateful and strict:
            return good
        return wild if r.random() < (0.1 if strict else 0.5) else good

    def open(self, mode):
        return open(self.path, mode, encoding=self.real, newline=self.newline,
                    errors=('surrogateescape' if self.encoding == '-' else
                            None if self.errors == '-' else self.errors))

    def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.choose()
        self.letters = self.alphabet()
        self.file = self.open(self.mode)
        newline = ('-' if self.newline is None else self.newline.encode().hex() or 'e')
        self.expect(f'open {self.kind} {self.mode} {self.encoding} {self.errors} {newline} '
                    f'{self.buffering}', 'ok')
        self.set_mode(self.mode)

    def set_mode(self, mode):
        if 'w' in mode:
            self.garbled = False
        self.fresh = 'a' not in mode    # at the start: a mark or header would be written
        self.readable = '+' in mode or 'r' in mode
        self.writable = '+' in mode or 'r' not in mode
        self.append = 'a' in mode
        self.doing = None       # or 'read' or 'write'; None: both may follow
        self.write_only = False
        self.places = {}        # number: (cookie, offset in the file or None, how told)
        self.fields = {}        # number: (place, length), where so many letters follow the place
        self.given_back = False     # what was read ahead, to the storage below stdio
        self.read_something = True
        self.at = None          # offset in the file after the last seek, when known
        self.run = 0

    # --- the steps ---

    def text(self):
        r = self.random
        # Python ends the base64 of utf-7 with a write, this library with each buffer.
        if self.encoding != 'utf-7' and r.random() < 0.001:
            piece = ''.join(r.choice(self.letters) for _ in range(1024))
            self.crowded = self.crowded or self.errors in LOSSY and not encodable(piece, self.real)
            return piece * (LONG_LINE // len(piece.encode('utf-8', 'surrogatepass')) + 1) + '\n'
        n = r.choice([1, 1, 2, 3, 5, 10, 30, 200, r.choice([1, 1000])])
        out = []
        for _ in range(n):
            out.append(r.choice(ENDS) if r.random() < 0.15 else r.choice(self.letters))
        return ''.join(out)

    def forget_after(self, offset):
        # What was ignored is in the offsets here, but not in the file.
        last = offset - (self.errors == 'ignore')
        self.places = {n: p for n, p in self.places.items()
                       if p[1] is not None and p[1] <= last}
        unit = UNITS.get(self.encoding, 1)
        self.fields = {n: (p, length) for n, (p, length) in self.fields.items()
                       if p[1] + length * unit <= last}

    def goes_on_in_a_state(self):
        """Whether the text ends within a run that its encoder, now elsewhere, did not end."""
        decoder = codecs.getincrementaldecoder(self.encoding)('ignore')
        state = decoder.getstate()
        with open(self.path, 'rb') as f:
            decoder.decode(f.read())
        return decoder.getstate() != state

    def begin_write(self):
        self.doing = 'write'
        self.file.flush()
        offset = self.file.buffer.tell()
        if not self.append:
            self.forget_after(offset)
            if self.stateful and offset < os.path.getsize(self.path):
                self.garbled = True
        if self.stateful and self.goes_on_in_a_state():
            self.garbled = True
        if self.append and self.fresh and self.encoding in MARKED and os.path.getsize(self.path):
            self.garbled = True
        self.fresh = False
        self.places = {n: p for n, p in self.places.items() if p[1] is not None}

    def step_write(self):
        if not self.writable or self.doing == 'read':
            return
        if self.doing is None:
            self.stop_watching()
            self.begin_write()
        text = self.text()
        name = self.random.choice(['write', 'write', 'putc'])
        if self.encoding == 'utf-7':
            name = 'write'
        strict = self.errors in ('-', 'strict', 'surrogateescape', 'surrogatepass')
        flush = strict or self.encoding == 'utf-7'
        if flush:
            self.expect('flush', 'ok')
        before = os.path.getsize(self.path)
        try:
            self.file.write(text)
        except UnicodeEncodeError as e:
            escaped = '\udc80' <= text[e.start:e.start + 1] <= '\udcff'
            if self.stateful or self.encoding in MARKED or escaped:
                raise Stop from e
            try:
                self.file.write(text[:e.start])
            except UnicodeEncodeError:
                raise Stop from e
            self.failed = True
            self.expect(f'{name} {self.hex(text)}', '*')
            self.expect('flush', '*')
            self.expect('flush', 'ok')
            self.after_nothing(before)
            return
        if strict and not encodable(text, self.real, self.file.errors):
            self.diverges = True    # the yen sign, say, which some encodings read as a backslash
        self.expect(f'{name} {self.hex(text)}', 'ok')
        if flush:
            self.expect('flush', 'ok')
        self.after_nothing(before)

    def after_nothing(self, before):
        """Appending what comes to nothing goes to the end here, but not in Python."""
        if not self.append or self.errors not in ('ignore', '-', 'strict', 'surrogateescape',
                                                  'surrogatepass'):
            return
        self.file.flush()
        if os.path.getsize(self.path) == before:
            self.expect('flush', 'ok')
            self.step_end_of_file()

    def can_read(self):
        return self.readable and self.doing != 'write' and not self.write_only and not self.garbled

    def read(self, command, call):
        if self.doing is None:
            self.run = self.at
        self.doing = 'read'
        if self.given_back:
            self.ask_for_place()
        self.given_back = False
        try:
            text = call()
        except FAILURES as e:
            self.expect('flush', '*')
            raise Stop from e
        if self.encoding == '-' and any('\ud800' <= c <= '\udfff' for c in text):
            raise Stop
        self.read_something = text != ''
        self.expect(command, self.hex(text))

    def step_read(self):
        if self.can_read() and self.encoding != '-':
            n = self.random.choice([1, 1, 2, 3, 10, 100, 5000])
            self.read(f'read {n}', lambda: self.file.read(n))

    def step_line(self):
        if self.can_read() and self.newline in (None, '\n'):
            self.read('line', self.file.readline)

    def step_all(self):
        if self.can_read():
            self.read('all', self.file.read)

    def step_flush(self):
        """Of what is read this does not ask for the place, but reading on does then."""
        if self.failed or (self.doing == 'read' and self.errors == '-'):
            return
        self.file.flush()
        self.expect('flush', 'ok')
        self.given_back = self.doing == 'read'

    # --- what is filled in later ---

    def letters_of_a_field(self, text):
        self.file.write(text)
        self.expect(f'write {self.hex(text)}', 'ok')

    def step_field(self):
        if self.doing != 'write' or self.append or self.stateful or self.failed or self.garbled:
            return
        n = self.random.randrange(64)
        before = self.places.get(n)
        self.step_tell(n)
        if self.places.get(n) is before or self.places[n][1] is None:
            return
        length = self.random.choice([1, 2, 3, 30, 5000])
        self.letters_of_a_field('y' * length)
        self.fields[n] = self.places[n], length

    def step_fill(self):
        """All places stay, because just as much is written as was there."""
        fields = [n for n, (place, _) in self.fields.items() if self.places.get(n) is place]
        if not fields or self.crowded or self.garbled or self.failed:
            return
        n = self.random.choice(fields)
        self.must_be_sound()
        self.stop_watching()
        self.file.seek(self.places[n][0])
        self.expect(f'seek {n}', 'ok')
        self.letters_of_a_field('z' * self.random.randint(1, self.fields[n][1]))
        self.file.flush()
        self.expect('flush', 'ok')
        self.places = {m: p for m, p in self.places.items() if p[1] is not None}
        self.random.choice([self.step_start, self.step_seek])()

    def is_state(self, cookie):
        """Whether the cookie holds a state of the decoder, which no encoder can take up."""
        return self.stateful and cookie >> 64 & 0xffffffff not in (0, 1)

    def exact(self, cookie):
        """The offset in the file that a cookie stands for, if that can be told."""
        if cookie >> 128:
            return None
        return (cookie & (1 << 64) - 1) + (cookie >> 96 & (1 << 32) - 1)

    def ask_for_place(self):
        """From now on what was read counts as it was read, not as it was written."""
        if self.doing == 'read' and self.diverges:
            self.places = {m: p for m, p in self.places.items() if p[2] == 'read' and p[3] == self.run
                           or p[1] is not None and self.run is not None and
                           p[1] <= self.run - (self.errors == 'ignore')}

    def step_form(self):
        for step in (self.step_write, self.step_field, self.step_write, self.step_tell,
                     self.step_write, self.step_fill, self.step_seek, self.step_read):
            step()

    def step_tell(self, n=None):
        n = self.random.randrange(64) if n is None else n
        self.must_be_sound()
        try:
            cookie = self.file.tell()
        except FAILURES as e:
            raise Stop from e
        offset = self.exact(cookie)
        # The state of its decoder that Python keeps for these is not one to write in.
        if offset == 0 and cookie or self.newline in (None, '') and cookie >> 64 & 1:
            return
        self.ask_for_place()
        # Where nothing was read, what was written and ignored before it still counts.
        how = 'write' if self.errors == 'ignore' and not self.read_something else self.doing
        self.places[n] = (cookie, offset, how, self.run)
        self.expect(f'tell {n}', 'ok')

    def step_seek(self):
        if not self.places or self.crowded:
            return
        n = self.random.choice(list(self.places))
        cookie, offset, how, _ = self.places[n]
        self.must_be_sound()
        try:
            self.file.seek(cookie)
        except FAILURES as e:
            raise Stop from e
        self.expect(f'seek {n}', 'ok')
        self.fresh, self.given_back = cookie == 0, False
        self.doing = 'read' if offset is None or self.is_state(cookie) else None
        self.write_only = self.stateful and how != 'read'
        self.at = offset

    def step_start(self):
        self.file.seek(0)
        self.expect('start', 'ok')
        self.doing, self.write_only, self.at, self.fresh = None, False, 0, True
        self.given_back = False

    def step_end(self):
        if not self.stateful or not self.readable or self.random.random() < 0.5:
            self.step_end_of_file()

    def is_sound(self):
        """Whether all of the file can be read: what cannot is between two places of one offset."""
        if self.doing != 'read':
            self.file.flush()
        counts = self.errors in ('replace', 'backslashreplace', 'surrogateescape')
        with open(self.path, encoding=self.real, errors=self.errors if counts else None) as f:
            try:
                f.read()
            except FAILURES:
                return False
        return True

    def must_be_sound(self):
        if self.encoding != '-' and not self.is_sound():
            raise Stop

    def step_end_of_file(self):
        self.must_be_sound()
        try:
            self.at = self.file.seek(0, 2)
        except FAILURES as e:
            raise Stop from e
        self.expect('end', 'ok')
        self.doing, self.write_only, self.fresh = None, False, self.at == 0
        self.given_back = False

    def step_here(self):
        if self.stateful or self.doing != 'write':
            return
        self.at = self.file.tell()
        self.file.seek(self.at)
        self.expect('here', 'ok')
        self.doing, self.fresh = None, self.at == 0

    def step_truncate(self):
        # A place read to may be behind an escape sequence in Python, and in front of it here.
        usable = [n for n, p in self.places.items() if p[1] is not None and not self.is_state(p[0])]
        if not self.writable or not usable or self.doing == 'read' or self.crowded:
            return
        n = self.random.choice(usable)
        offset = self.places[n][1]
        self.file.flush()
        if self.file.buffer.tell() > offset and self.doing is None:
            return
        self.stop_watching()
        self.file.truncate(offset)
        self.expect(f'truncate {n}', 'ok')
        self.garbled = self.garbled or (offset == 0 and self.encoding == 'iso2022_kr')
        self.forget_after(offset)
        if self.doing is None or self.errors == 'ignore':
            self.step_start()
        elif self.file.buffer.tell() > offset:
            self.step_end_of_file()

    # --- any offset, holes ---

    def content(self):
        """All of the text, as the program's bytes, if both sides count these the same; else None."""
        if not self.readable or self.diverges or self.garbled or self.failed:
            return None
        if self.doing != 'read':
            self.file.flush()
        try:
            with self.open('r') as f:
                return bytes.fromhex(self.hex(f.read()))
        except FAILURES:
            return None

    def step_any(self):
        text = self.content()
        # A seek that Python does not see leaves it with another memory of the header of iso2022_kr.
        if text is None or self.encoding == 'iso2022_kr':
            return
        k = self.random.randrange(len(text) + 1)
        self.expect(f'any {k}', 'ok')
        within = k < len(text) and text[k] & 0xc0 == 0x80 and self.encoding != '-'
        if within and self.writable and not self.append and self.random.random() < 0.3:
            # Nothing is written, which the one or the other says: see what the file is in the end.
            self.expect('write 78', '*')
            self.expect('flush', '*')
            self.failed = True
        else:
            n = self.random.choice([1, 2, 3, 100, 5000])
            self.expect(f'bytes {n}', text[k:k + n].hex())
            if self.random.random() < 0.5:
                k = self.random.randrange(len(text) + 1)
                self.expect(f'any {k}', 'ok')
                self.expect(f'bytes {n}', text[k:k + n].hex())
        self.step_start()

    def step_hole(self):
        """By truncating, or by writing past the end."""
        text = self.content() if self.writable and self.doing != 'read' else None
        if not text or self.stateful:
            return
        n = self.random.choice([1, 2, 7, 300, 5000])
        size = os.path.getsize(self.path) + n * UNITS.get(self.encoding, 1)
        self.stop_watching()
        if self.random.random() < 0.5 or self.append:
            self.file.truncate(size)
            self.expect(f'cut {len(text) + n}', 'ok')
            return
        os.truncate(self.path, size)
        self.file.seek(0, 2)
        self.expect(f'any {len(text) + n}', 'ok')
        self.expect('bytes 9', '')
        self.expect(f'any {len(text) + n}', 'ok')
        self.file.write('x')
        self.expect('write 78', 'ok')
        self.doing, self.write_only, self.fresh = 'write', False, False
        self.places = {m: p for m, p in self.places.items() if p[1] is not None}

    # --- a second stream that reads what the first one adds ---

    def stop_watching(self):
        if self.second:
            self.second.close()
            self.second = None
            self.expect('unwatch', 'ok')

    def step_watch(self):
        if self.second or self.stateful or self.doing == 'read' or self.garbled:
            return
        self.file.flush()
        self.expect('flush', '*')
        # What may still become a part of a mark, or of a newline, is told otherwise in Python.
        if not os.path.getsize(self.path):
            return
        self.second = self.open('r')
        self.expect('watch', 'ok')
        self.more()

    def more(self):
        if not self.second:
            return
        self.file.flush()
        with open(self.path, 'rb') as f:
            end = f.read()[-4:].replace(b'\0', b'')
        if end.endswith((b'\r', b'\x0d')) or self.failed or self.garbled:
            return
        try:
            text = self.second.read()
        except FAILURES as e:
            raise Stop from e
        if self.encoding == '-' and any('\ud800' <= c <= '\udfff' for c in text):
            raise Stop
        self.ask_for_place()
        self.expect('flush', '*')
        self.expect('more', self.hex(text))

    def step_reopen(self):
        if self.random.random() < 0.7:
            return
        self.stop_watching()
        self.file.close()
        self.mode = self.random.choice(['r', 'r+', 'r+', 'a+', 'a', 'w+'])
        self.file = self.open(self.mode)
        self.expect(f'reopen {self.mode}', '*' if self.failed else 'ok')
        self.failed = False
        self.set_mode(self.mode)
        if self.append and self.readable:
            self.step_end()

    def make(self):
        self.start()
        steps = ([self.step_write] * 6 + [self.step_read] * 4 + [self.step_line] * 3 +
                 [self.step_all] + [self.step_flush] + [self.step_tell] * 5 +
                 [self.step_seek] * 4 + [self.step_start] * 2 + [self.step_end] * 2 +
                 [self.step_here] + [self.step_truncate] + [self.step_reopen] +
                 [self.step_any] * 2 + [self.step_hole] + [self.step_watch] + [self.more] * 2 +
                 [self.step_field] * 2 + [self.step_fill] * 2 + [self.step_form])
        try:
            for _ in range(self.random.choice([5, 10, 20, 40])):
                self.random.choice(steps)()
        except Stop:
            pass
        self.stop_watching()
        self.file.close()
        with open(self.path, 'rb') as f:
            self.expect('close', f.read().hex())


class Made:
    def __init__(self, number, commands, answers, failed):
        self.number, self.commands = number, commands
        self.answers, self.failed = answers, failed


def same(answer, expected):
    if expected == '*':
        return True
    if answer == expected:
        return True
    return False


def differences(program, answers):
    for i, (command, expected) in enumerate(zip(program.commands, program.answers)):
        got = answers[i] if i < len(answers) else '(none)'
        if command == 'close' and program.failed and got.startswith('!'):
            got = got.split(' ', 1)[1]
        if not same(got, expected):
            yield i, command, expected, got


def report(program, seed, k, answers):
    wrong = {d[0]: d for d in differences(program, answers)}
    print(f'program {k} of seed {seed} differs; run again with --seed {seed} --only {k}')
    for i, (command, expected) in enumerate(zip(program.commands, program.answers)):
        got = answers[i] if i < len(answers) else '(none)'
        if i in wrong or len(wrong) == 0:
            print(f'  {command}\n    Python  {expected}\n    here    {got}')
        else:
            print(f'  {command} -> {got}')


def make_here(seed, numbers, path):
    programs = []
    for k in numbers:
        program = Program(f'{seed}/{k}', path)
        program.make()
        programs.append((k, program.commands, program.answers, program.failed))
    return programs


def make(seed, numbers, path):
    """Programs, made in a child: some versions of Python crash in their own streams."""
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(source)
        with os.fdopen(sink, 'wb') as f:
            pickle.dump(make_here(seed, numbers, path), f)
        os._exit(0)
    os.close(sink)
    with os.fdopen(source, 'rb') as f:
        data = f.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == 0:
        return [Made(*made) for made in pickle.loads(data)]
    if status > 0:
        sys.exit('making programs failed')
    if len(numbers) == 1:
        print(f'program {numbers[0]} left out: Python ended with signal {-status}', flush=True)
        return []
    return [p for k in numbers for p in make(seed, [k], path)]


def run_driver(driver, programs):
    data = ''.join(c + '\n' for p in programs for c in p.commands)
    done = subprocess.run(driver, input=data, capture_output=True, text=True)
    answers = done.stdout.splitlines()
    if done.returncode != 0:
        print(f'the driver ended with {done.returncode}: {done.stderr}')
    out = []
    for p in programs:
        out.append(answers[:len(p.commands)])
        answers = answers[len(p.commands):]
    return out, done.returncode


def ask(driver, pairs):
    """What the library makes of characters: for each, what it reads back, and the bytes."""
    lines = ''.join(f'open plain w+ {e} {handler(c)} 0a 0\n'
                    f'write {c.encode("utf-8", "surrogatepass").hex()}\nstart\nall\nclose\n'
                    for e, c in pairs)
    done = subprocess.run(driver, input=lines, capture_output=True, text=True)
    answers = done.stdout.splitlines()
    return zip(answers[3::5], answers[4::5])


def handler(c):
    return 'surrogateescape' if c in SURROGATES else 'replace'


def odd_characters(driver):
    """For each encoding the characters that its table has otherwise here than in Python."""
    pairs = [(e, c) for e in sorted(set(ENCODINGS) - {'-'})
             for c in ALPHABET + AWKWARD + ['\udc80', '\udcff']]
    odd = {}
    for (e, c), (text, answer) in zip(pairs, ask(driver, pairs)):
        try:
            coded = codecs.getincrementalencoder(e)(handler(c)).encode(c)
            back = coded.decode(e, handler(c)).encode('utf-8', 'surrogatepass')
        except UnicodeError:
            continue
        if answer != coded.hex() or text != back.hex():
            odd.setdefault(e, []).append(c)
    return odd


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--driver', default=os.environ.get('TEXT_DRIVER', './text_driver'))
    parser.add_argument('--programs', type=int, default=300)
    parser.add_argument('--seed', type=int)
    parser.add_argument('--only', type=int)
    parser.add_argument('--encoding')
    parser.add_argument('--reports', type=int, default=3)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else int.from_bytes(os.urandom(4), 'big')
    driver = arguments.driver.split()
    global ENCODINGS
    if arguments.encoding:
        ENCODINGS = [arguments.encoding]
    ODD.update(odd_characters(driver))
    foreign = [e for e in ODD if set(ALPHABET) <= set(ODD[e])]
    if foreign:
        print('SKIP, for the byte order is not this one:', ' '.join(sorted(foreign)))
        ENCODINGS = [e for e in ENCODINGS if e not in foreign]
    for encoding, characters in sorted((e, c) for e, c in ODD.items() if e not in foreign):
        print(f'left out of {encoding}, for the tables differ:',
              ' '.join(f'U+{ord(c[0]):04X}' for c in characters))
    print(f'seed {seed}, {arguments.programs} programs', flush=True)
    failures = 0
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, 'file')
        numbers = [arguments.only] if arguments.only is not None else range(arguments.programs)
        numbers = list(numbers)
        while numbers:
            batch, numbers = numbers[:200], numbers[200:]
            programs = make(seed, batch, path)
            results, status = run_driver(driver, programs)
            failures += status != 0
            for program, answers in zip(programs, results):
                k = program.number
                if arguments.only is not None or any(differences(program, answers)):
                    failures += any(differences(program, answers))
                    if failures <= arguments.reports:
                        report(program, seed, k, answers)
            if failures > 20:
                break
    print(f'{failures} differ')
    return 1 if failures else 0


sys.exit(main())
