/* SPDX-License-Identifier: MIT */
/* Made by generate.py. */
/* clang-format off */
#ifndef TEXT_TABLES_NAMES_H
#define TEXT_TABLES_NAMES_H

enum family { F_UTF, F_SINGLE, F_MULTIBYTE, F_ISO2022 };

#define ENCODINGS(X) \
    X (F_UTF, UTF_8, "utf_8 cp65001 u8 utf utf8 utf8_ucs2 utf8_ucs4") \
    X (F_UTF, UTF_16, "utf_16 u16 utf16") \
    X (F_UTF, UTF_16_BE, "utf_16_be unicodebigunmarked utf_16be") \
    X (F_UTF, UTF_16_LE, "utf_16_le unicodelittleunmarked utf_16le") \
    X (F_UTF, UTF_32, "utf_32 u32 utf32") \
    X (F_UTF, UTF_32_BE, "utf_32_be utf_32be") \
    X (F_UTF, UTF_32_LE, "utf_32_le utf_32le") \
    X (F_UTF, UTF_7, "utf_7 u7 unicode_1_1_utf_7 utf7") \
    X (F_UTF, UTF_8_SIG, "utf_8_sig") \
    X (F_SINGLE, ASCII, "ascii 646 ansi_x3.4_1968 ansi_x3.4_1986 ansi_x3_4_1968 cp367 csascii ibm367 iso646_us iso_646.irv_1991 iso_ir_6 us us_ascii") \
    X (F_SINGLE, LATIN_1, "latin_1 8859 cp819 csisolatin1 ibm819 iso8859 iso8859_1 iso_8859_1 iso_8859_1_1987 iso_ir_100 l1 latin latin1") \
    X (F_SINGLE, SINGLE_CP037, "cp037 037 csibm037 ebcdic_cp_ca ebcdic_cp_nl ebcdic_cp_us ebcdic_cp_wt ibm037 ibm039") \
    X (F_SINGLE, SINGLE_CP1006, "cp1006") \
    X (F_SINGLE, SINGLE_CP1026, "cp1026 1026 csibm1026 ibm1026") \
    X (F_SINGLE, SINGLE_CP1125, "cp1125 1125 cp866u ibm1125 ruscii") \
    X (F_SINGLE, SINGLE_CP1140, "cp1140 1140 ibm1140") \
    X (F_SINGLE, SINGLE_CP1250, "cp1250 1250 windows_1250") \
    X (F_SINGLE, SINGLE_CP1251, "cp1251 1251 windows_1251") \
    X (F_SINGLE, SINGLE_CP1252, "cp1252 1252 windows_1252") \
    X (F_SINGLE, SINGLE_CP1253, "cp1253 1253 windows_1253") \
    X (F_SINGLE, SINGLE_CP1254, "cp1254 1254 windows_1254") \
    X (F_SINGLE, SINGLE_CP1255, "cp1255 1255 windows_1255") \
    X (F_SINGLE, SINGLE_CP1256, "cp1256 1256 windows_1256") \
    X (F_SINGLE, SINGLE_CP1257, "cp1257 1257 windows_1257") \
    X (F_SINGLE, SINGLE_CP1258, "cp1258 1258 windows_1258") \
    X (F_SINGLE, SINGLE_CP273, "cp273 273 csibm273 ibm273") \
    X (F_SINGLE, SINGLE_CP424, "cp424 424 csibm424 ebcdic_cp_he ibm424") \
    X (F_SINGLE, SINGLE_CP437, "cp437 437 cspc8codepage437 ibm437") \
    X (F_SINGLE, SINGLE_CP500, "cp500 500 csibm500 ebcdic_cp_be ebcdic_cp_ch ibm500") \
    X (F_SINGLE, SINGLE_CP720, "cp720") \
    X (F_SINGLE, SINGLE_CP737, "cp737") \
    X (F_SINGLE, SINGLE_CP775, "cp775 775 cspc775baltic ibm775") \
    X (F_SINGLE, SINGLE_CP850, "cp850 850 cspc850multilingual ibm850") \
    X (F_SINGLE, SINGLE_CP852, "cp852 852 cspcp852 ibm852") \
    X (F_SINGLE, SINGLE_CP855, "cp855 855 csibm855 ibm855") \
    X (F_SINGLE, SINGLE_CP856, "cp856") \
    X (F_SINGLE, SINGLE_CP857, "cp857 857 csibm857 ibm857") \
    X (F_SINGLE, SINGLE_CP858, "cp858 858 csibm858 ibm858") \
    X (F_SINGLE, SINGLE_CP860, "cp860 860 csibm860 ibm860") \
    X (F_SINGLE, SINGLE_CP861, "cp861 861 cp_is csibm861 ibm861") \
    X (F_SINGLE, SINGLE_CP862, "cp862 862 cspc862latinhebrew ibm862") \
    X (F_SINGLE, SINGLE_CP863, "cp863 863 csibm863 ibm863") \
    X (F_SINGLE, SINGLE_CP864, "cp864 864 csibm864 ibm864") \
    X (F_SINGLE, SINGLE_CP865, "cp865 865 csibm865 ibm865") \
    X (F_SINGLE, SINGLE_CP866, "cp866 866 csibm866 ibm866") \
    X (F_SINGLE, SINGLE_CP869, "cp869 869 cp_gr csibm869 ibm869") \
    X (F_SINGLE, SINGLE_CP874, "cp874 windows_874") \
    X (F_SINGLE, SINGLE_CP875, "cp875") \
    X (F_SINGLE, SINGLE_HP_ROMAN8, "hp_roman8 cp1051 cshproman8 ibm1051 r8 roman8") \
    X (F_SINGLE, SINGLE_ISO8859_10, "iso8859_10 csisolatin6 iso_8859_10 iso_8859_10_1992 iso_ir_157 l6 latin6") \
    X (F_SINGLE, SINGLE_ISO8859_11, "iso8859_11 iso_8859_11 iso_8859_11_2001 thai") \
    X (F_SINGLE, SINGLE_ISO8859_13, "iso8859_13 iso_8859_13 l7 latin7") \
    X (F_SINGLE, SINGLE_ISO8859_14, "iso8859_14 iso_8859_14 iso_8859_14_1998 iso_celtic iso_ir_199 l8 latin8") \
    X (F_SINGLE, SINGLE_ISO8859_15, "iso8859_15 iso_8859_15 l9 latin9") \
    X (F_SINGLE, SINGLE_ISO8859_16, "iso8859_16 iso_8859_16 iso_8859_16_2001 iso_ir_226 l10 latin10") \
    X (F_SINGLE, SINGLE_ISO8859_2, "iso8859_2 csisolatin2 iso_8859_2 iso_8859_2_1987 iso_ir_101 l2 latin2") \
    X (F_SINGLE, SINGLE_ISO8859_3, "iso8859_3 csisolatin3 iso_8859_3 iso_8859_3_1988 iso_ir_109 l3 latin3") \
    X (F_SINGLE, SINGLE_ISO8859_4, "iso8859_4 csisolatin4 iso_8859_4 iso_8859_4_1988 iso_ir_110 l4 latin4") \
    X (F_SINGLE, SINGLE_ISO8859_5, "iso8859_5 csisolatincyrillic cyrillic iso_8859_5 iso_8859_5_1988 iso_ir_144") \
    X (F_SINGLE, SINGLE_ISO8859_6, "iso8859_6 arabic asmo_708 csisolatinarabic ecma_114 iso_8859_6 iso_8859_6_1987 iso_ir_127") \
    X (F_SINGLE, SINGLE_ISO8859_7, "iso8859_7 csisolatingreek ecma_118 elot_928 greek greek8 iso_8859_7 iso_8859_7_1987 iso_ir_126") \
    X (F_SINGLE, SINGLE_ISO8859_8, "iso8859_8 csisolatinhebrew hebrew iso_8859_8 iso_8859_8_1988 iso_ir_138") \
    X (F_SINGLE, SINGLE_ISO8859_9, "iso8859_9 csisolatin5 iso_8859_9 iso_8859_9_1989 iso_ir_148 l5 latin5") \
    X (F_SINGLE, SINGLE_KOI8_R, "koi8_r cskoi8r") \
    X (F_SINGLE, SINGLE_KOI8_T, "koi8_t") \
    X (F_SINGLE, SINGLE_KOI8_U, "koi8_u") \
    X (F_SINGLE, SINGLE_KZ1048, "kz1048 kz_1048 rk1048 strk1048_2002") \
    X (F_SINGLE, SINGLE_MAC_ARABIC, "mac_arabic") \
    X (F_SINGLE, SINGLE_MAC_CROATIAN, "mac_croatian") \
    X (F_SINGLE, SINGLE_MAC_CYRILLIC, "mac_cyrillic maccyrillic") \
    X (F_SINGLE, SINGLE_MAC_FARSI, "mac_farsi") \
    X (F_SINGLE, SINGLE_MAC_GREEK, "mac_greek macgreek") \
    X (F_SINGLE, SINGLE_MAC_ICELAND, "mac_iceland maciceland") \
    X (F_SINGLE, SINGLE_MAC_LATIN2, "mac_latin2 mac_centeuro maccentraleurope maclatin2") \
    X (F_SINGLE, SINGLE_MAC_ROMAN, "mac_roman macintosh macroman") \
    X (F_SINGLE, SINGLE_MAC_ROMANIAN, "mac_romanian") \
    X (F_SINGLE, SINGLE_MAC_TURKISH, "mac_turkish macturkish") \
    X (F_SINGLE, SINGLE_PALMOS, "palmos") \
    X (F_SINGLE, SINGLE_PTCP154, "ptcp154 cp154 csptcp154 cyrillic_asian pt154") \
    X (F_SINGLE, SINGLE_TIS_620, "tis_620 iso_ir_166 tis620 tis_620_0 tis_620_2529_0 tis_620_2529_1") \
    X (F_MULTIBYTE, BIG5, "big5 big5_tw csbig5 x_mac_trad_chinese") \
    X (F_MULTIBYTE, BIG5HKSCS, "big5hkscs big5_hkscs hkscs") \
    X (F_MULTIBYTE, CP932, "cp932 932 ms932 ms_kanji mskanji windows_31j") \
    X (F_MULTIBYTE, CP949, "cp949 949 ms949 uhc") \
    X (F_MULTIBYTE, CP950, "cp950 950 ms950") \
    X (F_MULTIBYTE, EUC_JIS_2004, "euc_jis_2004 euc_jis2004 eucjis2004 jisx0213") \
    X (F_MULTIBYTE, EUC_JISX0213, "euc_jisx0213 eucjisx0213") \
    X (F_MULTIBYTE, EUC_JP, "euc_jp eucjp u_jis ujis") \
    X (F_MULTIBYTE, EUC_KR, "euc_kr euckr korean ks_c_5601 ks_c_5601_1987 ks_x_1001 ksc5601 ksx1001 x_mac_korean") \
    X (F_MULTIBYTE, GB18030, "gb18030 gb18030_2000") \
    X (F_MULTIBYTE, GB2312, "gb2312 chinese csiso58gb231280 euc_cn euccn eucgb2312_cn gb2312_1980 gb2312_80 iso_ir_58 x_mac_simp_chinese") \
    X (F_MULTIBYTE, GBK, "gbk 936 cp936 ms936") \
    X (F_MULTIBYTE, JOHAB, "johab cp1361 ms1361") \
    X (F_MULTIBYTE, SHIFT_JIS, "shift_jis csshiftjis s_jis shiftjis sjis x_mac_japanese") \
    X (F_MULTIBYTE, SHIFT_JIS_2004, "shift_jis_2004 s_jis_2004 shiftjis2004 sjis_2004") \
    X (F_MULTIBYTE, SHIFT_JISX0213, "shift_jisx0213 s_jisx0213 shiftjisx0213 sjisx0213") \
    X (F_ISO2022, HZ, "hz hz_gb hz_gb_2312 hzgb") \
    X (F_ISO2022, ISO2022_JP, "iso2022_jp csiso2022jp iso2022jp iso_2022_jp") \
    X (F_ISO2022, ISO2022_JP_1, "iso2022_jp_1 iso2022jp_1 iso_2022_jp_1") \
    X (F_ISO2022, ISO2022_JP_2, "iso2022_jp_2 iso2022jp_2 iso_2022_jp_2") \
    X (F_ISO2022, ISO2022_JP_2004, "iso2022_jp_2004 iso2022jp_2004 iso_2022_jp_2004") \
    X (F_ISO2022, ISO2022_JP_3, "iso2022_jp_3 iso2022jp_3 iso_2022_jp_3") \
    X (F_ISO2022, ISO2022_JP_EXT, "iso2022_jp_ext iso2022jp_ext iso_2022_jp_ext") \
    X (F_ISO2022, ISO2022_KR, "iso2022_kr csiso2022kr iso2022kr iso_2022_kr")

#endif
