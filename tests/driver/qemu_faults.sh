#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Plants one fault after the other in the emulated device, in its USB/IP end or in the driver, and has the group of checks of qemu_guest.sh
# that should see it run; one that is not seen by it is a failure. FAULTS=text runs those whose line holds it. Part of `make soak-qemu`.
set -uo pipefail
cd "$(dirname "$0")/../.."
make -s build/quern build/qemu/usb_vhci build/qemu/guest || exit
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
vhci=(tests/driver/usb_vhci.c tests/driver/usbip.c tests/driver/usb_device.c)
status=0

# file | line as it is (a fixed string) | with the fault | the check that fails | in words
while IFS='~' read -r file old new check text; do
    [ -n "$file" ] || continue
    case "$file~$old~$new~$check~$text" in *"${FAULTS:-}"*) ;; *) continue ;; esac
    spoiled=$tmp/$(basename "$file")
    OLD=$old NEW=$new perl -pe 'BEGIN { $o = $ENV{OLD}; $n = $ENV{NEW} } $i = index($_, $o); substr($_, $i, length $o) = $n if $i >= 0 && !$done++' "$file" > "$spoiled"
    if cmp -s "$file" "$spoiled"; then echo "FAIL nothing to spoil: $old"; status=1; continue; fi
    quern=build/quern bed=build/qemu/usb_vhci
    case $file in
    driver/*)
        quern=$tmp/quern
        cc -std=gnu11 -w -O2 -ffp-contract=off -I. -c "$spoiled" -o "$tmp/spoiled.o" && make -s quern-with WITH="$tmp/spoiled.o" TO="$quern" ;;
    *)
        bed=$tmp/usb_vhci sources=("${vhci[@]/$file/$spoiled}")
        [ "${sources[*]}" = "${vhci[*]}" ] && sources+=("$spoiled")
        cc -std=gnu11 -w -O2 -I. "${sources[@]}" build/libquern.a -lm -lz -lpthread -o "$bed" ;;
    esac || { echo "FAIL does not compile: $new"; status=1; continue; }
    QUERN=$quern VHCI=$bed WORK=$tmp/run FIRST=1 ONLY=${check%%[ ,]*} tests/driver/qemu_soak.sh > "$tmp/log" 2>&1 && { echo "FAIL not seen: $text: $new"; status=1; continue; }
    found=$(grep -m1 '^FAIL' "$tmp/log" | cut -c6-)
    case $found in
    "$check"*) echo "$text: ${found:0:150}" ;;
    *) echo "FAIL seen elsewhere than in '$check': $text: $found"; status=1 ;;
    esac
done <<'END'
tests/driver/usb_device.c~out[PROTOCOL_AT] = (uint8_t)d->protocol;~out[PROTOCOL_AT] = (uint8_t)(d->protocol + 1);~enumerated~another version of the interface
rtl/spec/qn_usb_desc.c~LE16(32), 1, 1~LE16(31), 1, 1~enumerated~a configuration descriptor a byte short
rtl/spec/qn_usb_desc.c~7, 5, QN_USB_IN, 2~7, 5, QN_USB_IN, 3~enumerated~an interrupt endpoint
tests/driver/usb_vhci.c~SPEED_HIGH = 3~SPEED_HIGH = 2~enumerated~full speed
tests/driver/usbip.c~put(u->out, RET_LENGTH, length);~put(u->out, RET_LENGTH, length + 1);~enumerated~a byte more announced than there is
tests/driver/usb_device.c~    memcpy(p, d->stream, n);~~bits~stale bytes instead of the board's
tests/driver/usbip.c~    if (status)~    if (0)~bits~a transfer that was taken back is answered
tests/driver/usb_vhci.c~    if (!d->ip)~    if (1)~running, unplugged~the cable is not pulled
tests/driver/usb_vhci.c~        if (!err)~        if (1)~detached~a detached device does not notice
driver/wire/qn_usb.c~if (usb_error == LIBUSB_ERROR_ACCESS)~if (0)~access~the rule is not told
driver/wire/qn_usb.c~ATTR{idProduct}==\"0001\"~ATTR{idProduct}==\"0002\"~access~the rule is of another product
driver/wire/qn_usb.c~        u->err = err;~        u->err = err == QN_ERR_NO_DEVICE ? QN_ERR_IO : err;~detached~unplugged under another name
driver/port/board.c~!n || result[0] == qn_crc32c(0, src, n)~0~bits again~weights always sent
driver/client/qn_client.c~    c->kind->reset(c->wire);~    (void)0;~reset~a silent device's port not reset
END
exit $status
