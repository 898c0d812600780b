# SPDX-License-Identifier: Apache-2.0
# check.py: reads a GGUF of the llama kind as any engine would, and says how good it is. Shares no code with
# train.py: the network below is plain NumPy in float32 on the dequantized tensors, and the tokenizer is
# rebuilt from the file's own metadata.
#
#     python models/check.py models/quern-stories.gguf --perplexity        of the held-out stories
#     python models/check.py models/quern-stories.gguf --sample "Once upon a time" "One day, a dog"
#     python models/check.py models/quern-stories.gguf                     keys and tensors

import argparse
import os

import gguf
import numpy as np
from gguf import quants

import stories

HERE = os.path.dirname(os.path.abspath(__file__))
TEXT = os.path.join(HERE, "..", "..", "shared", "data", "text")


class Tokenizer:
    """SentencePiece BPE from the metadata: merge the adjacent pair whose piece has the highest score."""

    def __init__(self, keys):
        self.tokens = keys["tokenizer.ggml.tokens"]
        self.scores = keys["tokenizer.ggml.scores"]
        self.types = keys["tokenizer.ggml.token_type"]
        self.bos, self.eos = keys["tokenizer.ggml.bos_token_id"], keys["tokenizer.ggml.eos_token_id"]
        self.ids = {t: i for i, (t, kind) in enumerate(zip(self.tokens, self.types)) if kind == 1}
        self.bytes = {int(t[1:-1], 16): i for i, (t, kind) in enumerate(zip(self.tokens, self.types)) if kind == 6}

    def encode(self, text):
        parts = list((" " + text).replace(" ", "▁"))
        while True:
            pairs = [(self.scores[self.ids[a + b]], -i) for i, (a, b) in enumerate(zip(parts, parts[1:]))
                     if a + b in self.ids]
            if not pairs:
                break
            i = -max(pairs)[1]
            parts[i:i + 2] = [parts[i] + parts[i + 1]]
        out = [self.bos]
        for p in parts:
            out += [self.ids[p]] if p in self.ids else [self.bytes[b] for b in p.encode()]
        return out

    def decode(self, ids):
        out = b""
        for i in ids:
            if self.types[i] == 1:
                out += self.tokens[i].replace("▁", " ").encode()
            elif self.types[i] == 6:
                out += bytes([int(self.tokens[i][1:-1], 16)])
        return out.decode(errors="replace").removeprefix(" ")


class Network:
    def __init__(self, keys, tensors):
        self.keys, self.t = keys, tensors
        self.heads, self.kv_heads = keys["llama.attention.head_count"], keys["llama.attention.head_count_kv"]
        self.head = keys["llama.rope.dimension_count"]
        self.eps = np.float32(keys["llama.attention.layer_norm_rms_epsilon"])
        freq = keys["llama.rope.freq_base"] ** (-np.arange(0, self.head, 2) / self.head)
        angle = np.outer(np.arange(keys["llama.context_length"]), freq)
        self.cos, self.sin = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)

    def norm(self, x, name):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.eps) * self.t[name]

    def rotate(self, x, first):
        cos, sin = (c[first:first + len(x), None] for c in (self.cos, self.sin))
        y = np.empty_like(x)
        y[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
        y[..., 1::2] = x[..., 0::2] * sin + x[..., 1::2] * cos
        return y

    def logits(self, ids, cache):
        """Logits of each of ids, which follow what the cache (a list, empty at first) holds."""
        if not cache:
            cache += [[np.zeros((0, self.kv_heads, self.head), np.float32)] * 2
                      for _ in range(self.keys["llama.block_count"])]
        x = self.t["token_embd.weight"][ids]
        n, first = len(ids), len(cache[0][0])
        mask = np.where(np.arange(first + n)[None] > first + np.arange(n)[:, None], -np.inf, 0).astype(np.float32)
        for i, kv in enumerate(cache):
            def mul(y, name):
                return y @ self.t[f"blk.{i}.{name}.weight"].T
            h = self.norm(x, f"blk.{i}.attn_norm.weight")
            q = self.rotate(mul(h, "attn_q").reshape(n, self.heads, self.head), first)
            k = self.rotate(mul(h, "attn_k").reshape(n, self.kv_heads, self.head), first)
            v = mul(h, "attn_v").reshape(n, self.kv_heads, self.head)
            kv[0], kv[1] = np.concatenate([kv[0], k]), np.concatenate([kv[1], v])
            k, v = (np.repeat(c, self.heads // self.kv_heads, axis=1) for c in kv)
            s = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(np.float32(self.head)) + mask
            s = np.exp(s - s.max(-1, keepdims=True))
            s /= s.sum(-1, keepdims=True)
            x = x + mul(np.einsum("hqk,khd->qhd", s, v).reshape(n, -1), "attn_output")
            h = self.norm(x, f"blk.{i}.ffn_norm.weight")
            gate = mul(h, "ffn_gate")
            x = x + mul(gate / (1 + np.exp(-gate)) * mul(h, "ffn_up"), "ffn_down")
        return self.norm(x, "output_norm.weight") @ self.t.get("output.weight", self.t["token_embd.weight"]).T


def perplexity(tokenizer, network, text):
    """Over every token after BOS of whole stories cut at the context; the end of a story is not counted."""
    total = count = chars = 0
    for story in text:
        ids = tokenizer.encode(story)[:network.keys["llama.context_length"]]
        logits = network.logits(ids[:-1], []).astype(np.float64)
        logits -= logits.max(-1, keepdims=True)
        total -= (logits[np.arange(len(ids) - 1), ids[1:]] - np.log(np.exp(logits).sum(-1))).sum()
        count += len(ids) - 1
        chars += len(tokenizer.decode(ids))
    print(f"{len(text)} held-out stories, {count} positions: perplexity {np.exp(total / count):.4f} "
          f"({total / count:.4f} per token, {total / chars / np.log(2):.4f} bits per character)")


def sample(tokenizer, network, prompt, limit):
    """The greedy continuation."""
    ids, cache = tokenizer.encode(prompt), []
    logits = network.logits(ids, cache)
    while len(ids) < min(limit, network.keys["llama.context_length"]):
        ids.append(int(logits[-1].argmax()))
        if ids[-1] == tokenizer.eos:
            break
        logits = network.logits(ids[-1:], cache)
    print(f"{tokenizer.decode(ids)}\n[{len(ids)} tokens]\n")


def main():
    parser = argparse.ArgumentParser(description="Judges a GGUF of the llama kind.")
    parser.add_argument("file")
    parser.add_argument("--perplexity", action="store_true")
    parser.add_argument("--sample", nargs="+", metavar="PROMPT")
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--text", default=TEXT, help="folder of the TinyStories files")
    args = parser.parse_args()

    reader = gguf.GGUFReader(args.file)
    keys = {name: field.contents() for name, field in reader.fields.items()}
    tokenizer = Tokenizer(keys)
    network = Network(keys, {t.name: quants.dequantize(t.data, t.tensor_type).astype(np.float32)
                             for t in reader.tensors})
    if args.perplexity:
        perplexity(tokenizer, network, stories.load(args.text)[1])
    for prompt in args.sample or ():
        sample(tokenizer, network, prompt, args.tokens)
    if not args.perplexity and not args.sample:
        for name, value in keys.items():
            print(name, value if not isinstance(value, list) else f"[{len(value)}]")
        for t in reader.tensors:
            print(t.name, t.tensor_type.name, [int(n) for n in t.shape])


if __name__ == "__main__":
    main()
