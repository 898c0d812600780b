#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Plants one fault after the other in the host's driver and has the test that should see it run; one that is not seen is a failure.
# FAULTS=text runs those whose line holds it. Part of `make soak-usb`.
set -uo pipefail
cd "$(dirname "$0")/../.."
make -s build/san/libquern.a build/tests/usb_bed || exit
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0
san=(-std=gnu11 -w -ffp-contract=off -O1 -g -I.)
tsan_src=(driver/client/*.c driver/link/*.c driver/wire/qn_usb*.c driver/wire/qn_tcp.c driver/qn_err.c rtl/spec/qn_isa.c)
export ASAN_OPTIONS=detect_leaks=0

# file | line as it is (a fixed string) | with the fault | the test | in words
while IFS='~' read -r file old new test text; do
    [ -n "$file" ] || continue
    case "$file~$old~$new~$test~$text" in *"${FAULTS:-}"*) ;; *) continue ;; esac
    spoiled=$tmp/$(basename "$file")
    OLD=$old NEW=$new perl -pe 'BEGIN { $o = $ENV{OLD}; $n = $ENV{NEW} } $i = index($_, $o); substr($_, $i, length $o) = $n if $i >= 0 && !$done++' "$file" > "$spoiled"
    if cmp -s "$file" "$spoiled"; then echo "FAIL nothing to spoil: $old"; status=1; continue; fi
    if [ "$test" = test_usb_threads ]; then
        cc "${san[@]}" -fsanitize=thread -static-libtsan "tests/driver/$test.c" "${tsan_src[@]/$file/$spoiled}" -lcmocka -lpthread -lusb-1.0 -o "$tmp/t"
    else
        cc "${san[@]}" -fsanitize=address,undefined -fno-sanitize-recover=all -static-libasan "tests/driver/$test.c" "$spoiled" build/san/libquern.a \
            -lcmocka -ljansson -lm -lpthread -lz -lusb-1.0 -o "$tmp/t"
    fi || { echo "FAIL does not compile: $new"; status=1; continue; }
    timeout 120 "$tmp/t" > "$tmp/log" 2>&1
    case $? in
    0) echo "FAIL not seen: $text: $new"; status=1 ;;
    124) echo "$text: $test (hangs)" ;;
    *) echo "$text: $test ($(grep -m1 -o 'RUN  *\] [a-z_]*' "$tmp/log" > /dev/null; sed -n 's/^\[  FAILED  \] //p' "$tmp/log" | grep -v '[0-9]' | head -1))" ;;
    esac
done <<'EOF'
driver/client/qn_client.c~for (size_t i = 0; i < n && stopped(c)~for (size_t i = 0; i < n && 0~test_usb~the stop flag not looked at
driver/client/qn_client.c~if (!err && asked - start > limit_us)~if (!err && now_us(c) - start > limit_us)~test_client~a late answer to a command taken for a hang
driver/client/qn_client.c~else if (asked - start > limit)~else if (now_us(c) - start > limit)~test_client~a late answer to a job taken for a hang
driver/client/qn_client.c~if (asked - news > limit)~if (now_us(c) - news > limit)~test_client~a late answer before the loop begins taken for a hang
driver/client/qn_client.c~int err = exchange(c, op, 1 + SEEN);~int err = exchange(c, op, 1 + SEEN); asked = now_us(c);~test_client~a late answer in the loop taken for a hang
driver/client/qn_client.c~if (asked - news > limit)~if (0)~test_client~a loop that never begins not noticed
driver/client/qn_client.c~left = limit + 1 - gone;~left = 4 * us;~test_client~a pause that goes on past the limit
driver/client/qn_client.c~if (!err && asked - start > limit_us)~if (0)~test_usb~a firmware that hangs not noticed
driver/client/qn_client.c~else if (asked - start > limit)~else if (asked - start > 4 * limit)~test_usb~a core that hangs noticed late
driver/client/qn_client.c~err = command(c, QN_MB_COMMAND_TEST~err = 0 && command(c, QN_MB_COMMAND_TEST~test_usb~recovery not confirmed by the known answer
driver/client/qn_client.c~err = reset(c, 3);~err = reset(c, 1);~test_usb~only the core reset
driver/client/qn_client.c~c->owner && before == c->owner~c->owner~test_usb~another host's use in between not noticed
driver/client/qn_client.c~if (id->id != QN_ID_VALUE)~if (0)~test_usb~version of the core not looked at
driver/client/qn_client.c~if (id->build >> 16 != QN_MB_VERSION)~if (0)~test_usb~version of the mailbox not looked at
driver/client/qn_client.c~theirs > ours ? "this program"~theirs < ours ? "this program"~test_usb~the wrong one told to be updated
driver/client/qn_client.c~    c->kind->reset(c->wire);~    (void)0;~test_usb~a silent device's port not reset
driver/client/qn_client.c~pthread_mutex_lock(&c->lock);~(void)0;~test_usb_threads~no lock around requests
driver/wire/qn_usb.c~return fail(why, err, "claiming it");~;~test_usb~a device that another program has is taken
driver/wire/qn_usb.c~strcmp(place, d.serial) == 0~1~test_usb~any serial number will do
driver/wire/qn_usb.c~if (!place[0] && n > 1)~if (0)~test_usb~one of several taken at random
driver/wire/qn_usb.c~if (protocol != QN_USB_PROTOCOL)~if (0)~test_usb~version of the interface not looked at
driver/wire/qn_usb.c~x->full = in;~x->full = false;~test_usb~what came back is not looked at
driver/wire/qn_usb_err.c~X(ACCESS,        ACCESS,~X(ACCESS,        IO,~test_usb~an error of libusb's under another name
driver/port/board.c~!n || result[0] == qn_crc32c(0, src, n)~1~test_usb~weights never sent
driver/port/board.c~!n || result[0] == qn_crc32c(0, src, n)~0~test_usb~weights always sent
driver/port/board.c~memcpy(word + addr % 4, src, n);~memcpy(word, src, n);~test_usb~bytes at the edges of a word misplaced
driver/qn_dev.c~return n ? dev->port->clear(dev->ctx, addr, (size_t)n) : 0;~return 0;~test_usb_faults~the cache not cleared
driver/qn_session.c~memcpy(s->digest, digest, sizeof digest);~s->digest[0]++;~test_usb_faults~the digest not as it was after resuming
driver/qn_session.c~if (!kept && (err = replay(s, why)) < 0)~if (0)~test_usb_faults~the cache not made again after resuming
driver/client/qn_client.c~if (!done && op[0].value != QN_MB_FINISH_NONE) {~if (0) {~test_usb_faults~tokens of the loop before taken for this one's
driver/qn_session.c~s->loop.made < s->user->made)~0)~test_usb~tokens of a loop that began again given twice
EOF
exit $status
