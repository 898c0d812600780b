# SPDX-License-Identifier: Apache-2.0
# train.py: trains the embedded model of Quern and writes it as GGUF.
#
#     python models/train.py train --steps 1900         tokenizer and weights, into build/train
#     python models/train.py export                     models/quern-stories.gguf and build/train/float.gguf
#
# A small Llama: RMSNorm, rotary embedding (pairs 2i and 2i+1), grouped-query attention, SwiGLU, embedding and
# output tied. Matrices learn by Muon, the embedding and the norms by AdamW. Every sample is one story, from BOS
# to EOS. A checkpoint is kept every 50 steps; `train` goes on from it, and `export` may be called at any time.
# The same seed, steps and number of threads give the same weights on the same machine.

import argparse
import math
import os
import random
import time

import gguf
import numpy as np
import sentencepiece
import torch
import torch.nn.functional as F
from torch import nn

import kquants
import stories

WIDTH, HEADS, KV_HEADS, FF, LAYERS, VOCAB, CONTEXT = 256, 8, 4, 512, 3, 1024, 512
HEAD = WIDTH // HEADS
EPS, ROPE_BASE = 1e-5, 10000.0
DROPOUT = 0.1
BATCH_TOKENS = 4096
UNK, BOS, EOS = 0, 1, 2

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.path.join(HERE, "..", "build", "train")
TEXT = os.path.join(HERE, "..", "..", "shared", "data", "text")
OUT = os.path.join(HERE, "quern-stories.gguf")


# The network

def rms_norm(x, weight):
    return x * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + EPS) * weight


def rotate(x, cos, sin):
    even, odd = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        def matrix(n_in, n_out):
            return nn.Linear(n_in, n_out, bias=False)
        self.attn_norm = nn.Parameter(torch.ones(WIDTH))
        self.attn_q = matrix(WIDTH, WIDTH)
        self.attn_k = matrix(WIDTH, KV_HEADS * HEAD)
        self.attn_v = matrix(WIDTH, KV_HEADS * HEAD)
        self.attn_output = matrix(WIDTH, WIDTH)
        self.ffn_norm = nn.Parameter(torch.ones(WIDTH))
        self.ffn_gate = matrix(WIDTH, FF)
        self.ffn_up = matrix(WIDTH, FF)
        self.ffn_down = matrix(FF, WIDTH)

    def forward(self, x, cos, sin, mask):
        h = rms_norm(x, self.attn_norm)
        q, k, v = (m(h).unflatten(-1, (-1, HEAD)).transpose(1, 2) for m in (self.attn_q, self.attn_k, self.attn_v))
        q, k = rotate(q, cos, sin).to(v.dtype), rotate(k, cos, sin).to(v.dtype)
        k, v = (t.repeat_interleave(HEADS // KV_HEADS, 1) for t in (k, v))
        s = q @ k.transpose(2, 3) * HEAD ** -0.5                # on a CPU faster than the fused operator
        s = torch.softmax(s + mask, -1).to(v.dtype)
        h = (s @ v).transpose(1, 2).flatten(2)
        x = x + F.dropout(self.attn_output(h), DROPOUT, self.training)
        h = rms_norm(x, self.ffn_norm)
        h = self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))
        return x + F.dropout(h, DROPOUT, self.training)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.token_embd = nn.Embedding(VOCAB, WIDTH)
        self.blk = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.output_norm = nn.Parameter(torch.ones(WIDTH))
        angle = torch.outer(torch.arange(float(CONTEXT)), ROPE_BASE ** (-torch.arange(0, HEAD, 2) / HEAD))
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                into_residual = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(p, std=0.02 if name.startswith("token") else
                                p.shape[1] ** -0.5 * (0.1 if into_residual else 0.6))

    def forward(self, ids):
        x = F.dropout(self.token_embd(ids), DROPOUT, self.training)
        n = ids.shape[1]
        mask = torch.full((n, n), -math.inf, dtype=torch.bfloat16).triu(1)
        for layer in self.blk:
            x = layer(x, self.cos[:n], self.sin[:n], mask)
        return rms_norm(x, self.output_norm) @ self.token_embd.weight.T


class Muon(torch.optim.Optimizer):
    """Momentum whose update is made orthogonal by five Newton-Schulz steps (Jordan et al. 2024)."""

    def __init__(self, params, lr, momentum=0.95, decay=0.1):
        super().__init__(params, dict(lr=lr, momentum=momentum, decay=decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state["momentum"] = torch.zeros_like(p)
                m = state["momentum"].lerp_(p.grad, 1 - group["momentum"])
                x = p.grad.lerp(m, group["momentum"])
                tall = x.shape[0] > x.shape[1]
                x = x.T if tall else x
                x = x / (x.norm() + 1e-7)
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
                x = x.T if tall else x
                p.mul_(1 - group["lr"] * group["decay"])
                p.add_(x, alpha=-group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5)


# Training

def tokenizer(train):
    """The SentencePiece model, trained once and then kept in build/train."""
    path = os.path.join(WORK, "tokenizer.model")
    if not os.path.exists(path):
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=(line for story in train for line in story.split("\n")),
            model_prefix=path.removesuffix(".model"), model_type="bpe", vocab_size=VOCAB,
            byte_fallback=True, character_coverage=0.9999, normalization_rule_name="identity",
            remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True,
            unk_id=UNK, bos_id=BOS, eos_id=EOS, pad_id=-1, num_threads=1, minloglevel=1)
    return sentencepiece.SentencePieceProcessor(model_file=path)


def encode(sp, text):
    return [[BOS, *sp.encode(story), EOS][:CONTEXT + 1] for story in text]


def batches(samples, rng):
    """One pass over the samples: stories of similar length together, in random order."""
    order = sorted(samples, key=lambda s: len(s) + rng.random() * 24)
    todo, batch = [], []
    for s in order:
        if (len(batch) + 1) * len(s) > BATCH_TOKENS:
            todo.append(batch)
            batch = []
        batch.append(s)
    todo.append(batch)
    rng.shuffle(todo)
    for batch in todo:
        ids = torch.zeros(len(batch), max(map(len, batch)), dtype=torch.long)
        to = torch.full_like(ids, -100)                     # -100: no loss there
        for row, s in enumerate(batch):
            ids[row, :len(s)] = torch.tensor(s)
            to[row, :len(s)] = ids[row, :len(s)]
        yield ids[:, :-1], to[:, 1:]


def loss_sum(model, ids, to):
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(ids)
    return F.cross_entropy(logits.float().flatten(0, 1), to.flatten(), reduction="sum")


def held_out_loss(model, held):
    model.eval()
    total = count = 0
    with torch.no_grad():
        for ids, to in batches(held, random.Random(0)):
            total += loss_sum(model, ids, to).item()
            count += (to >= 0).sum().item()
    model.train()
    return total / count


def train(args):
    os.makedirs(WORK, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    text, text_held = stories.load(args.text)
    sp = tokenizer(text)
    samples, held = encode(sp, text), encode(sp, text_held)
    print(f"{len(samples)} stories of {sum(map(len, samples))} tokens, {len(held)} held out")

    model = Model()
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and "blk" in n]
    rest = [p for n, p in model.named_parameters() if p.dim() == 1 or "blk" not in n]
    print(f"{sum(p.numel() for p in model.parameters())} parameters")
    optimizers = [Muon(matrices, lr=args.lr),
                  torch.optim.AdamW(rest, lr=args.lr / 5, betas=(0.9, 0.98), weight_decay=0.01)]
    step, path = 0, os.path.join(WORK, "checkpoint.pt")
    if os.path.exists(path):
        state = torch.load(path, weights_only=True)
        step = state["step"]
        model.load_state_dict(state["model"])
        for opt, saved in zip(optimizers, state["optimizers"]):
            opt.load_state_dict(saved)
    first_lr = [args.lr, args.lr / 5]
    until = min(args.steps, args.until or args.steps)

    per_epoch = sum(1 for _ in batches(samples, random.Random(args.seed)))
    start, start_step, mean, order = time.time(), step, 0.0, None
    while step < until:
        epoch, at = divmod(step, per_epoch)
        if at == 0 or not order:
            order = list(batches(samples, random.Random(args.seed + epoch)))
        ids, to = order[at % len(order)]                    # an epoch may be a batch shorter than the first

        lr = min(1.0, (step + 1) / 50) * min(1.0, (args.steps - step) / (0.4 * args.steps))
        for opt, base in zip(optimizers, first_lr):
            opt.param_groups[0]["lr"] = lr * base
            opt.zero_grad()
        torch.manual_seed(args.seed + step)                 # the same dropout when going on from a checkpoint
        loss = loss_sum(model, ids, to) / (to >= 0).sum()
        loss.backward()
        for opt in optimizers:
            opt.step()
        step += 1
        mean += loss.item()

        if step % 10 == 0:
            print(f"step {step} epoch {step / per_epoch:.2f} loss {mean / 10:.4f} "
                  f"{(time.time() - start) / (step - start_step):.2f} s/step", flush=True)
            mean = 0.0
        if step % 50 == 0 or step == until:
            loss = held_out_loss(model, held)
            print(f"step {step} held-out loss {loss:.4f} perplexity {math.exp(loss):.3f}", flush=True)
            torch.save({"step": step, "model": model.state_dict(),
                        "optimizers": [o.state_dict() for o in optimizers]}, path + ".new")
            os.replace(path + ".new", path)


# Export

def column_importance(model, samples):
    """The mean square of what enters each matrix, by column, over a few stories: errors there count more."""
    sums = {}

    def watch(name):
        def hook(_, inputs):
            x = inputs[0].float().flatten(0, 1)
            old = sums.get(name, (0.0, 0))
            sums[name] = old[0] + x.pow(2).sum(0), old[1] + x.shape[0]
        return hook

    hooks = [m.register_forward_pre_hook(watch(n)) for n, m in model.named_modules() if isinstance(m, nn.Linear)]
    with torch.no_grad():
        for s in samples:
            model(torch.tensor([s[:CONTEXT]]))
    for h in hooks:
        h.remove()
    return {f"{name}.weight": (total / n).numpy().astype(np.float64) for name, (total, n) in sums.items()}


def quantization(name):
    """The mixture of Q4_K_M files: Q6_K where errors cost most, Q4_K elsewhere."""
    if name.startswith("token_embd") or "ffn_down" in name or "attn_v" in name:
        return gguf.GGMLQuantizationType.Q6_K
    return gguf.GGMLQuantizationType.Q4_K


def write(path, model, sp, importance):
    """One GGUF; float if importance is None."""
    w = gguf.GGUFWriter(path, "llama")
    w.add_name("quern-stories")
    w.add_description("Short stories for children; the embedded model of Quern")
    w.add_license("CDLA-Sharing-1.0")
    w.add_context_length(CONTEXT)
    w.add_embedding_length(WIDTH)
    w.add_block_count(LAYERS)
    w.add_feed_forward_length(FF)
    w.add_head_count(HEADS)
    w.add_head_count_kv(KV_HEADS)
    w.add_rope_dimension_count(HEAD)
    w.add_rope_freq_base(ROPE_BASE)
    w.add_layer_norm_rms_eps(EPS)
    w.add_vocab_size(VOCAB)
    w.add_file_type(gguf.LlamaFileType.ALL_F32 if importance is None else gguf.LlamaFileType.MOSTLY_Q4_K_M)
    if importance is not None:
        w.add_quantization_version(gguf.GGML_QUANT_VERSION)

    def kind(i):
        return (gguf.TokenType.UNKNOWN if sp.is_unknown(i) else gguf.TokenType.CONTROL if sp.is_control(i)
                else gguf.TokenType.BYTE if sp.is_byte(i) else gguf.TokenType.NORMAL)
    w.add_tokenizer_model("llama")
    w.add_tokenizer_pre("default")
    w.add_token_list([sp.id_to_piece(i) for i in range(VOCAB)])
    w.add_token_scores([sp.get_score(i) for i in range(VOCAB)])
    w.add_token_types([kind(i) for i in range(VOCAB)])
    w.add_unk_token_id(UNK)
    w.add_bos_token_id(BOS)
    w.add_eos_token_id(EOS)
    w.add_add_bos_token(True)
    w.add_add_eos_token(False)
    w.add_add_space_prefix(True)

    for name, p in model.named_parameters():
        data = p.detach().float().numpy()
        if not name.endswith(".weight"):
            name += ".weight"                               # the norms
        if importance is None or data.ndim == 1:
            w.add_tensor(name, data)
        else:
            kind_of = quantization(name)
            pack = kquants.q6_k if kind_of == gguf.GGMLQuantizationType.Q6_K else kquants.q4_k
            w.add_tensor(name, pack(data, importance.get(name)), raw_dtype=kind_of)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def export(args):
    torch.set_num_threads(args.threads)
    state = torch.load(os.path.join(WORK, "checkpoint.pt"), weights_only=True)
    model = Model().eval()
    model.load_state_dict(state["model"])
    text, _ = stories.load(args.text)
    sp = tokenizer(text)
    importance = column_importance(model, encode(sp, text[:100]))
    for path, weights in ((args.out, importance), (os.path.join(WORK, "float.gguf"), None)):
        write(path, model, sp, weights)
        print(f"{path}: {os.path.getsize(path)} bytes, from step {state['step']}")


def main():
    parser = argparse.ArgumentParser(description="Trains the embedded model of Quern and writes it as GGUF.")
    parser.add_argument("what", choices=("train", "export"))
    parser.add_argument("--steps", type=int, default=1900, help="after how many the learning rate is zero")
    parser.add_argument("--until", type=int, help="stop after this many steps; to go on later")
    parser.add_argument("--lr", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--text", default=TEXT, help="folder of the TinyStories files")
    parser.add_argument("--out", default=OUT)
    args = parser.parse_args()
    {"train": train, "export": export}[args.what](args)


if __name__ == "__main__":
    main()
