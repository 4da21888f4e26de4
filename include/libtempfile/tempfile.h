/* SPDX-License-Identifier: MIT */
/* <tempfile.h> by another name, for programs that have a tempfile.h of their own. */
#include "../tempfile.h"
