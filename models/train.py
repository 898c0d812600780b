# SPDX-License-Identifier: Apache-2.0
# train.py: trains the embedded model of Quern, as a student of larger networks; export.py makes the GGUF.
#
#     python models/train.py teachers --count 6         larger networks, from the stories alone
#     python models/train.py sample teacher             stories that the teachers tell
#     python models/train.py student                    the model, from all stories and the teachers' opinion
#     python models/train.py mend                       the model, less given to saying things again
#
# The text is small: a network that sees it often learns it by heart. So several teachers, held back by
# dropout, learn from it, and the student learns, at every token of their stories as of the real ones, the
# mean of what they hold probable (Hinton et al. 2015). At any temperature that a story was told with, what
# is learned is the teachers' opinion at temperature 1. Mending teaches the student its own opinion, on real
# stories as it is and on those that it tells itself with what repeats struck out. All files lie in --work.

import argparse
import glob
import math
import os
import time

import torch
import torch.nn.functional as F

import stories
from muon import Muon
from network import STUDENT, TEACHER, Cache, Network, load, save
from tokens import BOS, CONTEXT, EOS, UNK, VOCAB, encode, pack, tokenizer, unpack

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.path.join(HERE, "..", "build", "train")
TEXT = os.path.join(HERE, "..", "..", "shared", "data", "text")


# Learning

def split(rows):
    """(what is read, what is to follow it: -100 where nothing is to be learned)."""
    ids, to = rows[:, :-1], rows[:, 1:]
    return ids, to.masked_fill(to <= BOS, -100)


def told_loss(network, rows, _):
    """The loss against the text itself."""
    ids, to = split(rows)
    return F.cross_entropy(network(ids).float().flatten(0, 1), to.flatten(), ignore_index=-100)


def taught_loss(network, rows, opinion):
    """The loss against what the teachers hold probable."""
    ids, to = split(rows)
    counts = to >= 0
    loss = -(opinion * torch.log_softmax(network(ids).float(), -1)).sum(-1)
    return (loss * counts).sum() / counts.sum()


@torch.no_grad()
def held_out_loss(network, held):
    network.eval()
    with torch.autocast(held.device.type, torch.bfloat16):
        loss = told_loss(network, held, None).item()
    network.train()
    return loss


def fit(network, loss_of, rows, opinion, index, held, args):
    """Trains on the rows that index lists, in another order each epoch, for so many epochs or minutes."""
    device = rows.device
    matrices = [p for n, p in network.named_parameters() if p.dim() == 2 and "blk" in n]
    rest = [p for n, p in network.named_parameters() if p.dim() == 1 or "blk" not in n]
    optimizers = [Muon(matrices, lr=args.lr, decay=args.decay),
                  torch.optim.AdamW(rest, lr=args.lr / 5, betas=(0.9, 0.98), weight_decay=0.01)]
    groups = [(g, g["lr"]) for o in optimizers for g in o.param_groups]
    if device.type == "cuda":
        loss_of = torch.compile(loss_of)

    network.train()
    per_epoch = len(index) // args.batch
    steps = int(args.epochs * per_epoch)
    start, step, done = time.time(), 0, 0.0
    while done < 1:
        if step % per_epoch == 0:
            order = index[torch.randperm(len(index))].to(device)
        pick = order[step % per_epoch * args.batch:][:args.batch]
        rate = min(1, (step + 1) / min(100, 1 + steps / 10)) * min(1, (1 - done) / 0.7)
        for group, lr in groups:
            group["lr"] = lr * rate
        with torch.autocast(device.type, torch.bfloat16):
            loss = loss_of(network, rows[pick], None if opinion is None else opinion[pick])
        loss.backward()
        for o in optimizers:
            o.step()
            o.zero_grad()
        step += 1
        minutes = (time.time() - start) / 60
        done = max(step / steps, minutes / args.minutes)
        if step % args.report == 0 or done >= 1:
            held_loss = held_out_loss(network, held)
            print(f"step {step}/{steps} epoch {step / per_epoch:.1f} {minutes:.2f} minutes: loss {loss.item():.4f}, "
                  f"held out {held_loss:.4f}, perplexity {math.exp(held_loss):.3f}", flush=True)
    network.eval()


def train_teachers(args, rows, held):
    for i in range(args.first, args.first + args.count):
        torch.manual_seed(args.seed + i)
        network = Network(TEACHER, args.dropout, args.noise).to(args.device)
        print(f"teacher {i}: {sum(p.numel() for p in network.parameters())} parameters", flush=True)
        fit(network, told_loss, rows, None, torch.arange(len(rows)), held, args)
        save(network, os.path.join(args.work, f"teacher{i}.pt"))


# Stories told by networks

def repeats(ids, length=8):
    """Of each story the share of its runs of tokens that it holds more than once."""
    key = torch.randint(1 << 62, (length,), device=ids.device)
    runs = ids.unfold(1, length, 1)
    real = (runs != UNK).all(-1)
    filler = -1 - torch.arange(runs.shape[1], device=ids.device)
    hashes = torch.where(real, ((runs * key).sum(-1) >> 1).abs(), filler).sort(1).values
    return (hashes[:, 1:] == hashes[:, :-1]).sum(1) / real.sum(1).clamp(min=1)


@torch.no_grad()
def tell(network, openings, coldest, hottest):
    """A story a row: some first tokens of a real one, and how the network goes on."""
    ids = openings.clone()
    count, device = len(ids), ids.device
    given = torch.randint(1, 65, (count,), device=device)
    heat = coldest + (hottest - coldest) * torch.rand(count, 1, device=device)
    ended = torch.zeros(count, dtype=torch.bool, device=device)
    cache = Cache(network.shape, count, device)
    for t in range(CONTEXT):
        logits = network(ids[:, t:t + 1], cache)[:, 0].float() / heat
        logits[:, :EOS] = -math.inf
        token = torch.multinomial(torch.softmax(logits, -1), 1)[:, 0]
        token = torch.where(t + 1 < given, ids[:, t + 1], token)
        ids[:, t + 1] = torch.where(ended, UNK, token)
        ended |= ids[:, t + 1] == EOS
        if t % 32 == 0 and ended.all():
            ids[:, t + 2:] = UNK
            break
    return ids


def apart(rows):
    """The stories of rows, one a row."""
    return torch.tensor([(s + [UNK] * CONTEXT)[:CONTEXT + 1] for s in unpack(rows)], device=rows.device)


def sample(args, rows, held):
    real = apart(rows)
    told = []
    files = sorted(glob.glob(os.path.join(args.work, f"{args.who}*.pt")))
    for i, path in enumerate(files):
        torch.manual_seed(args.seed + i)
        network, left = load(path, args.device), args.stories // len(files)
        while left > 0:
            some = real[torch.randint(len(real), (min(left, args.at_once),), device=rows.device)]
            with torch.autocast(rows.device.type, torch.bfloat16):
                ids = tell(network, some, args.coldest, 1.0)
            told += unpack(ids[repeats(ids) < 0.05])        # of the real ones all but 1%
            left -= len(ids)
    told_rows = pack(told)
    torch.save(told_rows.short(), os.path.join(args.work, f"sampled-{args.who}.pt"))
    print(f"{len(told)} stories of {sum(map(len, told))} tokens, {len(told_rows)} rows", flush=True)


# The student

@torch.no_grad()
def opinions(teachers, rows, batch):
    """What the teachers hold probable after each token of rows: the mean of theirs."""
    def probabilities(network, ids):
        return torch.softmax(network(ids).float(), -1)
    if rows.device.type == "cuda":
        probabilities = torch.compile(probabilities)
    out = torch.empty(len(rows), CONTEXT, VOCAB, dtype=torch.bfloat16, device=rows.device)
    for first in range(0, len(rows), batch):
        first = max(0, min(first, len(rows) - batch))       # the last batch is as large as the others
        ids, _ = split(rows[first:first + batch])
        with torch.autocast(rows.device.type, torch.bfloat16):
            out[first:first + batch] = sum(probabilities(t, ids) for t in teachers) / len(teachers)
    return out


def train_student(args, rows, held):
    start = time.time()
    told = [torch.load(p, weights_only=True).long().to(rows.device)
            for p in sorted(glob.glob(os.path.join(args.work, "sampled-*.pt")))]
    index = torch.cat([torch.arange(len(rows))] * (args.real - 1) + [torch.arange(len(rows) + sum(map(len, told)))])
    rows = torch.cat([rows, *told])
    teachers = [load(p, args.device) for p in sorted(glob.glob(os.path.join(args.work, "teacher*.pt")))]
    opinion = opinions(teachers, torch.cat([rows, held]), args.batch)
    loss = F.nll_loss(opinion[len(rows):].float().log().flatten(0, 1), split(held)[1].flatten()).item()
    print(f"{len(teachers)} teachers together: held out {loss:.4f}, perplexity {math.exp(loss):.3f}", flush=True)
    print(f"{len(rows)} rows, {len(index)} an epoch, {time.time() - start:.1f} s", flush=True)

    torch.manual_seed(args.seed)
    network = Network(STUDENT, args.dropout, args.noise).to(args.device)
    fit(network, taught_loss, rows, opinion, index, held, args)
    save(network, os.path.join(args.work, "student.pt"))


def strike_repeats(opinion, rows, length=8):
    """Makes improbable what would tell a run of so many tokens once more in a story."""
    for row, of_row in zip(rows.tolist(), opinion):
        for t in range(CONTEXT):
            if row[t] == BOS:
                first, followed = t, {}
            past = tuple(row[max(first, t - length + 2):t + 1])
            if len(past) == length - 1:
                of_row[t, list(followed.setdefault(past, set()))] = 0
                followed[past].add(row[t + 1])
    opinion /= opinion.sum(-1, keepdim=True).clamp(min=1e-6)


def mend(args, rows, held):
    """Some rounds: the student tells stories, nearly greedy, and learns what it should rather have told."""
    torch.manual_seed(args.seed)
    path = os.path.join(args.work, "student.pt")
    before, network, real = load(path, args.device), load(path, args.device), apart(rows)
    for i in range(args.rounds):
        some = real[torch.randperm(len(real))[:args.stories].to(rows.device)]
        network.eval()
        with torch.autocast(rows.device.type, torch.bfloat16):
            ids = tell(network, some, 0.01, args.hottest)
        print(f"round {i + 1}: {repeats(ids).mean().item():.1%} said before", flush=True)
        told = pack(unpack(ids)).to(rows.device)
        keep = rows[torch.randperm(len(rows))[:len(told)].to(rows.device)]
        opinion = opinions([before], torch.cat([told, keep]), args.batch)
        strike_repeats(opinion[:len(told)], told)
        fit(network, taught_loss, torch.cat([told, keep]), opinion, torch.arange(2 * len(told)), held, args)
        save(network, os.path.join(args.work, "student.pt"))


def main():
    parser = argparse.ArgumentParser(description="Trains the embedded model of Quern.")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--text", default=TEXT, help="folder of the TinyStories files")
    parser.add_argument("--work", default=WORK, help="folder of what is made")
    what = parser.add_subparsers(dest="what", required=True)

    def fitting(name, epochs, decay, lr=0.02, batch=32):
        p = what.add_parser(name)
        p.add_argument("--epochs", type=float, default=epochs)
        p.add_argument("--minutes", type=float, default=math.inf, help="end by then, with fewer epochs")
        p.add_argument("--batch", type=int, default=batch, help="rows")
        p.add_argument("--lr", type=float, default=lr)
        p.add_argument("--decay", type=float, default=decay)
        p.add_argument("--report", type=int, default=200, help="steps from one look at the held-out text to the next")
        return p

    def held_back(p, dropout, noise):
        p.add_argument("--dropout", type=float, default=dropout)
        p.add_argument("--noise", type=float, default=noise, help="the most of a row's tokens that are read as others")

    p = fitting("teachers", epochs=36, decay=0.3)
    held_back(p, dropout=0.2, noise=0.4)
    p.add_argument("--count", type=int, default=6)
    p.add_argument("--first", type=int, default=1, help="number of the first")
    p = fitting("student", epochs=50, decay=0.1)
    held_back(p, dropout=0.0, noise=0.0)
    p.add_argument("--real", type=int, default=1, help="how often an epoch shows the real stories")
    p = what.add_parser("sample")
    p.add_argument("who", help="teacher1, say; or teacher, for all of them in turn")
    p.add_argument("--stories", type=int, default=60000)
    p.add_argument("--at-once", type=int, default=4096)
    p.add_argument("--coldest", type=float, default=0.5, help="temperatures are from here to 1")
    p = fitting("mend", epochs=1.5, decay=0.1, lr=0.0008, batch=8)
    p.add_argument("--rounds", type=int, default=2)
    p.add_argument("--stories", type=int, default=160, help="told in a round")
    p.add_argument("--hottest", type=float, default=0.3, help="temperatures are from 0 to here")
    args = parser.parse_args()

    os.makedirs(args.work, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.set_float32_matmul_precision("high")
    text, held_text = stories.load(args.text)
    sp = tokenizer(args.work, text)
    rows, held = (pack(encode(sp, t)).to(args.device) for t in (text, held_text))
    print(f"{len(text)} stories in {len(rows)} rows, {len(held_text)} held out in {len(held)}", flush=True)
    {"teachers": train_teachers, "sample": sample, "student": train_student, "mend": mend}[args.what](args, rows, held)


if __name__ == "__main__":
    main()
