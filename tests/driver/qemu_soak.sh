#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The program as it is before a real kernel's USB: boots Debian's kernel in QEMU with `quern`, emulated boards behind vhci_hcd and the checks of
# qemu_guest.sh, and prints what they found. `make soak-qemu`. ONLY=name runs one group of them. For qemu_faults.sh: QUERN, VHCI: other programs
# to take; WORK: where its files go; FIRST=1: it ends with the first failure. LIMIT: seconds it may take here (1800).
# The guest's time is its own: a nanosecond for an instruction, none for waiting (-icount, which wants one CPU). So the driver's limits, which are in real time, hold on a busy machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
QUERN=${QUERN:-build/quern}
VHCI=${VHCI:-build/qemu/usb_vhci}
work=${WORK:-build/qemu/run}
guest=build/qemu/guest                   # a kernel and udev, unpacked
modules=(common/usb-common core/usbcore usbip/usbip-core usbip/vhci-hcd)
checks=19                                # of qemu_guest.sh, and two for each model
models=(models/quern-stories.gguf)
[ -r ../shared/data/llama/stories260K.gguf ] && models+=(../shared/data/llama/stories260K.gguf)

rm -rf "$work"
mkdir -p "$work"/root/{bin,dev,etc/udev/rules.d,expect,lib/udev/rules.d,lib64,model,modules,proc,run,sys}
root=$work/root
for m in "${models[@]}"; do
    cp "$m" "$root/model"
    for n in 8 64; do build/quern run "$m" -n $n --ignore-eos --json -d model:ulx3s > "$root/expect/$(basename "$m" .gguf)-$n"; done
done
for m in "${modules[@]}"; do
    cp "$guest"/lib/modules/*/kernel/drivers/usb/"$m.ko" "$root/modules"
done
cp "$(command -v busybox)" "$root/bin/busybox"
cp "$QUERN" "$root/bin/quern"
cp "$VHCI" "$root/bin/usb_vhci"
cp "$guest/bin/udevadm" "$root/bin/udevadm"
ln -s udevadm "$root/bin/systemd-udevd"
cp "$guest/lib/udev/rules.d/50-udev-default.rules" "$root/lib/udev/rules.d"
for lib in $(ldd "$QUERN" "$VHCI" "$guest/bin/udevadm" | grep -o '/[^ ]*\.so[^ ]*' | sort -u); do
    mkdir -p "$root$(dirname "$lib")"
    cp -L "$lib" "$root$lib"
done
printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' > "$root/etc/passwd"
printf 'root:x:0:\nnobody:x:65534:\n' > "$root/etc/group"
install -m 755 tests/driver/qemu_guest.sh "$root/init"
ln -s busybox "$root/bin/sh"
chmod -R go+rX "$root"
(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0) > "$work/initrd"

status=0
timeout --foreground "${LIMIT:-1800}" qemu-system-x86_64 -accel tcg,thread=single -icount shift=0,sleep=off -smp 1 -m 1024 -display none -nic none -no-reboot -kernel "$guest"/boot/vmlinuz-* -initrd "$work/initrd" \
    -append "console=ttyS0 panic=-1 no_timer_check mitigations=off${FIRST:+ first}${ONLY:+ only=$ONLY}" -serial "file:$work/console" -serial "file:$work/report" > "$work/qemu" 2>&1 < /dev/null || status=$?

tr -d '\r' < "$work/report" | tee "$work/checks"
[ $status = 0 ] || echo "FAIL qemu: $status: $(tail -1 "$work/qemu")"
grep -q '^FAIL' "$work/checks" && status=1
grep -q '^ok end' "$work/checks" || { echo "FAIL the guest did not come to the end: $(grep -a 'Kernel panic' "$work/console" || tail -1 "$work/console")"; status=1; }
n=$(grep -c '^ok' "$work/checks" || true)
[ $status != 0 ] || [ -n "${ONLY:-}" ] || [ "$n" = $((checks + 2 * ${#models[@]})) ] || { echo "FAIL $n checks were made, not all"; status=1; }
exit $status
