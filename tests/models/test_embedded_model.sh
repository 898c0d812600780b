#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The embedded model is the file that its README describes: size, sha256, GGUF version 3, at most 4 MB.
set -eu
cd "$(dirname "$0")/../../models"

fail() { echo "models/quern-stories.gguf: $1" >&2; exit 1; }

size=$(wc -c < quern-stories.gguf)
sum=$(sha256sum quern-stories.gguf | cut -d ' ' -f 1)
start=$(head -c 8 quern-stories.gguf | od -A n -t x1 | tr -d ' ')

[ "$start" = 4747554603000000 ] || fail "not GGUF version 3: starts with $start"
[ "$size" -le 4000000 ] || fail "$size bytes: more than 4 MB"
grep -q "^| size | $size bytes |" README.md || fail "$size bytes: README.md says otherwise"
grep -q "^| sha256 | \`$sum\` |" README.md || fail "sha256 $sum: README.md says otherwise"
