# SPDX-License-Identifier: Apache-2.0
# network.py: a small Llama, in the shape of the embedded model or in that of its teachers.
#
#     logits = Network(STUDENT)(ids)                    ids: rows of whole stories, see tokens.py
#     logits = network(ids[:, t:t + 1], cache)          one story a row, a token at a time
#
# RMSNorm, rotary embedding (pairs 2i and 2i+1), grouped-query attention, SwiGLU, embedding and output tied.

import typing

import torch
import torch.nn.functional as F
from torch import nn

from tokens import BOS, CONTEXT, EOS, VOCAB

EPS, ROPE_BASE = 1e-5, 10000.0


class Shape(typing.NamedTuple):
    width: int
    layers: int
    heads: int
    kv_heads: int
    ff: int


STUDENT = Shape(width=256, layers=3, heads=8, kv_heads=4, ff=512)
TEACHER = Shape(width=384, layers=6, heads=6, kv_heads=3, ff=704)


def rms_norm(x, weight):
    return x * torch.rsqrt(x.float().pow(2).mean(-1, keepdim=True) + EPS) * weight


def rotate(x, cos, sin):
    even, odd = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2).to(x.dtype)


class Cache:
    """Keys and values of the tokens so far, for some stories of one length, in the type that autocast uses."""

    def __init__(self, shape, stories, device):
        size = (2, stories, shape.kv_heads, CONTEXT, shape.width // shape.heads)
        self.layers = [torch.zeros(size, dtype=torch.bfloat16, device=device) for _ in range(shape.layers)]
        self.length = 0

    def extend(self, layer, k, v):
        kv = self.layers[layer]
        kv[0, :, :, self.length], kv[1, :, :, self.length] = k[:, :, 0], v[:, :, 0]
        return kv[:, :, :, :self.length + 1]


class Layer(nn.Module):
    def __init__(self, shape, index, dropout):
        super().__init__()
        def matrix(n_in, n_out):
            return nn.Linear(n_in, n_out, bias=False)
        self.index, self.dropout = index, dropout
        self.head, self.group = shape.width // shape.heads, shape.heads // shape.kv_heads
        self.attn_norm = nn.Parameter(torch.ones(shape.width))
        self.attn_q = matrix(shape.width, shape.width)
        self.attn_k = matrix(shape.width, shape.kv_heads * self.head)
        self.attn_v = matrix(shape.width, shape.kv_heads * self.head)
        self.attn_output = matrix(shape.width, shape.width)
        self.ffn_norm = nn.Parameter(torch.ones(shape.width))
        self.ffn_gate = matrix(shape.width, shape.ff)
        self.ffn_up = matrix(shape.width, shape.ff)
        self.ffn_down = matrix(shape.ff, shape.width)

    def forward(self, x, cos, sin, mask, cache):
        h = rms_norm(x, self.attn_norm)
        q, k, v = (m(h).unflatten(-1, (-1, self.head)).transpose(1, 2)
                   for m in (self.attn_q, self.attn_k, self.attn_v))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if cache is None:
            k, v = (t.repeat_interleave(self.group, 1) for t in (k, v))
            h = F.scaled_dot_product_attention(q, k, v, mask).transpose(1, 2).flatten(2)
        else:                                               # the heads that share a key are its queries
            k, v = cache.extend(self.index, k, v)
            q = q.reshape(len(q), -1, self.group, self.head)
            h = F.scaled_dot_product_attention(q.to(k.dtype), k, v).flatten(1).unsqueeze(1)
        x = x + F.dropout(self.attn_output(h), self.dropout, self.training)
        h = rms_norm(x, self.ffn_norm)
        h = self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))
        return x + F.dropout(h, self.dropout, self.training)


class Network(nn.Module):
    def __init__(self, shape, dropout=0.0, noise=0.0):
        super().__init__()
        self.shape, self.dropout, self.noise = shape, dropout, noise
        self.token_embd = nn.Embedding(VOCAB, shape.width)
        self.blk = nn.ModuleList(Layer(shape, i, dropout) for i in range(shape.layers))
        self.output_norm = nn.Parameter(torch.ones(shape.width))
        head = shape.width // shape.heads
        angle = torch.outer(torch.arange(float(CONTEXT)), ROPE_BASE ** (-torch.arange(0, head, 2) / head))
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                into_residual = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(p, std=0.02 if name.startswith("token") else
                                p.shape[1] ** -0.5 * (0.1 if into_residual else 0.6))

    def forward(self, ids, cache=None):
        n, first, mask = ids.shape[1], 0, None
        if cache is None:
            story = (ids == BOS).cumsum(1)
            mask = (story[:, None, :, None] == story[:, None, None, :]).tril()
        else:
            first = cache.length
        if self.training and self.noise:                    # each row has its own share of wrong tokens
            wrong = torch.rand(ids.shape, device=ids.device) < self.noise * torch.rand(len(ids), 1, device=ids.device)
            ids = torch.where(wrong & (ids > EOS), torch.randint_like(ids, EOS + 1, VOCAB), ids)
        x = F.dropout(self.token_embd(ids), self.dropout, self.training)
        for layer in self.blk:
            x = layer(x, self.cos[first:first + n], self.sin[first:first + n], mask, cache)
        if cache is not None:
            cache.length += n
        return rms_norm(x, self.output_norm) @ self.token_embd.weight.T


def save(network, path):
    """In float16, finer than the bfloat16 that the networks compute in."""
    torch.save({"shape": tuple(network.shape),
                "weights": {n: t.half() for n, t in network.state_dict().items()}}, path)


def load(path, device="cpu"):
    state = torch.load(path, map_location=device, weights_only=True)
    network = Network(Shape(*state["shape"])).to(device).eval()
    network.load_state_dict(state["weights"])
    return network
