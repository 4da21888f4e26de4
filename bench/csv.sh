# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# For other scripts here: what the benchmarks have written by -c.

# fields FILE: program, row, competitor, type of directory, ratio and second ratio, with tabs in
# between. In FILE those in quotes may have commas, and two quotes for one.
fields () {
    awk '
        function field(  at, text) {
            if (substr (rest, 1, 1) != "\"") {
                at = index (rest ",", ",")
                text = substr (rest, 1, at - 1)
                rest = substr (rest, at + 1)
                return text
            }
            rest = substr (rest, 2)
            while ((at = index (rest, "\"")) > 0) {
                text = text substr (rest, 1, at - 1)
                rest = substr (rest, at + 1)
                if (substr (rest, 1, 1) != "\"")
                    break
                text = text "\""
                rest = substr (rest, 2)
            }
            sub (/^,/, "", rest)
            return text
        }
        /^#/ || /^program,/ { next }
        {
            rest = $0
            for (i = 1; i <= 10; i++)
                f[i] = field ()
            print f[1] "\t" f[2] "\t" f[3] "\t" f[4] "\t" f[6] "\t" f[10]
        }' "$1"
}
