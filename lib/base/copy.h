/* SPDX-License-Identifier: MIT */
/* The data of one file, in another. */
#ifndef COPY_H
#define COPY_H

/* TO, an empty file, gets the bytes of FROM, and holes where FROM has them. The offset of TO stays,
 * that of FROM is as before in the end. 0, or -1 with errno. */
int tempfile__copy_data (int from, int to);

#endif
