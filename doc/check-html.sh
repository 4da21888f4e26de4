#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual in a browser, as a reader has it. Each link leads to a page, and to
# a place in it, that exists; and where there is Chromium, no page is wider than a telephone (360 pixels)
# or a desk (1,280), and each has all its text.
set -eu
: "${srcdir:=.}" "${MANDOC:=}"
[ -n "$MANDOC" ] || { echo 'SKIP: there is no mandoc'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
MANDOC=$MANDOC sh "$srcdir/html.sh" "$srcdir" "$work/html"
cd "$work/html"
status=0
complain () { echo "$*"; status=1; }

for page in *.html; do
    tr '\n' ' ' <"$page" | grep -o 'href="[^"]*"' | sed 's/^href="//; s/"$//' | sort -u |
    while read -r link; do
        file=${link%%#*}
        [ -f "${file:-$page}" ] || { echo "$page: leads to $file, which does not exist"; continue; }
        case $link in
        *#*) grep -q " id=\"${link#*#}\"" "${file:-$page}" || echo "$page: leads to $link, which has no such place" ;;
        esac
    done
done >"$work/dead"
[ ! -s "$work/dead" ] || { cat "$work/dead"; status=1; }

browser=$(command -v chromium || command -v chromium-browser || :)
if [ -z "$browser" ]; then
    echo 'SKIP: how wide pages are: there is no Chromium'
    exit $status
fi

# A page that looks at each of the others in a frame, and says how wide it is.
{
    echo '<!DOCTYPE html><body><script>'
    echo 'const pages = ['
    for page in *.html; do printf '"%s",' "$page"; done
    cat <<END
];
async function look (page, width) {
    const frame = document.createElement ("iframe");
    frame.style = "border: 0; height: 800px; width: " + width + "px";
    frame.src = "file://$PWD/" + page;
    await new Promise (done => { frame.onload = done; document.body.append (frame); });
    const seen = frame.contentDocument;
    const line = document.createElement ("p");
    line.textContent = "seen " + page + " " + width + " " + seen.scrollingElement.scrollWidth + " " +
        seen.body.innerText.length + " " + getComputedStyle (seen.body).fontSize;
    frame.remove ();
    document.body.append (line);
}
(async () => { for (const page of pages) for (const width of [360, 1280]) await look (page, width); })();
</script></body>
END
} >"$work/look.html"
HOME=$work "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --disable-quic --user-data-dir="$work/profile" \
    --allow-file-access-from-files --virtual-time-budget=60000 --window-size=1400,900 \
    --dump-dom "file://$work/look.html" 2>/dev/null | tr '<>' '\n' | grep '^seen ' >"$work/seen" || :
expected=$(find . -name '*.html' | wc -l)
[ "$(wc -l <"$work/seen")" -eq $((2 * expected)) ] || complain "Chromium saw $(wc -l <"$work/seen") of $((2 * expected)) pages"
while read -r _ page width wide length _; do
    [ "$wide" -le "$width" ] || complain "$page is $wide pixels wide in a window of $width"
    [ "$length" -gt 400 ] || complain "$page shows only $length characters"
done <"$work/seen"
exit $status
