# SPDX-License-Identifier: Apache-2.0
# stories.py: the text that the embedded model is trained and judged on.
#
#     train, held = load("../shared/data/text")
#
# Two files of TinyStories. tinystories_dev.txt is used as it is; its last 5% of stories are held out. The
# other one was lower-cased by whoever made it: recase() gives it back its capitals, so that it can teach the
# same language. What it gets wrong (rare names) is left wrong.

import collections
import os
import re

SPOKE = r"(?:said|says|asked|replied|answered|shouted|cried|called|yelled|exclaimed|whispered|thought)"

# UTF-8 read as Windows-1252 and then lower-cased; the last byte of the closing quote is lost
MOJIBAKE = (("â€œ", "“"), ("â€™", "’"), ("â€˜", "‘"), ("â€“", "–"), ("â€”", "—"), ("â€", "”"))


def letters(story):
    return re.sub(r"[^a-z]", "", story.lower())


def word_cases(stories):
    """Counts of each word as it stands inside sentences: capitalized, lower."""
    upper, lower = collections.Counter(), collections.Counter()
    for story in stories:
        for word in re.findall(r"(?<=[a-z,] )[A-Za-z]+", story):
            (upper if word[0].isupper() else lower)[word.lower()] += 1
    return upper, lower


def recase(story, names, common):
    """Capitals for sentences, speech, "I" and names. common: words that are no name after "called"."""
    local = {w for w in re.findall(r"\b(?:named|called|name was|name is) ([a-z]+)", story) if w not in common}

    def up(m):
        return m.group(1) + m.group(2).upper()

    story = re.sub(r"()(?<![a-z'’])(i)(?![a-z])", up, story)
    story = re.sub(r"(^|\n)([a-z])", up, story)                             # a paragraph
    story = re.sub(r"((?:^|[\s])[\"“])([a-z])", up, story)                  # speech
    story = re.sub(r"((?:\.[\"”]?|[!?])\s+[\"“]?)([a-z])", up, story)       # a sentence
    story = re.sub(r"([!?][\"”]\s+)([a-z])(?![^.!?\"“\n]*\b" + SPOKE + ")", up, story)
    return re.sub(r"[a-z]+", lambda m: m.group().capitalize()
                  if (m.group() in names or m.group() in local) and story[m.start() - 1:m.start()] not in "'’"
                  else m.group(), story)


def load(folder):
    """(stories to train on, stories held out), each without its separator."""
    with open(os.path.join(folder, "tinystories_dev.txt"), encoding="utf-8") as f:
        dev = [s.strip() for s in f.read().split("<|endoftext|>") if s.strip()]
    with open(os.path.join(folder, "tinystories_lower_more.txt"), encoding="utf-8") as f:
        more = f.read()

    n_held = len(dev) // 20
    train, held = dev[:-n_held], dev[-n_held:]

    upper, lower = word_cases(train)
    names = {w for w, n in upper.items() if n >= 2 and n > lower[w] and len(w) > 1}
    common = {w for w, n in lower.items() if n >= 2}
    for wrong, right in MOJIBAKE:
        more = more.replace(wrong, right)
    seen = {letters(s)[:150] for s in dev} | {letters(s)[-150:] for s in dev}
    for piece in re.split(r"(?<!\n)\n(?!\n)", more):        # one newline ends a story, two a paragraph
        story = re.sub(r"\s*\n\s*", "\n", piece.strip())
        if len(story) < 300 or letters(story)[:150] in seen or letters(story)[-150:] in seen:
            continue                                        # a fragment, or known already
        seen.add(letters(story)[:150])
        train.append(recase(story, names, common))
    return train, held
