/* SPDX-License-Identifier: MIT */
/*
 * The names of encodings: Python's, with all its other spellings of them. Case does not matter,
 * nor what stands between letters and digits.
 */
#include "base/export.h"

#include "base/error.h"
#include "text/codec.h"

#include <errno.h>
#include <string.h>

enum family { F_UTF, F_SINGLE, F_MULTIBYTE, F_ISO2022 };

struct encoding {
    const char *name;
    enum family family;
    unsigned variant;
    const char *aliases; /* separated by spaces */
};

/* clang-format off: a table to be read line by line */
static const struct encoding encodings[] = {
    {"ascii", F_UTF, ASCII,
     "646 ansi_x3.4_1968 ansi_x3.4_1986 ansi_x3_4_1968 cp367 csascii ibm367 iso646_us "
     "iso_646.irv_1991 iso_ir_6 us us_ascii"},
    {"big5", F_MULTIBYTE, BIG5, "big5_tw csbig5 x_mac_trad_chinese"},
    {"big5hkscs", F_MULTIBYTE, BIG5HKSCS, "big5_hkscs hkscs"},
    {"cp037", F_SINGLE, SINGLE_CP037,
     "037 csibm037 ebcdic_cp_ca ebcdic_cp_nl ebcdic_cp_us ebcdic_cp_wt ibm037 ibm039"},
    {"cp1006", F_SINGLE, SINGLE_CP1006, ""},
    {"cp1026", F_SINGLE, SINGLE_CP1026, "1026 csibm1026 ibm1026"},
    {"cp1125", F_SINGLE, SINGLE_CP1125, "1125 cp866u ibm1125 ruscii"},
    {"cp1140", F_SINGLE, SINGLE_CP1140, "1140 ibm1140"},
    {"cp1250", F_SINGLE, SINGLE_CP1250, "1250 windows_1250"},
    {"cp1251", F_SINGLE, SINGLE_CP1251, "1251 windows_1251"},
    {"cp1252", F_SINGLE, SINGLE_CP1252, "1252 windows_1252"},
    {"cp1253", F_SINGLE, SINGLE_CP1253, "1253 windows_1253"},
    {"cp1254", F_SINGLE, SINGLE_CP1254, "1254 windows_1254"},
    {"cp1255", F_SINGLE, SINGLE_CP1255, "1255 windows_1255"},
    {"cp1256", F_SINGLE, SINGLE_CP1256, "1256 windows_1256"},
    {"cp1257", F_SINGLE, SINGLE_CP1257, "1257 windows_1257"},
    {"cp1258", F_SINGLE, SINGLE_CP1258, "1258 windows_1258"},
    {"cp273", F_SINGLE, SINGLE_CP273, "273 csibm273 ibm273"},
    {"cp424", F_SINGLE, SINGLE_CP424, "424 csibm424 ebcdic_cp_he ibm424"},
    {"cp437", F_SINGLE, SINGLE_CP437, "437 cspc8codepage437 ibm437"},
    {"cp500", F_SINGLE, SINGLE_CP500, "500 csibm500 ebcdic_cp_be ebcdic_cp_ch ibm500"},
    {"cp720", F_SINGLE, SINGLE_CP720, ""},
    {"cp737", F_SINGLE, SINGLE_CP737, ""},
    {"cp775", F_SINGLE, SINGLE_CP775, "775 cspc775baltic ibm775"},
    {"cp850", F_SINGLE, SINGLE_CP850, "850 cspc850multilingual ibm850"},
    {"cp852", F_SINGLE, SINGLE_CP852, "852 cspcp852 ibm852"},
    {"cp855", F_SINGLE, SINGLE_CP855, "855 csibm855 ibm855"},
    {"cp856", F_SINGLE, SINGLE_CP856, ""},
    {"cp857", F_SINGLE, SINGLE_CP857, "857 csibm857 ibm857"},
    {"cp858", F_SINGLE, SINGLE_CP858, "858 csibm858 ibm858"},
    {"cp860", F_SINGLE, SINGLE_CP860, "860 csibm860 ibm860"},
    {"cp861", F_SINGLE, SINGLE_CP861, "861 cp_is csibm861 ibm861"},
    {"cp862", F_SINGLE, SINGLE_CP862, "862 cspc862latinhebrew ibm862"},
    {"cp863", F_SINGLE, SINGLE_CP863, "863 csibm863 ibm863"},
    {"cp864", F_SINGLE, SINGLE_CP864, "864 csibm864 ibm864"},
    {"cp865", F_SINGLE, SINGLE_CP865, "865 csibm865 ibm865"},
    {"cp866", F_SINGLE, SINGLE_CP866, "866 csibm866 ibm866"},
    {"cp869", F_SINGLE, SINGLE_CP869, "869 cp_gr csibm869 ibm869"},
    {"cp874", F_SINGLE, SINGLE_CP874, ""},
    {"cp875", F_SINGLE, SINGLE_CP875, ""},
    {"cp932", F_MULTIBYTE, CP932, "932 ms932 ms_kanji mskanji windows_31j"},
    {"cp949", F_MULTIBYTE, CP949, "949 ms949 uhc"},
    {"cp950", F_MULTIBYTE, CP950, "950 ms950"},
    {"euc_jis_2004", F_MULTIBYTE, EUC_JIS_2004, "euc_jis2004 eucjis2004 jisx0213"},
    {"euc_jisx0213", F_MULTIBYTE, EUC_JISX0213, "eucjisx0213"},
    {"euc_jp", F_MULTIBYTE, EUC_JP, "eucjp u_jis ujis"},
    {"euc_kr", F_MULTIBYTE, EUC_KR,
     "euckr korean ks_c_5601 ks_c_5601_1987 ks_x_1001 ksc5601 ksx1001 x_mac_korean"},
    {"gb18030", F_MULTIBYTE, GB18030, "gb18030_2000"},
    {"gb2312", F_MULTIBYTE, GB2312,
     "chinese csiso58gb231280 euc_cn euccn eucgb2312_cn gb2312_1980 gb2312_80 iso_ir_58 "
     "x_mac_simp_chinese"},
    {"gbk", F_MULTIBYTE, GBK, "936 cp936 ms936"},
    {"hp_roman8", F_SINGLE, SINGLE_HP_ROMAN8, "cp1051 cshproman8 ibm1051 r8 roman8"},
    {"hz", F_ISO2022, HZ, "hz_gb hz_gb_2312 hzgb"},
    {"iso2022_jp", F_ISO2022, ISO2022_JP, "csiso2022jp iso2022jp iso_2022_jp"},
    {"iso2022_jp_1", F_ISO2022, ISO2022_JP_1, "iso2022jp_1 iso_2022_jp_1"},
    {"iso2022_jp_2", F_ISO2022, ISO2022_JP_2, "iso2022jp_2 iso_2022_jp_2"},
    {"iso2022_jp_2004", F_ISO2022, ISO2022_JP_2004, "iso2022jp_2004 iso_2022_jp_2004"},
    {"iso2022_jp_3", F_ISO2022, ISO2022_JP_3, "iso2022jp_3 iso_2022_jp_3"},
    {"iso2022_jp_ext", F_ISO2022, ISO2022_JP_EXT, "iso2022jp_ext iso_2022_jp_ext"},
    {"iso2022_kr", F_ISO2022, ISO2022_KR, "csiso2022kr iso2022kr iso_2022_kr"},
    {"iso8859_10", F_SINGLE, SINGLE_ISO8859_10,
     "csisolatin6 iso_8859_10 iso_8859_10_1992 iso_ir_157 l6 latin6"},
    {"iso8859_11", F_SINGLE, SINGLE_ISO8859_11, "iso_8859_11 iso_8859_11_2001 thai"},
    {"iso8859_13", F_SINGLE, SINGLE_ISO8859_13, "iso_8859_13 l7 latin7"},
    {"iso8859_14", F_SINGLE, SINGLE_ISO8859_14,
     "iso_8859_14 iso_8859_14_1998 iso_celtic iso_ir_199 l8 latin8"},
    {"iso8859_15", F_SINGLE, SINGLE_ISO8859_15, "iso_8859_15 l9 latin9"},
    {"iso8859_16", F_SINGLE, SINGLE_ISO8859_16,
     "iso_8859_16 iso_8859_16_2001 iso_ir_226 l10 latin10"},
    {"iso8859_2", F_SINGLE, SINGLE_ISO8859_2,
     "csisolatin2 iso_8859_2 iso_8859_2_1987 iso_ir_101 l2 latin2"},
    {"iso8859_3", F_SINGLE, SINGLE_ISO8859_3,
     "csisolatin3 iso_8859_3 iso_8859_3_1988 iso_ir_109 l3 latin3"},
    {"iso8859_4", F_SINGLE, SINGLE_ISO8859_4,
     "csisolatin4 iso_8859_4 iso_8859_4_1988 iso_ir_110 l4 latin4"},
    {"iso8859_5", F_SINGLE, SINGLE_ISO8859_5,
     "csisolatincyrillic cyrillic iso_8859_5 iso_8859_5_1988 iso_ir_144"},
    {"iso8859_6", F_SINGLE, SINGLE_ISO8859_6,
     "arabic asmo_708 csisolatinarabic ecma_114 iso_8859_6 iso_8859_6_1987 iso_ir_127"},
    {"iso8859_7", F_SINGLE, SINGLE_ISO8859_7,
     "csisolatingreek ecma_118 elot_928 greek greek8 iso_8859_7 iso_8859_7_1987 iso_ir_126"},
    {"iso8859_8", F_SINGLE, SINGLE_ISO8859_8,
     "csisolatinhebrew hebrew iso_8859_8 iso_8859_8_1988 iso_ir_138"},
    {"iso8859_9", F_SINGLE, SINGLE_ISO8859_9,
     "csisolatin5 iso_8859_9 iso_8859_9_1989 iso_ir_148 l5 latin5"},
    {"johab", F_MULTIBYTE, JOHAB, "cp1361 ms1361"},
    {"koi8_r", F_SINGLE, SINGLE_KOI8_R, "cskoi8r"},
    {"koi8_t", F_SINGLE, SINGLE_KOI8_T, ""},
    {"koi8_u", F_SINGLE, SINGLE_KOI8_U, ""},
    {"kz1048", F_SINGLE, SINGLE_KZ1048, "kz_1048 rk1048 strk1048_2002"},
    {"latin_1", F_UTF, LATIN_1,
     "8859 cp819 csisolatin1 ibm819 iso8859 iso8859_1 iso_8859_1 iso_8859_1_1987 iso_ir_100 l1 "
     "latin latin1"},
    {"mac_arabic", F_SINGLE, SINGLE_MAC_ARABIC, ""},
    {"mac_croatian", F_SINGLE, SINGLE_MAC_CROATIAN, ""},
    {"mac_cyrillic", F_SINGLE, SINGLE_MAC_CYRILLIC, "maccyrillic"},
    {"mac_farsi", F_SINGLE, SINGLE_MAC_FARSI, ""},
    {"mac_greek", F_SINGLE, SINGLE_MAC_GREEK, "macgreek"},
    {"mac_iceland", F_SINGLE, SINGLE_MAC_ICELAND, "maciceland"},
    {"mac_latin2", F_SINGLE, SINGLE_MAC_LATIN2, "mac_centeuro maccentraleurope maclatin2"},
    {"mac_roman", F_SINGLE, SINGLE_MAC_ROMAN, "macintosh macroman"},
    {"mac_romanian", F_SINGLE, SINGLE_MAC_ROMANIAN, ""},
    {"mac_turkish", F_SINGLE, SINGLE_MAC_TURKISH, "macturkish"},
    {"palmos", F_SINGLE, SINGLE_PALMOS, ""},
    {"ptcp154", F_SINGLE, SINGLE_PTCP154, "cp154 csptcp154 cyrillic_asian pt154"},
    {"shift_jis", F_MULTIBYTE, SHIFT_JIS, "csshiftjis s_jis shiftjis sjis x_mac_japanese"},
    {"shift_jis_2004", F_MULTIBYTE, SHIFT_JIS_2004, "s_jis_2004 shiftjis2004 sjis_2004"},
    {"shift_jisx0213", F_MULTIBYTE, SHIFT_JISX0213, "s_jisx0213 shiftjisx0213 sjisx0213"},
    {"tis_620", F_SINGLE, SINGLE_TIS_620,
     "iso_ir_166 tis620 tis_620_0 tis_620_2529_0 tis_620_2529_1"},
    {"utf_16", F_UTF, UTF_16, "u16 utf16"},
    {"utf_16_be", F_UTF, UTF_16_BE, "unicodebigunmarked utf_16be"},
    {"utf_16_le", F_UTF, UTF_16_LE, "unicodelittleunmarked utf_16le"},
    {"utf_32", F_UTF, UTF_32, "u32 utf32"},
    {"utf_32_be", F_UTF, UTF_32_BE, "utf_32be"},
    {"utf_32_le", F_UTF, UTF_32_LE, "utf_32le"},
    {"utf_7", F_UTF, UTF_7, "u7 unicode_1_1_utf_7 utf7"},
    {"utf_8", F_UTF, UTF_8, "cp65001 u8 utf utf8 utf8_ucs2 utf8_ucs4"},
    {"utf_8_sig", F_UTF, UTF_8_SIG, ""},
};
/* clang-format on */

enum { LONGEST_NAME = 64 };

static bool
is_alphanumeric (char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Small letters and digits; what is between them becomes one '_'. False: too long to be known. */
static bool
normalize (char out[LONGEST_NAME], const char *name)
{
    size_t n = 0;
    bool gap = false;
    for (; *name; name++) {
        if (!is_alphanumeric (*name)) {
            gap = n > 0;
            continue;
        }
        if (n + 3 > LONGEST_NAME)
            return false;
        if (gap)
            out[n++] = '_';
        gap = false;
        out[n++] = (char) (*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
    }
    out[n] = '\0';
    return n > 0;
}

/* Whether NAME, of LENGTH bytes, is one of the words of LIST; in these a '.' is as good as '_'. */
static bool
is_listed (const char *name, size_t length, const char *list)
{
    while (*list) {
        size_t n = strcspn (list, " ");
        size_t i = 0;
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): I is below LENGTH */
        while (i < n && n == length && (name[i] == list[i] || (name[i] == '_' && list[i] == '.')))
            i++;
        if (n == length && i == n)
            return true;
        list += n;
        list += *list == ' ';
    }
    return false;
}

static const struct encoding *
find (const char *name)
{
    char plain[LONGEST_NAME];
    if (!normalize (plain, name))
        return NULL;
    size_t length = strlen (plain);
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++)
        if (strcmp (plain, encodings[i].name) == 0 ||
            is_listed (plain, length, encodings[i].aliases))
            return &encodings[i];
    return NULL;
}

static struct codec *
open_family (const struct encoding *e)
{
    if (e->family == F_UTF)
        return tempfile__codec_utf ((enum utf) e->variant);
    if (e->family == F_ISO2022)
        return tempfile__codec_iso2022 ((enum iso2022) e->variant);
    if (e->family == F_SINGLE)
        return tempfile__codec_single ((enum single_set) e->variant);
    return tempfile__codec_multibyte ((enum multibyte_set) e->variant);
}

static const struct encoding unchanged = {"bytes", F_UTF, BYTES, ""};

struct codec *
tempfile__codec_open (const char *encoding)
{
    const struct encoding *e = encoding ? find (encoding) : &unchanged;
    if (!e) {
        tempfile__fail (EINVAL, "encoding '%s': unknown", encoding);
        return NULL;
    }
    struct codec *codec = open_family (e);
    if (!codec)
        tempfile__fail_system (errno, "encoding '%s'", e->name);
    return codec;
}
