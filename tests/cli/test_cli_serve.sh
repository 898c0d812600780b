#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `quern serve`: an executor of this machine reached over TCP gives the same bits, keeps its weights, takes one client at a time, and is told of
# in one line when it is not there.
. "$(dirname "$0")/expect.sh"

# served DEVICE: starts a server; $place is where it is, $server its process
served() {
    rm -f "$work/place"
    "$QUERN" serve --port 0 -d "$1" > "$work/place" 2> "$work/serve" &
    server=$!
    for _ in $(seq 200); do [ -s "$work/place" ] && break; sleep 0.05; done
    place=$(cat "$work/place")
}
bits() { python3 -c 'import json, sys; j = json.load(open(sys.argv[1])); print(j["tokens"], j["digest"], j["cycles"]["decode"])' "$1"; }

"$QUERN" run $MODEL -n 64 --json -d model:ulx3s > "$work/model" || fail "model"
served model:ulx3s
"$QUERN" run $MODEL -n 64 --json -d "$place" > "$work/tcp" || fail "tcp"
[ "$(bits "$work/model")" = "$(bits "$work/tcp")" ] || fail "other bits over TCP: $(bits "$work/tcp")"
"$QUERN" run $MODEL -n 500 --ignore-eos -q -d "$place" > "$work/long" 2> "$work/err.long" & run=$!
for _ in $(seq 200); do [ -s "$work/long" ] && break; sleep 0.05; done
refused 75 '^tcp:.*: the device is busy: .*another program uses it' "$QUERN" run $MODEL -n 2 -d "$place"
kill $server
wait $run
[ $? = 69 ] || fail "a server that ends is not told of"
wait $server || fail "the server's end"
refused 69 '^tcp:.*: no device: ' "$QUERN" run $MODEL -n 2 -d "$place"
refused 64 "^tcp:nowhere: wrong use: 'nowhere' is no HOST:PORT" "$QUERN" run $MODEL -n 2 -d tcp:nowhere
refused 64 '^serve: wrong use: ' "$QUERN" serve --bind no.such.host.invalid
refused 64 '^tcp:x: wrong use: .*a board already' "$QUERN" serve -d tcp:x

# Something else at that port
python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1); print(s.getsockname()[1], flush=True); c = s.accept()[0]; c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 99); c.recv(1); c.recv(9999); c.recv(9999)' > "$work/port" & other=$!
for _ in $(seq 200); do [ -s "$work/port" ] && break; sleep 0.05; done
refused 69 '^tcp:.*: no device: it does not answer' "$QUERN" run $MODEL -n 2 -d "tcp:127.0.0.1:$(cat "$work/port")"
wait $other

served rtl:ulx3s
"$QUERN" run $MODEL -n 2 --json -d model:ulx3s > "$work/model" && "$QUERN" run $MODEL -n 2 --json -d "$place" > "$work/tcp" || fail "rtl over TCP"
[ "$(bits "$work/model")" = "$(bits "$work/tcp")" ] || fail "other bits from the RTL over TCP: $(bits "$work/tcp")"
kill $server
wait $server || fail "the server's end"
finish
