/* SPDX-License-Identifier: MIT */
/*
 * unique - temporary files in C++: a std::unique_ptr closes the stream, which deletes the file.
 *
 * It prints the lines of its standard input in reverse order, each preceded by its number.
 */
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <tempfile.h>

struct close_stream {
    void operator() (FILE *stream) const
    {
        std::fclose (stream);
    }
};
using stream_ptr = std::unique_ptr<FILE, close_stream>;

static int
complain ()
{
    std::fprintf (stderr, "unique: %s\n", tempfile_errmsg ());
    return 1;
}

int
main ()
{
    tempfile_options options = tempfile_options ();
    options.suffix = ".txt"; // from C++20 on: NamedTemporaryFile ({.suffix = ".txt"})
    stream_ptr file (NamedTemporaryFile (options));
    if (!file)
        return complain ();

    std::vector<long> starts (1, 0);
    for (int c; (c = std::getchar ()) != EOF;) {
        std::putc (c, file.get ());
        if (c == '\n')
            starts.push_back (std::ftell (file.get ()));
    }
    for (std::size_t i = starts.size () - 1; i-- > 0;) {
        std::printf ("%zu ", i + 1);
        std::fseek (file.get (), starts[i], SEEK_SET);
        for (int c; (c = std::getc (file.get ())) != EOF && std::putchar (c) != '\n';)
            continue;
    }

    // A destructor has no result. Where a failed write matters, close the stream with one.
    FILE *closing = file.release ();
    return tempfile_finish (&closing) == 0 ? 0 : complain ();
}
