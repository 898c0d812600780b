#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the vocabularies and the expected ids of this folder with the engines that Quern's tokenizer is judged by.

    pip install llama-cpp-python==0.3.36 sentencepiece==0.2.3 tokenizers==0.23.3 gguf==0.19.0 protobuf
    python tests/data/token/make.py DATA        # DATA: the folder with text/ and llama/

Nothing here reads Quern's code. Expected ids are llama.cpp's, but for *-squeeze.ids and *-unused.ids, which are SentencePiece's
(llama.cpp has neither). Where both engines, or llama.cpp and `tokenizers` with the models' original expressions, can be asked the same,
they are, and the differences are printed.
"""
import io
import json
import os
import random
import sys
import zlib

import gguf
import llama_cpp
import numpy
import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2 as spm_pb2
from tokenizers import Regex, decoders, models, pre_tokenizers, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = sys.argv[1]
ASK_SPECIAL, ADD_BOS = 4, 1  # as in qn_token.h
PRES = ["default", "gpt-2", "smollm", "falcon", "llama-bpe", "qwen2", "qwen35", "tekken"]


def cases():
    """Texts, all valid UTF-8 (llama.cpp replaces what is not), one a line in cases.txt."""
    rnd = random.Random(20240607)
    texts = [
        "", " ", "  ", "   ", "\t", "\n", "\n\n", "\n\n\n", "\t\n", "\r\n\r\n x\r\n", "Hello world", " Hello world", "Hello World!",
        " Hello, world! \U0001F999.cpp", "  lead and trail  ", "a\0b", "w048 7tuijk dsdfhu", "нещо на Български", "Äpfel déjà vu naïve",
        "កាន់តែពិសេសអាច", "\U0001F680 (normal) \U0001F636\u200D\U0001F32B\uFE0F (multiple) ✅", "Hello, y'all! How are you 😁 ?我想在apple工作1314151天～",
        "ied 4 ½ months", "I'VE we'Ll it's They'RE 'S 't's ''re 'ſ", "3 33 333 3333 33333 333333 3333333 33333333 3.3 3..3",
        " 1 12 123 1234 12345 \u0663\u0664\u0665 12\u0663345 ²³½Ⅷ", "Once upon a time, there was a little girl named Lily.",
        "x = foo(bar[1], \"baz\\n\");  // done\n\n\tif (y >= 2) { z++; }\n", "$5 + `a` <b> ^c ~d |e| = #f @g %h &i *j _k_ «l» ‘m’ …",
        "ABCdefGHIjkL XMLHttpRequest iOS McDonald ÀÉx ΑΒΓαβγ ÀBC日本ABC aÀB ÀÀA", "e\u0301a\u0308 \u0301x क्षि का ไทย x\u20DD",
        "\u00A0a\u3000b\u2003 c\u2028d\u0085e\u000Bf\u001Cg\u200Bh", "/usr/local/bin///\n// x /\r\n/y", "!!!???...\n\n---===---\r\n", "日本語 한국어 עברית العربية",
        "</s>", "<s>hi</s> there", "<unk>", "a<0x0A>b", "<|endoftext|>x<|endoftext|> y", "one<sep>two <sep> three(c)", "(c)(c)<sep>", "<sep", "x\u2581y",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "the the the thethethe  the   the", "\U0010FFFF\uE000\u0378\uFFFD\uFEFF",
    ]
    pools = ["abcdefgh XYZ", "  \t\n\r\u00A0\u3000\u0085\x0b", "'sStTrReEvVmMlLdD \u2019", "0123456789\u0663½Ⅷ²", "!\"#$%&()*+,-./:;<=>?@[]^_`{|}~«¿…—",
             "éàüßÅŒǅʰªº", "αβΔЖжאבعش", "日本語한국ไทย", "\u0301\u0308\u093f\u0e31", "😀🏳\u200D🌈", "/\\\r\n"]
    for _ in range(70):
        some = rnd.sample(pools, rnd.randrange(1, 6))
        texts.append("".join(rnd.choice(rnd.choice(some)) for _ in range(rnd.randrange(1, 50))))
    for name in ["tinystories_dev", "tinyshakespeare", "wikitext2_valid"]:
        with open(f"{DATA}/text/{name}.txt", encoding="utf-8", newline="") as f:
            text = f.read()
        for _ in range(4):
            at = rnd.randrange(len(text) - 400)
            texts.append(text[at:at + 300])
    return [t.encode() for t in texts]


def escape(text):
    return "".join(chr(b) if 0x20 <= b < 0x7F and b != 0x5C else f"\\x{b:02x}" for b in text)


def write(name, head, rows):
    with open(f"{HERE}/{name}", "w", encoding="ascii", newline="\n") as f:
        f.write(f"# tests/data/token/make.py: {head}\n")
        for row in rows:
            f.write(row + "\n")
    print(name, len(rows))


def write_ids(name, vocabulary, pre, flags, ids):
    write(name, f"{vocabulary} {pre or '-'} {flags}", [" ".join(map(str, row)) for row in ids])


def engine(path):
    return llama_cpp.Llama(path, vocab_only=True, verbose=False)


def encode(path, texts, flags):
    llama = engine(path)
    return [llama.tokenize(t, add_bos=bool(flags & ADD_BOS), special=bool(flags & ASK_SPECIAL)) for t in texts]


def differences(what, a, b):
    print(f"{what}: {sum(x != y for x, y in zip(a, b))} of {len(a)} differ", [i for i, (x, y) in enumerate(zip(a, b)) if x != y])


def write_vocabulary(path, model, tokens, types, scores=None, merges=None, pre=None, **ids):
    w = gguf.GGUFWriter(path, "llama")
    w.add_tokenizer_model(model)
    if pre:
        w.add_tokenizer_pre(pre)
    w.add_token_list(tokens)
    w.add_token_types(types)
    if scores:
        w.add_token_scores(scores)
    if merges:
        w.add_token_merges(merges)
    for name, value in ids.items():
        getattr(w, f"add_{name}_token_id")(value)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def make_spm(texts):
    model = io.BytesIO()
    with open(f"{DATA}/text/tinystories_dev.txt", encoding="utf-8") as f:
        lines = [line.strip() for line in f][:4000]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="bpe", vocab_size=700, byte_fallback=True, character_coverage=1.0,
        normalization_rule_name="identity", remove_extra_whitespaces=False, user_defined_symbols=["<sep>", "(c)"], num_threads=1,
        minloglevel=2, split_by_whitespace=False)
    proto = spm_pb2.ModelProto.FromString(model.getvalue())
    path = f"{HERE}/spm.gguf"
    pieces = proto.pieces
    write_vocabulary(path, "llama", [p.piece.encode() for p in pieces], [p.type for p in pieces], [p.score for p in pieces],
                     bos=1, eos=2, unk=0)
    plain = encode(path, texts, ADD_BOS)
    write_ids("spm.ids", "spm.gguf", None, ADD_BOS, plain)
    write_ids("spm-special.ids", "spm.gguf", None, ASK_SPECIAL, encode(path, texts, ASK_SPECIAL))

    def sp(p):
        return sentencepiece.SentencePieceProcessor(model_proto=p.SerializeToString())
    differences("SPM, llama.cpp and SentencePiece", plain, [[1] + sp(proto).encode(t.decode()) for t in texts])

    # User-defined symbols are left out here: llama.cpp puts a blank after them, SentencePiece does not
    ok = [t if b"<sep>" not in t and b"(c)" not in t else b"" for t in texts]
    proto.normalizer_spec.remove_extra_whitespaces = True
    write_ids("spm-squeeze.ids", "spm.gguf squeeze", None, 0, [sp(proto).encode(t.decode()) for t in ok])
    proto.normalizer_spec.remove_extra_whitespaces = False
    unused = [i for i, p in enumerate(pieces) if p.type == 1 and i % 3 == 0]
    for i in unused:
        pieces[i].type = 5
    write_ids("spm-unused.ids", "spm.gguf unused", None, 0, [sp(proto).encode(t.decode()) for t in ok])


def make_bpe(texts):
    # Trained without cutting the text into words, so that a word cut in the wrong place shows: there are merges across it
    tok = tokenizers.Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    files = [f"{DATA}/text/{name}.txt" for name in ["tinystories_dev", "wikitext2_valid"]]
    lines = [line for f in files for line in open(f, encoding="utf-8")][:2000]
    own = [b"<sep>", b"(c)", b"</s>", b"<|endoftext|>"]  # these are to be special tokens, in llama.cpp the third by its name alone
    lines += [t.decode() for t in texts if len(t) < 200 and not any(o in t for o in own)] * 400
    tok.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=3000, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
                                                       special_tokens=["<|endoftext|>"], show_progress=False, max_token_length=12))
    bpe = json.loads(tok.to_str())["model"]
    tokens = [t for t, _ in sorted(bpe["vocab"].items(), key=lambda kv: kv[1])] + ["<sep>", "(c)"]
    types = [3] + [1] * (len(tokens) - 3) + [4, 4]
    merges = [" ".join(m) for m in bpe["merges"]]

    def vocabulary(path, pre):
        write_vocabulary(path, "gpt2", [t.encode() for t in tokens], types, merges=merges, pre=pre, bos=0, eos=0)
    vocabulary(f"{HERE}/bpe.gguf", "gpt-2")
    ids = {}
    for pre in PRES:
        path = f"{HERE}/tmp.gguf"
        vocabulary(path, pre)
        ids[pre] = encode(path, texts, 0)
        write_ids(f"bpe-{pre}.ids", "bpe.gguf", pre, 0, ids[pre])
        os.remove(path)
    path = f"{HERE}/bpe.gguf"
    write_ids("bpe-special.ids", "bpe.gguf", "gpt-2", ASK_SPECIAL, encode(path, texts, ASK_SPECIAL))

    c = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    rest = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    expressions = {
        "llama-bpe": c + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|" + rest,
        "qwen2": c + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|" + rest,
    }
    tok.add_tokens([tokenizers.AddedToken("<sep>", normalized=False), tokenizers.AddedToken("(c)", normalized=False)])
    for pre in ["gpt-2", "smollm", *expressions]:
        if pre == "gpt-2":
            split = pre_tokenizers.ByteLevel(add_prefix_space=False)
        elif pre == "smollm":
            split = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
        else:
            split = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(expressions[pre]), "isolated"),
                                             pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
        tok.pre_tokenizer = split
        tok.model.ignore_merges = pre == "llama-bpe"
        tok.encode_special_tokens = True
        differences(f"BPE {pre}, llama.cpp and tokenizers", ids[pre], [tok.encode(t.decode()).ids for t in texts])


def make_stories(texts):
    path = f"{DATA}/llama/stories260K.gguf"
    write_ids("stories260K.ids", "stories260K.gguf", None, ADD_BOS, encode(path, texts, ADD_BOS))
    rows = []
    for name in ["stories260K", "xs279k-Q8_0", "xs279k-Q5_1", "xs279k-Q4_0"]:
        llama = engine(f"{DATA}/llama/{name}.gguf")
        golden = numpy.load(f"{DATA}/llama/{name}.golden.npz")
        tokens = [int(t) for t in golden["tokens"]]
        text = llama.detokenize(tokens)
        rows += [name, str(int(golden["n_prompt"])), " ".join(map(str, tokens)), escape(text)]
    write("golden.txt", "per model its name, tokens in the prompt \"Once upon a time\", the tokens of *.golden.npz, their text", rows)


def make_books():
    """Whole files: how many ids, and the CRC-32 of the ids as little-endian 32-bit integers."""
    rows = []
    for vocabulary in [f"{DATA}/llama/stories260K.gguf", f"{HERE}/spm.gguf", f"{HERE}/bpe.gguf"]:
        llama = engine(vocabulary)
        more = ["tinystories_dev", "tinystories_lower_more"] if vocabulary.startswith(DATA) else []
        for name in ["tinyshakespeare", "wikitext2_valid", *more]:
            with open(f"{DATA}/text/{name}.txt", "rb") as f:
                ids = llama.tokenize(f.read(), add_bos=True, special=False)
            rows.append(f"{os.path.basename(vocabulary)} {name}.txt {len(ids)} {zlib.crc32(numpy.array(ids, dtype='<u4').tobytes()):08x}")
    write("books.txt", "vocabulary, text, ids, CRC-32 of the ids", rows)


texts = cases()
write("cases.txt", "one text a line, \\xNN for what is not printable ASCII", [escape(t) for t in texts])
make_spm(texts)
make_bpe(texts)
make_stories(texts)
make_books()
