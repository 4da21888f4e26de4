/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "tree.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool
is_dots (const char *name)
{
    return strcmp (name, ".") == 0 || strcmp (name, "..") == 0;
}

static int
allow (const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void) st;
    (void) at;
    if (type == FTW_D || type == FTW_DNR)
        (void) chmod (path, 0700);
    return 0;
}

static int
remove_one (const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void) st;
    (void) type;
    (void) at;
    (void) remove (path);
    return 0;
}

void
remove_tree (const char *dir)
{
    nftw (dir, allow, 16, FTW_PHYS);
    nftw (dir, remove_one, 16, FTW_PHYS | FTW_DEPTH);
}

bool
is_one_letter (FILE *f, size_t size, mode_t mode)
{
    struct stat st;
    size_t same = 0;
    bool sound = fstat (fileno (f), &st) == 0 && (st.st_mode & 07777) == mode;
    int letter = getc (f);

    for (int c = letter; c != EOF && c == letter; c = getc (f))
        same++;
    sound &= same == size && feof (f);
    fclose (f);
    return sound;
}
