/* SPDX-License-Identifier: MIT */
/*
 * The names of encodings: every text codec that Python knows, under all of its names, in several
 * spellings of each, and what it makes of one character that shows which codec it is.
 */
#include "common.h"

/* The names, Python's own first; a character in UTF-8; its bytes, or "wide": see below. */
static const struct {
    const char *names, *text, *bytes;
} codecs[] = {
    /* clang-format off: one codec, two lines */
    {"ascii 646 ansi_x3.4_1968 ansi_x3.4_1986 ansi_x3_4_1968 cp367 csascii ibm367 "
     "iso646_us iso_646.irv_1991 iso_ir_6 us us_ascii",
     "\101", "\101"},
    {"big5 big5_tw csbig5 x_mac_trad_chinese", "\344\270\200", "\244\100"},
    {"big5hkscs big5_hkscs hkscs", "\303\251", "\210\155"},
    {"cp037 037 csibm037 ebcdic_cp_ca ebcdic_cp_nl ebcdic_cp_us ebcdic_cp_wt ibm037 "
     "ibm039",
     "\303\251", "\121"},
    {"cp1006", "\101", "\101"},
    {"cp1026 1026 csibm1026 ibm1026", "\303\251", "\121"},
    {"cp1125 1125 cp866u ibm1125 ruscii", "\320\226", "\206"},
    {"cp1140 1140 ibm1140", "\303\251", "\121"},
    {"cp1250 1250 windows_1250", "\303\251", "\351"},
    {"cp1251 1251 windows_1251", "\342\202\254", "\210"},
    {"cp1252 1252 windows_1252", "\303\251", "\351"},
    {"cp1253 1253 windows_1253", "\342\202\254", "\200"},
    {"cp1254 1254 windows_1254", "\303\251", "\351"},
    {"cp1255 1255 windows_1255", "\342\202\254", "\200"},
    {"cp1256 1256 windows_1256", "\303\251", "\351"},
    {"cp1257 1257 windows_1257", "\303\251", "\351"},
    {"cp1258 1258 windows_1258", "\303\251", "\351"},
    {"cp273 273 csibm273 ibm273", "\303\251", "\121"},
    {"cp424 424 csibm424 ebcdic_cp_he ibm424", "\327\220", "\101"},
    {"cp437 437 cspc8codepage437 ibm437", "\303\251", "\202"},
    {"cp500 500 csibm500 ebcdic_cp_be ebcdic_cp_ch ibm500", "\303\251", "\121"},
    {"cp720", "\303\251", "\202"},
    {"cp737", "\316\261", "\230"},
    {"cp775 775 cspc775baltic ibm775", "\303\251", "\202"},
    {"cp850 850 cspc850multilingual ibm850", "\303\251", "\202"},
    {"cp852 852 cspcp852 ibm852", "\303\251", "\202"},
    {"cp855 855 csibm855 ibm855", "\320\226", "\352"},
    {"cp856", "\327\220", "\200"},
    {"cp857 857 csibm857 ibm857", "\303\251", "\202"},
    {"cp858 858 csibm858 ibm858", "\303\251", "\202"},
    {"cp860 860 csibm860 ibm860", "\303\251", "\202"},
    {"cp861 861 cp_is csibm861 ibm861", "\303\251", "\202"},
    {"cp862 862 cspc862latinhebrew ibm862", "\316\261", "\340"},
    {"cp863 863 csibm863 ibm863", "\303\251", "\202"},
    {"cp864 864 csibm864 ibm864", "\302\243", "\243"},
    {"cp865 865 csibm865 ibm865", "\303\251", "\202"},
    {"cp866 866 csibm866 ibm866", "\320\226", "\206"},
    {"cp869 869 cp_gr csibm869 ibm869", "\316\261", "\326"},
    {"cp874", "\342\202\254", "\200"},
    {"cp875", "\316\261", "\212"},
    {"cp932 932 ms932 ms_kanji mskanji windows_31j", "\320\226", "\204\107"},
    {"cp949 949 ms949 uhc", "\342\202\254", "\242\346"},
    {"cp950 950 ms950", "\342\202\254", "\243\341"},
    {"euc_jis_2004 euc_jis2004 eucjis2004 jisx0213", "\303\251", "\251\337"},
    {"euc_jisx0213 eucjisx0213", "\303\251", "\251\337"},
    {"euc_jp eucjp u_jis ujis", "\303\251", "\217\253\261"},
    {"euc_kr euckr korean ks_c_5601 ks_c_5601_1987 ks_x_1001 ksc5601 ksx1001 "
     "x_mac_korean",
     "\342\202\254", "\242\346"},
    {"gb18030 gb18030_2000", "\303\251", "\250\246"},
    {"gb2312 chinese csiso58gb231280 euc_cn euccn eucgb2312_cn gb2312_1980 gb2312_80 "
     "iso_ir_58 x_mac_simp_chinese",
     "\303\251", "\250\246"},
    {"gbk 936 cp936 ms936", "\303\251", "\250\246"},
    {"hp_roman8 cp1051 cshproman8 ibm1051 r8 roman8", "\303\251", "\305"},
    {"hz hz_gb hz_gb_2312 hzgb", "\303\251", "\176\173\050\046"},
    {"iso2022_jp csiso2022jp iso2022jp iso_2022_jp", "\320\226", "\033\044\102\047\050"},
    {"iso2022_jp_1 iso2022jp_1 iso_2022_jp_1", "\303\251", "\033\044\050\104\053\061"},
    {"iso2022_jp_2 iso2022jp_2 iso_2022_jp_2", "\303\251", "\033\044\050\104\053\061"},
    {"iso2022_jp_2004 iso2022jp_2004 iso_2022_jp_2004", "\303\251", "\033\044\050\121\051\137"},
    {"iso2022_jp_3 iso2022jp_3 iso_2022_jp_3", "\303\251", "\033\044\050\117\051\137"},
    {"iso2022_jp_ext iso2022jp_ext iso_2022_jp_ext", "\303\251", "\033\044\050\104\053\061"},
    {"iso2022_kr csiso2022kr iso2022kr iso_2022_kr", "\342\202\254",
     "\033\044\051\103\016\042\146"},
    {"iso8859_10 csisolatin6 iso_8859_10 iso_8859_10_1992 iso_ir_157 l6 latin6", "\303\251",
     "\351"},
    {"iso8859_11 iso_8859_11 iso_8859_11_2001 thai", "\340\270\201", "\241"},
    {"iso8859_13 iso_8859_13 l7 latin7", "\303\251", "\351"},
    {"iso8859_14 iso_8859_14 iso_8859_14_1998 iso_celtic iso_ir_199 l8 latin8", "\303\251", "\351"},
    {"iso8859_15 iso_8859_15 l9 latin9", "\303\251", "\351"},
    {"iso8859_16 iso_8859_16 iso_8859_16_2001 iso_ir_226 l10 latin10", "\303\251", "\351"},
    {"iso8859_2 csisolatin2 iso_8859_2 iso_8859_2_1987 iso_ir_101 l2 latin2", "\303\251", "\351"},
    {"iso8859_3 csisolatin3 iso_8859_3 iso_8859_3_1988 iso_ir_109 l3 latin3", "\303\251", "\351"},
    {"iso8859_4 csisolatin4 iso_8859_4 iso_8859_4_1988 iso_ir_110 l4 latin4", "\303\251", "\351"},
    {"iso8859_5 csisolatincyrillic cyrillic iso_8859_5 iso_8859_5_1988 iso_ir_144", "\320\226",
     "\266"},
    {"iso8859_6 arabic asmo_708 csisolatinarabic ecma_114 iso_8859_6 iso_8859_6_1987 "
     "iso_ir_127",
     "\330\271", "\331"},
    {"iso8859_7 csisolatingreek ecma_118 elot_928 greek greek8 iso_8859_7 "
     "iso_8859_7_1987 iso_ir_126",
     "\342\202\254", "\244"},
    {"iso8859_8 csisolatinhebrew hebrew iso_8859_8 iso_8859_8_1988 iso_ir_138", "\327\220", "\340"},
    {"iso8859_9 csisolatin5 iso_8859_9 iso_8859_9_1989 iso_ir_148 l5 latin5", "\303\251", "\351"},
    {"johab cp1361 ms1361", "\342\202\254", "\331\346"},
    {"koi8_r cskoi8r", "\320\226", "\366"},
    {"koi8_t", "\320\226", "\366"},
    {"koi8_u", "\320\226", "\366"},
    {"kz1048 kz_1048 rk1048 strk1048_2002", "\342\202\254", "\210"},
    {"latin_1 8859 cp819 csisolatin1 ibm819 iso8859 iso8859_1 iso_8859_1 "
     "iso_8859_1_1987 iso_ir_100 l1 latin latin1",
     "\303\251", "\351"},
    {"mac_arabic", "\303\251", "\216"},
    {"mac_croatian", "\303\251", "\216"},
    {"mac_cyrillic maccyrillic", "\320\226", "\206"},
    {"mac_farsi", "\303\251", "\216"},
    {"mac_greek macgreek", "\303\251", "\216"},
    {"mac_iceland maciceland", "\303\251", "\216"},
    {"mac_latin2 mac_centeuro maccentraleurope maclatin2", "\303\251", "\216"},
    {"mac_roman macintosh macroman", "\303\251", "\216"},
    {"mac_romanian", "\303\251", "\216"},
    {"mac_turkish macturkish", "\303\251", "\216"},
    {"palmos", "\303\251", "\351"},
    {"ptcp154 cp154 csptcp154 cyrillic_asian pt154", "\320\226", "\306"},
    {"shift_jis csshiftjis s_jis shiftjis sjis x_mac_japanese", "\320\226", "\204\107"},
    {"shift_jis_2004 s_jis_2004 shiftjis2004 sjis_2004", "\303\251", "\205\176"},
    {"shift_jisx0213 s_jisx0213 shiftjisx0213 sjisx0213", "\303\251", "\205\176"},
    {"tis_620 iso_ir_166 tis620 tis_620_0 tis_620_2529_0 tis_620_2529_1", "\340\270\201", "\241"},
    {"utf_16 u16 utf16", "\303\251", "wide"},
    {"utf_16_be unicodebigunmarked utf_16be", "\303\251", "wide"},
    {"utf_16_le unicodelittleunmarked utf_16le", "\303\251", "wide"},
    {"utf_32 u32 utf32", "\303\251", "wide"},
    {"utf_32_be utf_32be", "\303\251", "wide"},
    {"utf_32_le utf_32le", "\303\251", "wide"},
    {"utf_7 u7 unicode_1_1_utf_7 utf7", "\303\251", "\053\101\117\153\055"},
    {"utf_8 cp65001 u8 utf utf8 utf8_ucs2 utf8_ucs4", "\303\251", "\303\251"},
    {"utf_8_sig", "\303\251", "\357\273\277\303\251"},
    /* clang-format on */
};

/* Those whose bytes hold zeros. */
static const struct {
    const char *name;
    size_t size;
    unsigned char little[8], big[8];
} wide[] = {
    {"utf_16", 4, {0xff, 0xfe, 0xe9, 0}, {0xfe, 0xff, 0, 0xe9}},
    {"utf_16_le", 2, {0xe9, 0}, {0xe9, 0}},
    {"utf_16_be", 2, {0, 0xe9}, {0, 0xe9}},
    {"utf_32", 8, {0xff, 0xfe, 0, 0, 0xe9, 0, 0, 0}, {0, 0, 0xfe, 0xff, 0, 0, 0, 0xe9}},
    {"utf_32_le", 4, {0xe9, 0, 0, 0}, {0xe9, 0, 0, 0}},
    {"utf_32_be", 4, {0, 0, 0, 0xe9}, {0, 0, 0, 0xe9}},
};

static void
check_name (const char *name, const char *text, const char *bytes)
{
    char have[32];
    FILE *f = TemporaryFile (.mode = "w+", .encoding = name);

    ck_assert_msg (f != NULL, "%s", tempfile_errmsg ());
    ck_assert_int_ge (fputs (text, f), 0);
    ck_assert_int_eq (fflush (f), 0);
    size_t n = test_bytes (f, have, sizeof have - 1);
    have[n] = '\0';
    if (strcmp (bytes, "wide") != 0)
        ck_assert_msg (strcmp (have, bytes) == 0, "encoding %s", name);
    rewind (f);
    ck_assert_ptr_nonnull (fgets (have, sizeof have, f));
    ck_assert_msg (strcmp (have, text) == 0, "encoding %s gives back %s", name, have);
    assert_closes (f);
}

/* As given; in capitals with '-' for '_'; with blanks. */
static void
check_spellings (const char *name, const char *text, const char *bytes)
{
    char other[64];
    size_t n = strlen (name);

    check_name (name, text, bytes);
    for (size_t i = 0; i <= n; i++)
        other[i] = (char) (name[i] == '_'                     ? '-'
                           : name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32
                                                              : name[i]);
    check_name (other, text, bytes);
    for (size_t i = 0; i <= n; i++)
        other[i] = name[i] == '_' ? ' ' : name[i];
    check_name (other, text, bytes);
}

START_TEST (every_name_of_a_codec_of_python_is_known)
{
    char names[512];
    (void) snprintf (names, sizeof names, "%s", codecs[_i].names);
    char *first = strtok (names, " ");

    for (char *name = first; name; name = strtok (NULL, " "))
        check_spellings (name, codecs[_i].text, codecs[_i].bytes);
}
END_TEST

START_TEST (wide_encodings_have_their_marks_and_orders)
{
    static const uint16_t one = 1;
    bool little = *(const unsigned char *) &one;
    unsigned char have[16];
    FILE *f = TemporaryFile (.mode = "w+", .encoding = wide[_i].name);

    ck_assert_int_ge (fputs ("\xc3\xa9", f), 0);
    ck_assert_int_eq (fflush (f), 0);
    ck_assert_uint_eq (test_bytes (f, have, sizeof have), wide[_i].size);
    ck_assert_mem_eq (have, little ? wide[_i].little : wide[_i].big, wide[_i].size);
    assert_closes (f);
}
END_TEST

START_TEST (unknown_name_is_refused_with_the_name_in_the_message)
{
    static const char *const names[] = {"",       "-",      "klingon", "utf-9", "latin-99",
                                        "utf8x",  "base64", "rot13",   "hex",   "UTF-16//TRANSLIT",
                                        "utf-8,x"};

    for (int i = 0; i < LENGTH (names); i++)
        assert_null (TemporaryFile (.mode = "w+", .encoding = names[i]), EINVAL, "encoding");
    assert_null (TemporaryFile (.mode = "w+", .encoding = "klingon"), EINVAL, "klingon");
    ck_assert_int_eq (test_entries (test_dir ()), 0);
}
END_TEST

int
main (void)
{
    test_needs_text ();
    Suite *s = suite_create ("text_names");
    enum { CODECS = LENGTH (codecs), WIDE = LENGTH (wide) };

    TCase *tc = test_case (s, "names");
    tcase_add_loop_test (tc, every_name_of_a_codec_of_python_is_known, 0, CODECS);
    tcase_add_loop_test (tc, wide_encodings_have_their_marks_and_orders, 0, WIDE);
    tcase_add_test (tc, unknown_name_is_refused_with_the_name_in_the_message);
    return test_main (s);
}
