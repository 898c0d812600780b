#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs every test (build/tests/*/test_*, tb_*, and tests/*/test_*.sh), two at a time, and closes with "N passed, N failed, N skipped".
# T=name runs those whose name holds `name`. A test ends with 0 (passed), 77 (skipped, its last line says why) or anything else.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/log
shopt -s nullglob
tests=()
for t in tests/*/test_*.sh; do tests+=("$t"); done     # the longest come first, so that both cores end together
for t in tests/*/test_*.c; do tests+=("build/${t%.c}"); done
for t in tests/rtl/tb_*.cpp; do tests+=("build/${t%.cpp}"); done

one() {
    local t=$1 name log status start
    name=$(basename "$t" .sh)
    log=build/log/$name.log
    start=$SECONDS
    timeout "${TEST_TIMEOUT:-1800}" "$t" >"$log" 2>&1 </dev/null
    status=$?
    case $status in
    0) echo "pass $name ($((SECONDS - start)) s)" ;;
    77) echo "skip $name: $(tail -1 "$log")" ;;
    *) echo "FAIL $name (status $status)"; tail -25 "$log" | sed 's/^/    /' ;;
    esac
}
export -f one
picked=()
for t in "${tests[@]}"; do
    case $(basename "$t") in *"${T:-}"*) picked+=("$t") ;; esac
done
[ ${#picked[@]} = 0 ] && { echo "no test is named like '${T:-}'"; exit 64; }
printf '%s\n' "${picked[@]}" | xargs -P "${JOBS:-2}" -I{} bash -c 'one {}' | tee build/log/summary
passed=$(grep -c '^pass ' build/log/summary)
failed=$(grep -c '^FAIL ' build/log/summary)
skipped=$(grep -c '^skip ' build/log/summary)
[ $((passed + failed + skipped)) = ${#picked[@]} ] || failed=$((failed + 1))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
