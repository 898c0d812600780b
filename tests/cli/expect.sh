# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests of `quern`: QUERN names the program (build/quern), $work is a folder of their own.
set -u
cd "$(dirname "$0")/../.." || exit 1
QUERN=${QUERN:-build/quern}
MODEL=models/quern-stories.gguf
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# refused CODE PATTERN COMMAND...: ends with that exit code, prints nothing, and says one line, `what: why`, that PATTERN (grep -E) finds.
refused() {
    local code=$1 pattern=$2 got
    shift 2
    "$@" > "$work/out" 2> "$work/err" < /dev/null
    got=$?
    [ "$got" = "$code" ] || fail "exit code $got, not $code: $* ($(head -c 300 "$work/err"))"
    [ -s "$work/out" ] && fail "output where none was expected: $*"
    [ "$(wc -l < "$work/err")" = 1 ] || fail "$(wc -l < "$work/err") lines of error, not one: $*"
    grep -Eq -- "$pattern" "$work/err" || fail "'$pattern' is not in '$(cat "$work/err")': $*"
}

finish() {
    [ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
    exit 0
}
