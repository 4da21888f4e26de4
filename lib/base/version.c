/* SPDX-License-Identifier: MIT */
/* The version of the library, as configure knows it. */
#include "base/export.h"

EXPORT const char *
tempfile_version (void)
{
    return PACKAGE_VERSION;
}
