#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Plants one fault after the other in a copy of driver/link and says which tests of the link see it; one that none sees is a failure.
# FAULTS=text runs those whose line holds it. Part of `make soak`.
set -uo pipefail
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0
export QN_MB=3 QN_RUNS=30000 QN_MODEL="2 4 2 2 3 2 1 0" ASAN_OPTIONS=detect_leaks=0

# file | line as it is (a fixed string) | with the fault | in words
while IFS='~' read -r file old new text; do
    [ -n "$file" ] || continue
    case "$file~$old~$new~$text" in *"${FAULTS:-}"*) ;; *) continue ;; esac
    rm -rf "$tmp/src"
    mkdir -p "$tmp/src/driver" "$tmp/src/rtl" "$tmp/src/tests"
    cp -r driver/link driver/qn_err.[ch] driver/qn_le.h "$tmp/src/driver"
    cp -r rtl/spec "$tmp/src/rtl"
    cp -r tests/driver "$tmp/src/tests"
    OLD=$old NEW=$new perl -pi -e 'BEGIN { $o = $ENV{OLD}; $n = $ENV{NEW} } $i = index($_, $o); substr($_, $i, length $o) = $n if $i >= 0 && !$done++' \
        "$tmp/src/driver/link/$file"
    if cmp -s "driver/link/$file" "$tmp/src/driver/link/$file"; then echo "FAIL nothing to spoil: $old"; status=1; continue; fi
    seen=
    for t in test_link test_link_faulty test_link_model; do
        # Warnings are off: a fault may leave a name unused
        (cd "$tmp/src" && cc -std=gnu11 -w -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -I. "tests/driver/$t.c" driver/link/*.c driver/qn_err.c \
            -lcmocka -o t) || { echo "FAIL does not compile: $new"; status=1; break; }
        (cd "$tmp/src" && timeout 100 ./t >log 2>&1) 2>/dev/null
        case $? in
        0) ;;
        124) seen="$seen $t (hangs)" ;;
        *) seen="$seen $t" ;;
        esac
    done
    if [ -n "$seen" ]; then echo "$text:$seen"; else echo "FAIL not seen: $text: $new"; status=1; fi
done <<'EOF'
qn_link_dev.c~if (!head->epoch || (head->epoch != d->epoch && head->epoch != d->offer)) {~if (!head->epoch) {~device: epoch not checked
qn_link_dev.c~if (seq == d->expect) {~if (seq >= d->expect) {~device: gap in the numbers not noticed
qn_link_dev.c~if (seq == d->expect) {~if (seq <= d->expect) {~device: repeated request executed again
qn_link.c~if (!n_body || ~if (1 || ~executed before the CRC is known
qn_link.c~HEAD_GET(p, CHECK) == qn_crc32c(0, p, CHECK_AT)~true~head's check not looked at
qn_link.c~return qn_crc32c(check, body, n)~return qn_crc32c(0, body, n)~payload not bound to its head
qn_link_dev.c~        d->expect++;~        d->expect = (d->expect + 1) & 0xffff;~device: numbers used again in an epoch
qn_link_host.c~if (h->base == h->set.seq_end)~if (h->seq == h->set.seq_end)~host: new session before all is answered
qn_link_host.c~seq == h->set.seq_end || ~~host: numbers used again in an epoch
qn_link_host.c~seq - h->base == h->id.window~seq - h->base == h->id.window + 1u~host: one request beyond the window
qn_link_dev.c~d->expect - seq <= window~d->expect - seq < window~device: oldest reply of the window not given again
qn_link_dev.c~d->expect - seq <= window~d->expect - seq <= window + 1~device: a reply given that is kept no more
qn_link_dev.c~words <= r->words - (addr - r->base)~addr + words <= r->base + r->words~bounds that overflow
qn_link_dev.c~words <= r->words - (addr - r->base)~words <= r->words - (addr - r->base) + 1~bounds one word beyond
qn_link_dev.c~r->flags & right ?~1 ?~rights not checked
qn_link_dev.c~if (!n || n > DATA)~if (!n)~READ longer than the buffer
qn_link_dev.c~head->words && head->words <= d->set.id->data + 1u~head->words~oversized frame accepted
qn_link_dev.c~d->boot = d->nonce = seed;~d->boot = d->nonce = 1;~device: the same epochs after a reset
qn_link_dev.c~        d->nonce += epoch_step;~        d->nonce += 0x9e3779b1u * !d->offer;~device: the same epoch offered twice
qn_link_dev.c~    d->offer = good ? d->nonce : 0;~    d->epoch = 0; d->offer = good ? d->nonce : 0;~device: HELLO ends the session
qn_link_dev.c~        d->lost = head->epoch;~~device: LOST not sent
qn_link_host.c~h->state == QN_LINK_OPEN && head->epoch == h->epoch && head->type~h->state == QN_LINK_OPEN && head->type~host: reply of another epoch taken
qn_link_host.c~head->seq == h->tag && ~~host: WELCOME of an earlier HELLO taken
qn_link_host.c~h->known && boot != h->boot~0~host: reset between two sessions not noticed
qn_link_host.c~++h->tries == h->set.tries~h->tries == h->set.tries~host: no bound on tries
qn_link_host.c~        again(h, h->base, h->seq, false);~        ;~host: nothing sent again
qn_link_host.c~head->type != (op->type | QN_LINK_REPLY) || ~~host: reply of another type taken
qn_link_host.c~|| head->words != (head->status ? 0 : words)~~host: reply of another length taken
qn_link_host.c~    finish_if_done(h, op);~    finish(h, op, op->err);~host: op given back while frames of it are out
qn_link.c~if (rx->quiet_ms < QN_LINK_GAP_MS)~if (1)~half a frame never forgotten
qn_link.c~    uint32_t gone = next ? (uint32_t)(next - rx->buf) : rx->have;~    uint32_t gone = rx->have;~hunting skips a head
EOF
exit $status
