#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `make install` brings works without the tree: a program built by pkg-config against the shared and the static library, the manual says
# every option, completion completes; and `make uninstall` leaves nothing.
. "$(dirname "$0")/../cli/expect.sh"
dest=$work/dest root=$work/dest/opt/quern
make -s install DESTDIR="$dest" PREFIX=/opt/quern > "$work/log" 2>&1 || fail "install: $(tail -3 "$work/log")"

# A program of somebody else's
cat > "$work/chat.c" <<'C'
#include <quern.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv)
{
    qn_gguf *g = NULL;
    qn_prog prog = {0};
    qn_token *t = NULL;
    qn_token_spec spec = {0};
    qn_token_stream *text = NULL;
    qn_dev *dev = NULL;
    qn_session *s = NULL;
    qn_why why = {""};
    uint32_t *ids = NULL;
    size_t n = 0;
    qn_options o = qn_options_default(qn_target_find("ulx3s"));
    o.context = 64;
    qn_dev_add_port(&qn_port_usb);
    int err = argc > 2 ? qn_gguf_open(&g, argv[1], &why) : QN_ERR_USAGE;
    if (!err) err = qn_compile(&prog, g, &o, &why);
    if (!err) err = qn_token_spec_from_gguf(&spec, g, &why);
    if (!err) err = qn_token_new(&t, &spec, &why);
    if (!err) err = qn_token_encode(t, "Once upon a time", 16, QN_TOKEN_BOS, &ids, &n);
    if (!err) err = qn_dev_open(&dev, argv[2], &why);
    if (!err) err = qn_session_open(&s, dev, &prog, &why);
    if (!err) err = qn_session_prefill(s, ids, (uint32_t)n, QN_SESSION_PICK, &why);
    if (!err) err = qn_token_stream_open(&text, t, QN_TOKEN_CONTINUE);
    if (!err) printf("Once upon a time");
    for (int i = 0; i < 16 && !err; i++) {
        qn_gguf_str x = qn_token_stream_put(text, qn_session_pick(s));
        fwrite(x.ptr, 1, x.len, stdout);
        if (i < 15) err = qn_session_decode(s, qn_session_pick(s), QN_SESSION_PICK, &why);
    }
    if (err) fprintf(stderr, "%s: %s: %s\n", argc > 2 ? argv[2] : "chat", qn_err_text(err), why.text);
    else printf("\n");
    qn_token_stream_close(text);
    qn_session_close(s);
    qn_dev_close(dev);
    free(ids);
    qn_token_spec_free(&spec);
    qn_token_free(t);
    qn_prog_free(&prog);
    qn_gguf_close(g);
    return err ? qn_err_exit(err) : 0;
}
C
export PKG_CONFIG_PATH=$root/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$dest
version=$(build/quern --version | cut -d' ' -f2)
[ "$(pkg-config --modversion quern)" = "$version" ] || fail "pkg-config has another version than $version"
read -ra flags < <(pkg-config --cflags quern)
read -ra libs < <(pkg-config --libs quern)
read -ra static < <(pkg-config --static --libs-only-l quern)
cc -std=c11 -Wall -Wextra -Wpedantic -Werror "${flags[@]}" "$work/chat.c" -o "$work/chat" "${libs[@]}" 2> "$work/err" || fail "shared: $(cat "$work/err")"
cc -std=c11 "${flags[@]}" "$work/chat.c" -o "$work/chat_static" "$root/lib/libquern.a" "${static[@]:1}" 2> "$work/err" || fail "static: $(cat "$work/err")"
LD_LIBRARY_PATH=$root/lib ldd "$work/chat" | grep -q "libquern.so.${version%%.*} => $root" || fail "the shared library is not the one installed"
ldd "$work/chat_static" | grep -q libquern && fail "the static program wants the shared library"
"$root/bin/quern" run $MODEL -n 16 -q --ctx 64 > "$work/expected" || fail "the installed program"
for p in chat chat_static; do
    LD_LIBRARY_PATH=$root/lib "$work/$p" $MODEL model:ulx3s > "$work/out" 2>&1 || fail "$p: $(cat "$work/out")"
    cmp -s "$work/out" "$work/expected" || fail "$p says something else: $(cat "$work/out")"
done
umockdev-wrapper true 2> /dev/null && mkdir "$work/none" &&
    refused 69 'usb:: no device' env UMOCKDEV_DIR="$work/none" LD_LIBRARY_PATH="$root/lib" umockdev-wrapper "$work/chat" $MODEL usb:
foreign=$(nm -D --defined-only "$root/lib/libquern.so" | awk '$2 != "A" && $3 !~ /^qn_/ {print $3}')
[ -z "$foreign" ] || fail "names of others in the library: $foreign"

# The manual: every option of every command; nothing that groff minds
for c in $("$root/bin/quern" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    grep -q "^.B quern $c" "$root/share/man/man1/quern.1" || fail "quern.1 lacks $c"
    for o in $("$root/bin/quern" "$c" --help | grep -o -- '--[a-z][a-z-]*' | sort -u); do
        grep -qF -- "${o//-/\\-}" "$root/share/man/man1/quern.1" || fail "quern.1 lacks $o of $c"
    done
done
for m in man1/quern.1 man3/libquern.3; do
    grep -q "$version" "$root/share/man/$m" || fail "$m: version"
    command -v groff > /dev/null && { groff -man -Tascii -ww "$root/share/man/$m" > /dev/null 2> "$work/err"; [ ! -s "$work/err" ] || fail "$m: $(head -3 "$work/err")"; }
done

# complete WORD...: what completion offers for the last word
complete_words() {
    PATH=$root/bin:$PATH bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _quern 2> /dev/null; echo "${COMPREPLY[@]}"' - \
        "$root/share/bash-completion/completions/quern" "$@"
}
[ "$(complete_words quern ser)" = serve ] || fail "completion of commands: $(complete_words quern ser)"
[ "$(complete_words quern run --temp)" = --temperature ] || fail "completion of options: $(complete_words quern run --temp)"
[[ " $(complete_words quern run -d '') " = *' model '*' usb '* ]] || fail "completion of devices: $(complete_words quern run -d '')"
[ "$(complete_words quern compile --target ulx)" = ulx3s ] || fail "completion of targets"
grep -q '^SUBSYSTEM=="usb", ATTR{idVendor}=="1209", ATTR{idProduct}=="0001", .*TAG+="uaccess"$' "$root/lib/udev/rules.d/60-quern.rules" || fail "udev rule"

# Away with it; what others put there stays
touch "$root/lib/other"
make -s uninstall DESTDIR="$dest" PREFIX=/opt/quern > "$work/log" 2>&1 || fail "uninstall: $(tail -3 "$work/log")"
[ "$(find "$dest" -mindepth 1 ! -type d)" = "$root/lib/other" ] || fail "left: $(find "$dest" -mindepth 1 ! -type d)"
rm "$root/lib/other"
make -s uninstall DESTDIR="$dest" PREFIX=/opt/quern > "$work/log" 2>&1 || fail "uninstall of nothing: $(tail -3 "$work/log")"
make -s install DESTDIR="$dest" PREFIX=/usr > "$work/log" 2>&1 && make -s uninstall DESTDIR="$dest" PREFIX=/usr > "$work/log" 2>&1 || fail "PREFIX=/usr"
[ -z "$(find "$dest/usr" 2> /dev/null)" ] || fail "left: $(find "$dest")"
finish
