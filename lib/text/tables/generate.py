#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the tables of character sets from what the codecs of the Python that runs this say.

    generate.py [DIRECTORY]      writes single.c, single.h, east.c and names.h there

Which bytes stand for which characters is taken from Python, for "the same as Python" is what the
tables promise. Python 3.11 gives the committed files; 3.14 differs in single.c and single.h.

What a set holds is asked for in the encoding that holds it plainly: JIS X 0208 and JIS X 0212 in
euc_jp, JIS X 0213 in euc_jis_2004, GB 2312 in gb2312, KS X 1001 in cp949 (in euc_kr its filler
begins a sequence of eight bytes), Big5 in big5. All other encodings are described by what they have besides or otherwise. What follows a rule is in no table:
    UHC          the Hangul syllables that KS X 1001 lacks, in the order of their numbers
    GBK          the ideographs from U+4E00 to U+9FA5 that GB 2312 lacks, likewise
    GB 18030     private areas, and sequences of four bytes but for where each run of them begins
    Johab        Hangul; all else is in the order of KS X 1001
    cp932        a private area
"""
import itertools
import os
import sys
from encodings.aliases import aliases

SINGLES = '''cp037 cp1006 cp1026 cp1125 cp1140 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256
cp1257 cp1258 cp273 cp424 cp437 cp500 cp720 cp737 cp775 cp850 cp852 cp855 cp856 cp857 cp858 cp860
cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp874 cp875 hp_roman8 iso8859_10 iso8859_11 iso8859_13
iso8859_14 iso8859_15 iso8859_16 iso8859_2 iso8859_3 iso8859_4 iso8859_5 iso8859_6 iso8859_7
iso8859_8 iso8859_9 koi8_r koi8_t koi8_u kz1048 mac_arabic mac_croatian mac_cyrillic mac_farsi
mac_greek mac_iceland mac_latin2 mac_roman mac_romanian mac_turkish palmos ptcp154
tis_620'''.split()

FAMILIES = {
    'UTF': 'utf_8 utf_16 utf_16_be utf_16_le utf_32 utf_32_be utf_32_le utf_7 utf_8_sig'.split(),
    'SINGLE': ['ascii', 'latin_1', *SINGLES],
    'MULTIBYTE': '''big5 big5hkscs cp932 cp949 cp950 euc_jis_2004 euc_jisx0213 euc_jp euc_kr gb18030
        gb2312 gbk johab shift_jis shift_jis_2004 shift_jisx0213'''.split(),
    'ISO2022': '''hz iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_2004 iso2022_jp_3
        iso2022_jp_ext iso2022_kr'''.split()}

# Later versions of Python have two more.
ALIASES = {alias.lower(): name for alias, name in
           {**aliases, 'windows_31j': 'cp932', 'windows_874': 'cp874'}.items()}

NO_CELL = NO_KEY = 0xffff
FAR = 0xd800
FOURS = 40  # to a row
HEADER = '''/* SPDX-License-Identifier: MIT */
/* Made by generate.py. */
/* clang-format off */
'''


def decode(encoding, data):
    """The characters that are all of DATA, or None."""
    try:
        return tuple(map(ord, bytes(data).decode(encoding)))
    except UnicodeDecodeError:
        return None


def encode(encoding, *characters):
    try:
        return ''.join(map(chr, characters)).encode(encoding)
    except UnicodeEncodeError:
        return None


def numbers(values, width):
    """Lines of an initializer."""
    texts = [f'0x{v:0{width}x},' for v in values]
    per_line = 96 // (width + 4)
    return ''.join(f'    {" ".join(texts[i:i + per_line])}\n'
                   for i in range(0, len(texts), per_line))


# --- sets of single bytes ---

BLOCK = 32


def single_set(encoding):
    chars = [decode(encoding, [b]) for b in range(256)]
    chars = [c[0] if c else NO_CELL for c in chars]
    back = {c: encode(encoding, c)[0] for c in sorted(set(chars)) if c != NO_CELL}
    plain = all(chars[i] == i == back[i] for i in range(128))
    first = 128 if plain else 0
    return first, chars, {c: b for c, b in back.items() if c >= first}


def joined(blocks):
    """One string that has each block somewhere; it is best to go on with the block of which most is
    there already."""
    pool, rest = b'', [bytes(block) for block in blocks]
    while rest:
        overlap, block = max((max(n for n in range(BLOCK + 1) if pool.endswith(block[:n])), block)
                             for block in rest)
        pool += block[overlap:]
        rest = [block for block in rest if block not in pool]
    return pool


def in_parts(chars):
    return [tuple(chars[n:n + BLOCK]) for n in range(0, len(chars), BLOCK)]


def write_singles(directory):
    sets = [single_set(name) for name in SINGLES]
    used = sorted({c // BLOCK for _, _, back in sets for c in back})
    wanted = [[(0,) * BLOCK] + [
        tuple(back.get(c, 0) for c in range(block * BLOCK, (block + 1) * BLOCK)) for block in used]
        for _, _, back in sets]
    pool = joined(sorted({block for row in wanted for block in row}))
    rows = [[pool.index(bytes(block)) for block in row] for row in wanted]
    parts = sorted({part for _, chars, _ in sets for part in in_parts(chars)})
    assert len(parts) <= 0x100
    index = [0] * (0x10000 // BLOCK)
    for number, block in enumerate(used, 1):
        index[block] = number
    with open(os.path.join(directory, 'single.h'), 'w', encoding='ascii') as f:
        f.write(HEADER + '#ifndef TEXT_SINGLE_H\n#define TEXT_SINGLE_H\n\n'
                'enum single_set {\n')
        f.write(''.join(f'    SINGLE_{name.upper()},\n' for name in SINGLES))
        f.write('    SINGLES\n};\n\n'
                f'enum {{ SINGLE_BYTES = {len(pool)}, SINGLE_ROWS = {len(rows[0])}, '
                f'SINGLE_PARTS = {len(parts)} }};\n\n#endif\n')
    with open(os.path.join(directory, 'single.c'), 'w', encoding='ascii') as f:
        f.write(HEADER + '#include "base/export.h"\n\n#include "text/tables.h"\n')
        f.write('\nconst uint16_t tempfile__single_parts[SINGLE_PARTS][SINGLE_BLOCK] = {\n' +
                ''.join(f'    {{\n{numbers(part, 4)}    }},\n' for part in parts) + '};\n')
        f.write('\nconst uint8_t tempfile__single_blocks[SINGLE_INDEX] = {\n' +
                numbers(index, 2) + '};\n')
        f.write('\nconst unsigned char tempfile__single_bytes[SINGLE_BYTES] = {\n' +
                numbers(pool, 2) + '};\n')
        f.write('\nconst struct single tempfile__singles[SINGLES] = {\n')
        for (first, chars, _), row in zip(sets, rows):
            numbers_of_parts = ', '.join(str(parts.index(part)) for part in in_parts(chars))
            f.write(f'    {{{first}, {{{numbers_of_parts}}}, {{\n{numbers(row, 4)}    }}}},\n')
        f.write('};\n')


# --- names ---

def write_names(directory):
    """Python's own name of each encoding first, then its aliases. UTF-8 is asked for most."""
    with open(os.path.join(directory, 'names.h'), 'w', encoding='ascii') as f:
        f.write(HEADER + '#ifndef TEXT_TABLES_NAMES_H\n#define TEXT_TABLES_NAMES_H\n\n'
                'enum family { ' + ', '.join(f'F_{family}' for family in FAMILIES) + ' };\n\n'
                '#define ENCODINGS(X)')
        for family, names in FAMILIES.items():
            for name in names:
                number = f'SINGLE_{name.upper()}' if name in SINGLES else name.upper()
                words = ' '.join([name] + sorted(alias for alias, of in ALIASES.items()
                                                 if of == name and alias != name))
                f.write(f' \\\n    X (F_{family}, {number}, "{words}")')
        f.write('\n\n#endif\n')


# --- sets of two bytes ---

EVERY = [c for c in range(0x80, 0x110000) if not 0xd800 <= c < 0xe000]


class Charset:
    """Characters of keys, and keys of characters; a pair of characters is one of these."""

    def __init__(self, chars, keys):
        self.chars, self.keys = chars, keys

    def __eq__(self, other):
        return (self.chars, self.keys) == (other.chars, other.keys)

    def besides(self, other):
        """What goes before OTHER to make it this one."""
        def difference(mine, others, none):
            return {k: mine.get(k, none) for k in sorted(set(mine) | set(others))
                    if mine.get(k) != others.get(k)}
        return Charset(difference(self.chars, other.chars, (NO_CELL,)),
                       difference(self.keys, other.keys, NO_KEY))

    def split(self, other):
        """What goes before OTHER, and what may as well come after it, to make it this one."""
        all_of_it = self.besides(other)
        before = Charset({k: c for k, c in all_of_it.chars.items() if k in other.chars},
                         {c: k for c, k in all_of_it.keys.items()
                          if c in other.keys or k in other.chars})
        after = Charset({k: c for k, c in all_of_it.chars.items() if k not in before.chars},
                        {c: k for c, k in all_of_it.keys.items() if c not in before.keys})
        return before, after

    def over(self, other):
        chars = {k: c for k, c in {**other.chars, **self.chars}.items() if c != (NO_CELL,)}
        keys = {c: k for c, k in {**other.keys, **self.keys}.items() if k != NO_KEY}
        return Charset(chars, keys)


def ask(encoding, key_bytes, bytes_key, pairs=False):
    """The set of an encoding: KEY_BYTES are its keys and the bytes of each, BYTES_KEY the way back,
    which gives None for bytes of no interest."""
    chars = {}
    for key, data in key_bytes:
        c = decode(encoding, data)
        # One character; or two, if the encoding has such codes, and not two codes of one each.
        if c and (len(c) == 1 or pairs and len(c) == 2 and decode(encoding, data[:1]) is None):
            chars[key] = c
    keys = {}
    candidates = [(c,) for c in EVERY if c < 0x30000] + [c for c in chars.values() if len(c) == 2]
    for c in candidates:
        data = encode(encoding, *c)
        key = bytes_key(data) if data else None
        if key is not None:
            keys[c] = key
    return Charset(chars, keys)


def euc_keys(prefix=()):
    for row, place in itertools.product(range(0x21, 0x7f), repeat=2):
        key = row << 8 | place
        yield (key | 0x8000 if prefix else key), [*prefix, row | 0x80, place | 0x80]


def euc_key(data):
    if len(data) == 2 and min(data) >= 0xa1:
        return (data[0] << 8 | data[1]) & 0x7f7f
    if len(data) == 3 and data[0] == 0x8f:
        return (data[1] << 8 | data[2]) & 0x7f7f | 0x8000
    return None


def raw_keys():
    for lead, trail in itertools.product(range(0x81, 0xff), range(0x31, 0xff)):
        yield lead << 8 | trail, [lead, trail]


def big5_keys():
    for lead in range(0x81, 0xff):
        for trail in itertools.chain(range(0x40, 0x7f), range(0xa1, 0xff)):
            yield big5_key([lead, trail]), [lead, trail]


def big5_key(data):
    """The places of a row without the gap in them."""
    if len(data) != 2:
        return None
    return data[0] << 8 | data[1] - (0x62 if data[1] > 0x7f else 0x40)


def raw_key(data):
    return data[0] << 8 | data[1] if len(data) == 2 else None


def sjis_keys():
    """Rows go on beyond 94; two to each lead byte."""
    for lead in itertools.chain(range(0x81, 0xa0), range(0xe0, 0xfd)):
        for trail in itertools.chain(range(0x40, 0x7f), range(0x80, 0xfd)):
            yield sjis_key([lead, trail]), [lead, trail]


def sjis_key(data):
    if len(data) != 2:
        return None
    lead, trail = data
    row = 2 * (lead - (0x81 if lead < 0xa0 else 0xc1))
    place = trail - 0x40 - (trail > 0x7f)
    return (row + 0x21 + place // 94) << 8 | place % 94 + 0x21


def four_byte_runs():
    """In gb18030: the first character of each run of four-byte sequences, and its number."""
    runs, after = [], (0, 0)
    for c in range(0x80, 0x10000):
        data = None if 0xd800 <= c < 0xe000 else encode('gb18030', c)
        if not data or len(data) != 4:
            continue
        number = ((data[0] - 0x81) * 10 + data[1] - 0x30) * 1260 + \
            (data[2] - 0x81) * 10 + data[3] - 0x30
        if (c, number) != after:
            runs.append((c, number))
        after = c + 1, number + 1
    return runs


def write_set(f, name, charset, how):
    """HOW it is with the keys: 'sparse', 'dense', 'near' and 'follow', as in tables.h."""
    pairs = sorted(c for c in set(charset.chars.values()) | set(charset.keys) if len(c) == 2)
    far = sorted({c[0] for c in charset.chars.values() if c[0] >= 0x10000})
    assert all(c >> 16 == 2 for c in far)

    def cell(c):
        if len(c) == 2:
            return FAR + pairs.index(c)
        return FAR + len(pairs) + far.index(c[0]) if c[0] >= 0x10000 else c[0]

    rows, cells = [], []
    first, last = min(charset.chars, default=0x100) >> 8, max(charset.chars, default=0) >> 8
    for row in range(first, last + 1):
        places = [key & 0xff for key in charset.chars if key >> 8 == row]
        if not places:
            rows.append((0, 1, 0))
            continue
        low, high = min(places), max(places)
        if how == 'dense':
            low, high = low // 4 * 4, high // 4 * 4 + 3
        rows.append((len(cells), low, high))
        cells += [cell(charset.chars.get(row << 8 | p, (0,))) for p in range(low, high + 1)]
    singles = {c[0]: k for c, k in sorted(charset.keys.items()) if len(c) == 1}
    planes = 2 if max(singles) >= 0x10000 else 1
    used = {c >> 8 for c in singles}
    if how == 'dense' and 0x4e in used:
        used |= set(range(0x4e, 0xa0))  # so that it is easy to count what is missing there
    number = {page if page < 0x100 else page - 0x100: [c for c in singles if c >> 8 == page]
              for page in used}
    start, pages, bits, before = [], [], [], []
    keys = list(singles.values())
    for page in range(planes * 0x100 + 1):
        start.append(sum(len(number[p]) for p in number if p < page))
    for page in range(planes * 0x100):
        pages.append(len(bits) // 4 + 1 if page in number else 0)
        for block in range(4 if page in number else 0):
            inside = [c & 63 for c in number[page] if c >> 6 & 3 == block]
            before.append(start[page] + sum(c >> 6 & 3 < block for c in number[page]))
            bits.append(sum(1 << i for i in inside))
    lows = []
    if how == 'sparse':
        pages, bits, before = [], [], []
        if any(charset.chars.get(k) != (c,) for c, k in singles.items()):
            lows = [c & 0x3ff for c in singles]
        start = start[::4]  # SPARSE_SHIFT
    else:
        start = []
    if how == 'near':
        place = {c: i for i, c in enumerate(cells)}
        for page in sorted(number):
            for block in range(4):
                inside = [c for c in number[page] if c >> 6 & 3 == block]
                off = sorted(place[c] - i for i, c in enumerate(inside))
                before[(pages[page] - 1) * 4 + block] = off[len(off) // 2] if off else 0
    fours = []
    if how == 'dense':
        where = [((k >> 8) - first) * FOURS + (k & 0xff) // 4 for k in keys]
        assert max(where) < 0x1000
        for (c, k), (four, place) in zip(singles.items(), ((k // 4 * 4, k % 4) for k in keys)):
            assert place == sum(i * (charset.chars.get(four + i) == (c,)) for i in range(4))
            assert charset.chars[four + place] == (c,)
        where += [0] * (len(where) % 2)
        for a, b in zip(where[::2], where[1::2]):
            fours += [a & 0xff, a >> 8 | (b & 0xf) << 4, b >> 4]
    if how == 'follow':
        assert keys == [keys[0] + i // 94 * 0x100 + i % 94 for i in range(len(keys))]
    first_key = keys[0] if how == 'follow' else None
    if how != 'sparse':
        keys = []
    arrays = [('rows', 'struct row', rows, 0), ('cells', 'uint16_t', cells, 4), ('start', 'uint16_t', start, 4),
              ('pages', 'uint8_t', pages, 2), ('bits', 'uint64_t', bits, 16),
              ('before', 'uint16_t', before, 4), ('fours', 'uint8_t', fours, 2),
              ('keys', 'uint16_t', keys, 4), ('lows', 'uint16_t', lows, 4),
              ('far', 'uint16_t', [c & 0xffff for c in far], 4)]
    for kind, c_type, values, width in arrays:
        text = numbers(values, width) if width else ''.join(f'    {{{a}, {b}, {c}}},\n'
                                                            for a, b, c in values)
        if values:
            f.write(f'\nstatic const {c_type} {kind}_{name}[] = {{\n{text}}};\n')
    if pairs:
        f.write(f'\nstatic const struct pair pairs_{name}[] = {{\n' +
                ''.join(f'    {{0x{a:04x}, 0x{b:04x}, 0x{charset.keys[a, b]:04x}}},\n'
                        for a, b in pairs) + '};\n')
    f.write(f'\nconst struct set tempfile__{name} = {{\n')
    for kind in [kind for kind, _, values, _ in arrays if values]:
        f.write(f'    .{kind} = {kind}_{name},\n')
    if pairs:
        f.write(f'    .pairs = pairs_{name},\n    .n_pairs = {len(pairs)},\n')
    if first_key:
        f.write(f'    .first_key = 0x{first_key:04x},\n')
    if how == 'near':
        f.write(f'    .n_cells = {len(cells)},\n')
    if planes == 2:
        f.write('    .two_planes = 1,\n')
    f.write(f'    .first_row = 0x{first:02x},\n    .last_row = 0x{last:02x},\n}};\n')
    size = len(pairs) * 6 + sum(len(values) * {0: 4, 2: 1, 4: 2, 16: 8}[width]
                                for _, _, values, width in arrays)
    if VERBOSE:
        print(f'{name}: {len(charset.chars)} characters, {len(charset.keys)} keys, {size} bytes')
    return size


def without(charset, keys, characters):
    """Less what is computed."""
    return Charset({k: c for k, c in charset.chars.items() if not keys(k)},
                   {c: k for c, k in charset.keys.items() if not characters(c[0])})


def is_hangul(c):
    return 0xac00 <= c <= 0xd7a3


def is_user_gb(key):
    """The private areas of GB 18030."""
    lead, trail = key >> 8, key & 0xff
    return (trail >= 0xa1 and (0xaa <= lead <= 0xaf or lead >= 0xf8) or
            trail < 0xa1 and 0xa1 <= lead <= 0xa7)


def raw(charset):
    return Charset({k | 0x8080: c for k, c in charset.chars.items()},
                   {c: k | 0x8080 for c, k in charset.keys.items()})


def write_east(directory):
    jisx0208 = ask('euc_jp', euc_keys(), lambda d: euc_key(d) if len(d) == 2 else None)
    jisx0212 = ask('euc_jp', euc_keys([0x8f]), lambda d: euc_key(d) if len(d) == 3 else None)

    def jisx0213(encoding):
        return ask(encoding, itertools.chain(euc_keys(), euc_keys([0x8f])), euc_key, True)
    of_2004 = jisx0213('euc_jis_2004')
    of_2000 = jisx0213('euc_jisx0213')
    # JIS X 0213 has characters of JIS X 0208 and JIS X 0212, and no key of theirs.
    more_2004 = of_2004.besides(jisx0212.over(jisx0208))
    assert jisx0208.over(more_2004.over(jisx0212)) == of_2004
    cp932 = without(ask('cp932', sjis_keys(), sjis_key), lambda k: 0x7f <= k >> 8 <= 0x92,
                    lambda c: 0xe000 <= c <= 0xe757)
    gb2312 = ask('gb2312', euc_keys(), euc_key)
    gbk = ask('gbk', raw_keys(), raw_key)
    rest = [c for c in range(0x4e00, 0x9fa6) if (c,) not in gb2312.keys]
    places = [lead << 8 | trail for leads, end in ((range(0x81, 0xa1), 0xff), (range(0xaa, 0xff), 0xa1))
              for lead in leads for trail in range(0x40, end) if trail != 0x7f]
    ruled = Charset({k: (c,) for k, c in zip(places, rest)}, {(c,): k for k, c in zip(places, rest)})
    base_gbk = ruled.over(raw(gb2312))
    gb18030 = without(ask('gb18030', raw_keys(), raw_key), is_user_gb,
                      lambda c: 0xe000 <= c <= 0xe765)
    all_kr = ask('cp949', euc_keys(), euc_key)
    ksx1001 = without(all_kr, lambda k: is_hangul(all_kr.chars[k][0]), is_hangul)
    hangul = without(all_kr, lambda k: not is_hangul(all_kr.chars[k][0]),
                     lambda c: not is_hangul(c))
    big5 = ask('big5', big5_keys(), big5_key)
    cp950 = ask('cp950', big5_keys(), big5_key)
    hkscs = ask('big5hkscs', big5_keys(), big5_key, True)
    with open(os.path.join(directory, 'east.c'), 'w', encoding='ascii') as f:
        f.write(HEADER + '#include "base/export.h"\n\n#include "text/tables.h"\n')
        sizes = [
            write_set(f, 'jisx0208', jisx0208, 'dense'),
            write_set(f, 'jisx0212', jisx0212, 'near'),
            write_set(f, 'jisx0213', more_2004, 'sparse'),
            write_set(f, 'gb2312', gb2312, 'dense'),
            write_set(f, 'ksx1001', ksx1001, 'dense'),
            write_set(f, 'hangul', hangul, 'follow'),
            write_set(f, 'big5', big5, 'dense')]
        for name, charset, base in (('jisx0213_2000', of_2000, of_2004), ('cp932', cp932, jisx0208),
                                    ('gbk', gbk, base_gbk), ('gb18030', gb18030, gbk),
                                    ('cp950', cp950, big5),
                                    ('big5hkscs', hkscs, big5)):
            before, after = charset.split(base)
            for suffix, part in ('_before', before), ('_after', after):
                if part.chars or part.keys:
                    sizes.append(write_set(f, name + suffix, part, 'sparse'))
        runs = four_byte_runs()
        assert len(runs) == 206  # GB18030_RUNS
        f.write('\nconst struct four_bytes tempfile__gb18030_four[GB18030_RUNS] = {\n' +
                ''.join(f'    {{0x{c:04x}, {n}}},\n' for c, n in runs) + '};\n')
    if VERBOSE:
        print(f'east: {sum(sizes) + 4 * len(runs)} bytes')


VERBOSE = bool(os.environ.get("VERBOSE"))


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    write_names(directory)
    write_singles(directory)
    write_east(directory)


if __name__ == '__main__':
    main()
