# SPDX-License-Identifier: Apache-2.0
# tokens.py: stories as tokens, and tokens as the rows that the networks learn from.
#
#     sp = tokenizer("build/train", train)
#     rows = pack(encode(sp, train))                    (n, CONTEXT + 1) int64
#
# A row holds whole stories, each from BOS to EOS, one after another; UNK, which byte fallback leaves without
# use, fills it up. The networks let no story look at another, and rotary positions are relative: so a story
# in a row teaches what it would teach alone, and every batch has one shape.

import os

import sentencepiece
import torch

VOCAB, CONTEXT = 1024, 512
UNK, BOS, EOS = 0, 1, 2


def tokenizer(folder, train):
    """The SentencePiece model, trained once and then kept in the folder."""
    path = os.path.join(folder, "tokenizer.model")
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


def pack(samples):
    """Longest first, each into the fullest row that has room for it."""
    rows, with_room = [], [[] for _ in range(CONTEXT + 2)]
    for s in sorted(samples, key=len, reverse=True):
        room = next((r for r in range(len(s), CONTEXT + 1) if with_room[r]), None)
        if room is None:
            rows.append([])
            row, room = len(rows) - 1, CONTEXT + 1
        else:
            row = with_room[room].pop()
        rows[row] += s
        with_room[room - len(s)].append(row)
    return torch.tensor([row + [UNK] * (CONTEXT + 1 - len(row)) for row in rows])


def unpack(rows):
    """The stories of rows, each as a list."""
    samples = []
    for row in rows.tolist():
        for i in row:
            if i == BOS:
                samples.append([])
            if i != UNK:
                samples[-1].append(i)
    return samples
