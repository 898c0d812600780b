#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every fault that a soak or a proof plants still has its text to spoil: the lists name lines of the source, which moves on, and what runs them takes minutes to hours.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0
rows=0

# fits SCRIPT SEPARATOR COLUMN FOLDER: a list's file, below FOLDER, is in COLUMN, counted from 0, and in the one after it a fixed string of one line
fits() {
    local field line mine=0
    while IFS= read -r line; do
        IFS=$2 read -r -a field <<< "$line"
        local file=$4${field[$3]} old=${field[$3 + 1]/\\x7c/|}
        mine=$((mine + 1))
        grep -qF -- "$old" "$file" 2> /dev/null || { echo "FAIL $1: $file has no: $old"; status=1; }
    done < <(sed -n "/^done *<< *'E[A-Z]*'/,/^E[A-Z]*\$/p" "$1" | sed '1d;$d')
    [ $mine -gt 0 ] || { echo "FAIL $1: no list"; status=1; }
    rows=$((rows + mine))
}

fits tests/formal/faults.sh '|' 1 rtl/
fits tests/driver/link_faults.sh '~' 0 driver/link/
fits tests/driver/usb_faults.sh '~' 0 ''
fits tests/driver/qemu_faults.sh '~' 0 ''
fits tests/system/platform_faults.sh @ 0 ''
fits tests/rtl/test_soc_faults.sh '|' 1 rtl/soc/
fits tests/rtl/test_usb_rtl_faults.sh '|' 2 ''
echo "$rows planted faults have their line"
exit $status
