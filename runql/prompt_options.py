"""The options of the prompt, as the settings file has them, and a file that explains every setting."""

from __future__ import annotations

from typing import Literal

from runql.text.frozen import frozen


@frozen
class PromptOption:
    """One option of the table `[prompt]`. `choices` are the texts that it takes; without them any value of its type."""

    name: str
    default: str | bool | int
    doc: str
    choices: tuple[str, ...] = ()
    least: int = 0

    def takes(self, value: object) -> bool:
        """Whether it may have that value."""
        if type(value) is not type(self.default):
            return False
        if isinstance(value, int) and not isinstance(value, bool):
            return value >= self.least
        return not self.choices or value in self.choices

    @property
    def wants(self) -> str:
        """What it takes, in words."""
        if self.choices:
            return " or ".join(f'`"{choice}"`' for choice in self.choices)
        if isinstance(self.default, bool):
            return "`true` or `false`"
        return "a text in quotes" if isinstance(self.default, str) else f"a whole number, {self.least} or more"


PROMPT_OPTIONS = (
    PromptOption("keys", "emacs", "The keys for editing; F4 changes between them.", ("emacs", "vi")),
    PromptOption(
        "mouse", False, "Clicks place the cursor and choose from the menu; the terminal then selects nothing."
    ),
    PromptOption("menu", "typing", "The menu comes while typing, or only with Tab.", ("typing", "tab")),
    PromptOption("suggestions", True, "Earlier queries that begin with what is typed, in grey; Right takes one."),
    PromptOption("counts", True, "How many runs match, at the bottom, while a condition is typed."),
    PromptOption(
        "style",
        "auto",
        "Colours: those of the terminal, or for a dark or a light ground, or none.",
        ("auto", "dark", "light", "none"),
    ),
    PromptOption("format", "table", "How results are shown: table, or a format that `-o` takes, such as csv or json."),
    PromptOption("width", 0, "The most columns of the terminal that a table takes; 0 takes all."),
    PromptOption("pager", "auto", "Results that are longer than the terminal go through a pager.", ("auto", "off")),
    PromptOption("timing", True, "Under each result, what it cost in requests and time."),
    PromptOption("history", 10_000, "How many queries are kept for the next time; 0 keeps none."),
)
"""In the order of the settings file."""


@frozen
class PromptSettings:
    """The table `[prompt]`; what each one does is in `PROMPT_OPTIONS`."""

    keys: Literal["emacs", "vi"] = "emacs"
    mouse: bool = False
    menu: Literal["typing", "tab"] = "typing"
    suggestions: bool = True
    counts: bool = True
    style: Literal["auto", "dark", "light", "none"] = "auto"
    format: str = "table"
    width: int = 0
    pager: Literal["auto", "off"] = "auto"
    timing: bool = True
    history: int = 10_000


def template() -> str:
    """A settings file in which every setting is explained, and none is set."""
    lines = [_TEMPLATE.rstrip(), "", "[prompt]"]
    for option in PROMPT_OPTIONS:
        lines += ["", f"# {option.doc}"]
        if option.choices:
            lines.append(f"# {', '.join(_toml(choice) for choice in option.choices)}")
        lines.append(f"# {option.name} = {_toml(option.default)}")
    return "\n".join([*lines, ""])


_TEMPLATE = """\
# The settings of RunQL. Whatever begins with `#` is not set: take the sign away, and write what is wanted.
# `.runql.toml` in a project's folder takes the same settings, and wins.

# The source of queries that name none: `demo`, a folder, `entity/project` of a W&B server, or a name below.
# source = "./wandb"

# Where copies of runs are that `runql pull` makes: a folder, or the address of an object store (`s3://BUCKET/PATH`).
# store = "~/stores"

[sources]
# Names for `-s`, `use` and `from`.
# vision = "acme/vision"

[aliases]
# Names for expressions.
# lr = "coalesce(config.lr, config.optim.lr)"
"""


def _toml(value: str | bool | int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
