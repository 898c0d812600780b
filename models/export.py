# SPDX-License-Identifier: Apache-2.0
# export.py: writes the student of train.py as GGUF.
#
#     python models/export.py                           models/quern-stories.gguf and build/train/float.gguf

import argparse
import os

import gguf
import numpy as np
import torch
from torch import nn

import kquants
import stories
from network import EPS, ROPE_BASE, load
from tokens import BOS, CONTEXT, EOS, UNK, VOCAB, encode, tokenizer
from train import TEXT, WORK

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "quern-stories.gguf")


def column_importance(network, samples):
    """The mean square of what enters each matrix, by column, over a few stories: errors there count more."""
    sums = {}

    def watch(name):
        def hook(_, inputs):
            x = inputs[0].float().flatten(0, 1)
            old = sums.get(name, (0.0, 0))
            sums[name] = old[0] + x.pow(2).sum(0), old[1] + x.shape[0]
        return hook

    hooks = [m.register_forward_pre_hook(watch(n)) for n, m in network.named_modules() if isinstance(m, nn.Linear)]
    with torch.no_grad():
        for s in samples:
            network(torch.tensor([s[:CONTEXT]]))
    for h in hooks:
        h.remove()
    return {f"{name}.weight": (total / n).numpy().astype(np.float64) for name, (total, n) in sums.items()}


def quantization(name):
    """The mixture of Q4_K_M files: Q6_K where errors cost most, Q4_K elsewhere."""
    if name.startswith("token_embd") or "ffn_down" in name or "attn_v" in name:
        return gguf.GGMLQuantizationType.Q6_K
    return gguf.GGMLQuantizationType.Q4_K


def write(path, network, sp, importance):
    """One GGUF; float if importance is None."""
    shape = network.shape
    w = gguf.GGUFWriter(path, "llama")
    w.add_name("quern-stories")
    w.add_description("Short stories for children; the embedded model of Quern")
    w.add_license("CDLA-Sharing-1.0")
    w.add_context_length(CONTEXT)
    w.add_embedding_length(shape.width)
    w.add_block_count(shape.layers)
    w.add_feed_forward_length(shape.ff)
    w.add_head_count(shape.heads)
    w.add_head_count_kv(shape.kv_heads)
    w.add_rope_dimension_count(shape.width // shape.heads)
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

    for name, p in network.named_parameters():
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


def main():
    parser = argparse.ArgumentParser(description="Writes the embedded model of Quern as GGUF.")
    parser.add_argument("--text", default=TEXT, help="folder of the TinyStories files")
    parser.add_argument("--work", default=WORK, help="where train.py left student.pt")
    parser.add_argument("--out", default=OUT)
    args = parser.parse_args()

    network = load(os.path.join(args.work, "student.pt"))
    text, _ = stories.load(args.text)
    sp = tokenizer(args.work, text)
    importance = column_importance(network, encode(sp, text[:100]))
    for path, weights in ((args.out, importance), (os.path.join(args.work, "float.gguf"), None)):
        write(path, network, sp, weights)
        print(f"{path}: {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
