"""Names that people use for one thing: `lr` and `learning_rate`, `val_acc` and `valid/accuracy`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, product

_GROUPS = (
    ("lr", "learningrate"),
    ("bs", "batchsize"),
    ("wd", "weightdecay"),
    ("opt", "optim", "optimizer", "optimiser"),
    ("acc", "accuracy"),
    ("val", "valid", "validation", "eval", "dev"),
    ("train", "training", "tr"),
    ("err", "error"),
    ("ppl", "perplexity"),
    ("epochs", "epoch", "numepochs", "nepochs", "maxepochs"),
    ("steps", "step", "numsteps", "maxsteps"),
    ("layers", "nlayers", "numlayers", "depth"),
    ("heads", "nheads", "numheads"),
    ("hidden", "hid", "hiddensize", "hiddendim"),
    ("emb", "embed", "embedding"),
    ("dim", "size", "width"),
    ("drop", "dropout"),
    ("temp", "temperature"),
    ("momentum", "mom", "beta1"),
    ("params", "parameters", "nparams", "numparams"),
    ("ds", "data", "dataset"),
    ("arch", "architecture", "model", "modelname"),
    ("sched", "scheduler", "schedule"),
    ("aug", "augment", "augmentation"),
    ("seed", "randomseed", "rngseed"),
    ("gradnorm", "gradientnorm"),
    ("loss", "objective", "cost"),
)
_OF = {word: group for group in _GROUPS for word in group}
_PART = re.compile(r"[^\W_]+")
_MOST = 200


def synonyms(name: str) -> Iterator[str]:
    """Other ways to write a name, without case and punctuation: `valloss` for `validation_loss`."""
    parts = [part.casefold() for part in _PART.findall(name)]
    if not 0 < len(parts) <= 5:
        return
    own = "".join(parts)
    found: dict[str, None] = {}
    for joined in _joined(parts):
        options = [_OF.get(part, (part,)) for part in joined]
        found.update(dict.fromkeys("".join(choice) for choice in islice(product(*options), _MOST)))
    yield from (one for one in found if one != own)


def _joined(parts: list[str]) -> Iterator[list[str]]:
    """The parts as they are, and with each pair of neighbours that is a word together: `learning`, `rate`."""
    yield parts
    for at in range(len(parts) - 1):
        if parts[at] + parts[at + 1] in _OF:
            yield [*parts[:at], parts[at] + parts[at + 1], *parts[at + 2 :]]
