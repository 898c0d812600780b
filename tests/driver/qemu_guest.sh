#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Process 1 of the guest of qemu_soak.sh, and all that runs in it: the unmodified `quern` before emulated boards (usb_vhci.c) on the USB of this
# kernel, vhci_hcd's. Says `ok CHECK: figures` or `FAIL CHECK: why` on the second serial line, once for each check, and `ok end` last.
# /expect has what the host's `quern` made of the same models without a USB; busybox is every other command. On the kernel's command line:
# only=NAME runs one of the groups of checks, `first` ends with the first failure.
[ $$ = 1 ] || { echo "qemu_guest: process 1 of a guest, and nothing else: it takes the machine over" >&2; exit 64; }
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
mkdir /tmp
exec > /dev/ttyS1 2>&1
only=$(sed -n 's/.*only=\([^ ]*\).*/\1/p' /proc/cmdline)
model=/model/quern-stories.gguf

# At once, whatever a driver is waiting for (QEMU ends with a restart)
off() {
    echo b > /proc/sysrq-trigger
    sleep 60
}

check= failed=
begin() {
    check=$1 failed=
}
# The first of a check
fail() {
    [ "$failed" ] && return
    echo "FAIL $check: $(echo "$*" | tr '\n' ' ')"
    failed=1
    grep -qw first /proc/cmdline && off
}
ok() {
    [ "$failed" ] || echo "ok $check: $*"
}
now() {
    cut -d' ' -f1 /proc/uptime
}
# ms FROM TO
ms() {
    awk "BEGIN { printf \"%d\", 1000 * ($2 - $1) + 0.5 }"
}

say() {
    answer=
    echo "$*" >&3 && read -r answer <&4 || answer="the bed is gone: $(tail -1 /run/bed)"
}
told() {
    say "$@"
    [ "$answer" = ok ] || fail "$*: $answer"
}
# Words that were sent since the last time
words() {
    say count 0
    echo "$answer" | cut -d' ' -f3
}

# Its limit is far above what it takes
quern() {
    timeout 120 /bin/quern "$@"
}
# A run of N tokens with the figures of it; in how many ms
run() {
    n=$1
    shift
    from=$(now)
    quern run "$@" -n "$n" --ignore-eos --json > /run/json 2> /run/err || fail "exit code $?: $(cat /run/err)"
    took=$(ms "$from" "$(now)")
}
# One that goes on for long, in the background, until it gives tokens
start() {
    quern run $model -n 400 --ignore-eos -q -d usb: > /run/long 2> /run/err.long &
    pid=$!
    for _ in $(seq 600); do [ -s /run/long ] && return; usleep 50000; done
    fail "no token after 30 s: $(cat /run/err.long)"
}
# It ends as one does whose device is gone
ends() {
    wait $pid
    code=$?
    [ $code = 69 ] && grep -q 'usb:QN1000: no device' /run/err.long || fail "exit code $code: $(cat /run/err.long)"
}
# refused CODE PATTERN COMMAND...
refused() {
    code=$1 pattern=$2
    shift 2
    "$@" > /run/out 2> /run/err
    got=$?
    [ $got = "$code" ] || fail "exit code $got, not $code: $(cat /run/err)"
    grep -Eq "$pattern" /run/err || fail "'$pattern' is not in '$(cat /run/err)'"
}
# All that `quern run --json` says but times, the device's name, and what the model alone can say
bits() {
    awk '!deep && /second|by_operator|"device"/ { deep = /\{$/; next } deep { deep += /\{$/; deep -= /\}/; next } { sub(/,$/, ""); print }' "$1"
}
same() {
    bits "/expect/$1" > /run/want
    bits /run/json > /run/got
    [ -s /run/want ] && cmp -s /run/want /run/got || fail "not what it is without a USB: $(diff /run/want /run/got | tail -n +4 | head -4)"
}
# Of a run with another history than the model's, what came out
same_text() {
    for key in text digest; do
        [ "$(grep "\"$key\"" /run/json)" = "$(grep "\"$key\"" "/expect/$1")" ] || fail "$key: $(grep "\"$key\"" /run/json)"
    done
}
clean_log() {
    dmesg | grep -E 'usb.*(nvalid|rror|fail|nable|arn|not respond|not accept|can.t)|vhci.*(nvalid|rror|fail|annot)|BUG:|WARNING:|Oops:' > /run/bad &&
        fail "the kernel says: $(head -3 /run/bad)"
}
node() {
    echo /dev/bus/usb/001/$(printf %03d "$(cat /sys/bus/usb/devices/1-1/devnum)")
}

check_none() {
    begin none
    refused 69 'usb:: no device: none is plugged in' quern run $model -n 4 -d usb:
    ok "exit code 69"
}

# What the kernel makes of its descriptors. The numbers are those of rtl/spec/usb.def, written down by hand.
check_enumerated() {
    begin enumerated
    from=$(now)
    told plug 0
    took=$(ms "$from" "$(now)")
    while read -r file want; do
        read -r got < "/sys/bus/usb/devices/$file"            # without the spaces around it
        [ "$got" = "$want" ] || fail "$file: '$got', not '$want'"
    done <<X
1-1/idVendor 1209
1-1/idProduct 0001
1-1/bcdDevice 0100
1-1/version 2.00
1-1/speed 480
1-1/manufacturer Quern project
1-1/product Quern ulx3s
1-1/serial QN1000
1-1/bMaxPacketSize0 64
1-1/bMaxPower 500mA
1-1/bNumConfigurations 1
1-1/bConfigurationValue 1
1-1/bNumInterfaces 1
1-1:1.0/bInterfaceClass ff
1-1:1.0/bInterfaceSubClass 51
1-1:1.0/bInterfaceProtocol 01
1-1:1.0/bNumEndpoints 02
1-1:1.0/ep_01/type Bulk
1-1:1.0/ep_01/direction out
1-1:1.0/ep_01/wMaxPacketSize 0200
1-1:1.0/ep_81/type Bulk
1-1:1.0/ep_81/direction in
1-1:1.0/ep_81/wMaxPacketSize 0200
X
    clean_log
    ok "1209:0001 QN1000 'Quern ulx3s', two bulk endpoints, in $took ms"
}

check_devices() {
    begin devices
    quern devices > /run/out 2>&1
    grep -q 'usb:QN1000 .*Quern ulx3s: free' /run/out || fail "$(tail -2 /run/out)"
    ok "$(grep -o 'usb:QN1000.*' /run/out)"
}

check_bits() {
    for m in /model/*.gguf; do
        name=$(basename "$m" .gguf)
        begin "bits $name"
        words > /run/words
        run 64 "$m" -d usb:
        same "$name-64"
        sent=$(words)
        [ "${sent:-0}" -gt 50000 ] || fail "only $sent words were sent"
        ok "64 tokens, $(sed -n 's/.*"digest": "\(.*\)".*/\1/p' /run/json), $sent words sent, $took ms"
        begin "bits again $name"
        run 8 "$m" -d usb:QN1000
        same "$name-8"
        sent=$(words)
        [ "$sent" = 0 ] || fail "$sent words were sent"
        ok "8 tokens, $sent words sent, $took ms"
    done
}

check_firmware() {
    begin firmware
    run 8 $model -d usb: --firmware
    same_text quern-stories-8
    ok "8 tokens of the board's own loop"
}

# Who has no rights is told the rule; it is one that udev takes, and lets whoever is logged in open the device. On a machine with a login that
# is systemd-logind's to do; here it is chgrp.
check_access() {
    as_nobody() {
        timeout 120 su -s /bin/sh nobody -c "/bin/quern $*"
    }
    begin access
    refused 77 'usb:: no permission: .*60-quern.rules.*SUBSYSTEM=="usb".*uaccess' as_nobody run $model -n 4 -d usb:
    udevadm info "$(node)" | grep -q 'TAGS.*uaccess' && fail "tagged without the rule"
    sed 's/.*60-quern.rules[^:]*: //' /run/err > /etc/udev/rules.d/60-quern.rules
    udevadm control --reload
    told plug 0
    udevadm settle
    [ "$(stat -c %a "$(node)")" = 660 ] || fail "with the rule: mode $(stat -c %a "$(node)")"
    udevadm info "$(node)" | grep -q 'CURRENT_TAGS=.*:uaccess:' || fail "with the rule: $(udevadm info "$(node)")"
    refused 77 'usb:: no permission' as_nobody run $model -n 4 -d usb:
    chgrp nobody "$(node)"
    as_nobody run $model -n 8 --ignore-eos --json -d usb: > /run/json 2> /run/err || fail "with rights: $(cat /run/err)"
    same quern-stories-8
    ok "refused with the rule; udev takes it: mode 660, uaccess; with rights the same bits"
}

# A second program while one runs; then the cable is pulled while tokens come
check_running() {
    begin "running, a second one"
    start
    refused 75 'usb:: the device is busy: .*another program uses' quern run $model -n 4 -d usb:
    quern devices | grep -q 'usb:QN1000 .*Quern ulx3s: the device is busy' || fail "devices"
    ok "exit code 75"
    begin "running, unplugged"
    kill -0 $pid 2> /run/null || fail "it had ended already"
    from=$(now)
    told unplug 0
    [ -e /sys/bus/usb/devices/1-1 ] && fail "the kernel still has it"
    ends
    ended=$(ms "$from" "$(now)")
    [ "$ended" -le 1000 ] || fail "told after $ended ms"
    told plug 0
    words > /run/words
    run 8 $model -d usb:
    same quern-stories-8
    sent=$(words)
    [ "$sent" = 0 ] || fail "weights were sent again: $sent words"
    ok "exit code 69 after $ended ms; replugged: the same bits, 0 words sent"
}

# In the middle of a transfer, to the device and from it: the session begins, weights are on their way (the board has lost them; 925 frames),
# a step
check_unplugged() {
    for at in "out 5" "out 500" "in 700" "in 1200"; do
        begin "unplugged, $at"
        told power 0
        say count 0
        told fault 0 $at unplug
        quern run $model -n 8 --ignore-eos -q -d usb: > /run/out 2> /run/err
        code=$? to=$(now)
        ended=$(ms "$(sed -n 's/^unplugged 0 //p' /run/bed | tail -1)" "$to")
        [ $code = 69 ] && grep -q 'usb:.*no device' /run/err || fail "exit code $code: $(cat /run/err)"
        [ "$ended" -ge 0 ] && [ "$ended" -le 1000 ] || fail "told after $ended ms"
        told plug 0
        run 8 $model -d usb:
        same quern-stories-8
        ok "ended $ended ms after it; replugged: the same bits"
    done
}

# --wait: it goes on where it was, the cable pulled or the power off
check_waiting() {
    run 8 $model -d usb:                                      # the weights are there
    for event in "out 400 unplug" "in 300 unplug" "out 400 power"; do
        begin "waiting, $event"
        say count 0
        told fault 0 $event
        : > /run/err
        quern run $model -n 8 --ignore-eos --json -d usb: --wait 100 > /run/json 2> /run/err &
        pid=$!
        for _ in $(seq 1200); do grep -q 'usb:QN1000: .*: waiting for it' /run/err && break; usleep 50000; done
        [ "${event##* }" = power ] || told plug 0
        wait $pid || fail "$(cat /run/err)"
        grep -q 'usb:QN1000: .*: waiting for it' /run/err || fail "nothing said"
        same_text quern-stories-8
        ok "$(cut -d: -f3 /run/err | head -1); the same text and digest"
    done
}

# The kernel lets it go of its own accord
check_detached() {
    begin detached
    start
    from=$(now)
    echo 0 > /sys/devices/platform/vhci_hcd.0/detach || fail "detach"
    ends
    ended=$(ms "$from" "$(now)")
    [ "$ended" -le 1000 ] || fail "told after $ended ms"
    grep -q 'usb_vhci: port 0: no device' /run/bed || fail "the device did not notice: $(tail -1 /run/bed)"
    told plug 0
    run 8 $model -d usb:
    same quern-stories-8
    ok "ended $ended ms after it; goes on when it is back"
}

# A link that says nothing anymore: a real reset of the port helps
check_reset() {
    begin reset
    told hang 0 4
    resets=$(dmesg | grep -c 'reset high-speed USB device')
    run 8 $model -d usb:
    same quern-stories-8
    resets=$(($(dmesg | grep -c 'reset high-speed USB device') - resets))
    [ $resets -ge 1 ] || fail "the port was not reset"
    ok "$resets of the port, then the same bits"
}

check_two() {
    begin two
    told plug 1
    refused 64 'usb:: .*which of usb:QN100' quern run $model -n 4 -d usb:
    run 8 $model -d usb:QN1001
    same quern-stories-8
    told unplug 1
    ok "each by its serial number"
}

begin boot
for m in usb-common usbcore usbip-core vhci-hcd; do
    insmod /modules/$m.ko || fail "$m"
done
systemd-udevd --daemon --resolve-names=never > /run/udevd 2>&1 || fail "udevd"
mkfifo /run/to /run/from
/bin/usb_vhci < /run/to > /run/from 2> /run/bed &
exec 3> /run/to 4< /run/from
say dir 0
[ "$answer" = - ] || fail "$answer"
ok "$(uname -r), $(now) s"

for group in none enumerated devices bits firmware access running unplugged waiting detached reset two; do
    [ "${only:-$group}" = $group ] || continue
    [ $group = none ] || [ $group = enumerated ] || [ -e /sys/bus/usb/devices/1-1:1.0 ] || told plug 0
    check_$group
done

begin end
told unplug 0
exec 3>&-
grep -v '^unplugged\|^usb_vhci: port 0: no device' /run/bed > /run/bad && fail "$(head -2 /run/bad)"
clean_log
ok "$(now) s"
off
