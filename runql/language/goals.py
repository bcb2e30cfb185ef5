"""Whether more or less of a metric is better, as the words in its name tell."""

from __future__ import annotations

import re
from typing import Final

_MORE: Final = (
    "acc accuracy auc auroc ap map mrr f1 precision recall reward return score iou miou dice bleu rouge ndcg "
    "r2 psnr ssim success win"
)
_LESS: Final = "loss nll err error mse rmse mae perplexity ppl fid wer cer bpc bpd time runtime latency seconds regret"
_LESS_OF_WORD: Final = {**dict.fromkeys(_MORE.split(), False), **dict.fromkeys(_LESS.split(), True)}


def less_is_better(name: str) -> bool | None:
    """Whether less is better; `None` if the words in a name don't tell, or contradict each other."""
    words = re.split(r"[^a-z0-9]+", name.casefold())
    said = {_LESS_OF_WORD[word] for word in words if word in _LESS_OF_WORD}
    return said.pop() if len(said) == 1 else None
