"""What can go wrong between here and a W&B server, as a table: whether asking again may help, and which error of RunQL
it becomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from runql.errors import AuthError, BackendError, NotFound, RateLimited, ServerError, Unreachable
from runql.sources.wandb.schema.refusals import Said
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.wandb_settings.urls import DEFAULT_BASE_URL


class Fault(StrEnum):
    """One kind of failure."""

    SIGNED_OUT = "signed out"
    NO_KEY = "no key"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    REFUSED = "refused"
    LACKING = "lacking"
    THROTTLED = "throttled"
    NO_CONNECTION = "no connection"
    BROKEN = "broken"
    TIMED_OUT = "timed out"
    OVERLOADED = "overloaded"
    NOT_JSON = "not JSON"
    PAGE = "a page for people"
    SIGN_IN_PAGE = "a sign-in page"
    NETWORK = "a setting of the network"
    CERTIFICATE = "a certificate that is not trusted"
    NO_TLS = "no TLS"
    NO_HTTP = "no HTTP"
    PROXY_ASKS = "the proxy asks for a password"
    PROXY_REFUSES = "the proxy refuses"
    TOO_LARGE = "too large"
    ODD = "odd"
    REDIRECTED = "redirected"
    BAD_URL = "bad URL"
    DEADLINE = "deadline"
    CANCELLED = "cancelled"


@frozen
class Treatment:
    """How to go on after a failure.

    `patience`: how long to go on asking while nothing but this comes, in parts of the time that a line has for it
    (`LineSettings.give_up_seconds`; 0: asking again is no use). `at_first`: the same before anything ever got through.
    `longest_pause`: the longest pause before asking again, in first pauses. `smaller`: to ask for less may help.
    """

    error: type[BackendError]
    code: str
    sentence: str
    hints: tuple[str, ...]
    patience: float = 0.0
    at_first: float = 0.0
    longest_pause: float = 1.0
    smaller: bool = False


_LOG_IN = "`wandb login` stores a key where RunQL finds it; or set `WANDB_API_KEY`"
_BASE_URL = "is `WANDB_BASE_URL` (or `base_url`) the address of a W&B server?"
_NO_OTHER = "it is W&B's own service, as no setting names another server: `WANDB_BASE_URL` (or `base_url`) does"
_OTHER = "it may be an older server, or one that is not W&B's"
_SIMPLER = "a simpler query may pass: fewer conditions, `keys` or fields; `--stats` counts what was asked"
_COMPANY_CA = "a company's own CA belongs into the system's store, or into the file that `SSL_CERT_FILE` names"
GATEWAY = "a gateway may want a sign-in in a browser, or headers: `WANDB_X_EXTRA_HTTP_HEADERS` gives them"
_OWN_SETTINGS = "`docs/guide/network.md` names all that says how a server is reached"
_LATER = "ask again later, or for less at once: `limit`, fewer `keys`"
_LONGER = "`--timeout 600` allows more time for one answer"
_ASK_LESS = "ask for less: fewer `keys` or fields, `limit`"
_RAISE = "`RUNQL_MAX_ANSWER_MB` allows more megabytes in one answer"

TREATMENTS: Mapping[Fault, Treatment] = MappingProxyType(
    {
        Fault.SIGNED_OUT: Treatment(AuthError, "RQL401", "{host} does not know this key", (_LOG_IN,)),
        Fault.NO_KEY: Treatment(AuthError, "RQL401", "{host} asks for a key", (_LOG_IN,)),
        Fault.FORBIDDEN: Treatment(
            AuthError,
            "RQL401",
            "{host} does not allow it",
            ("the key belongs to a user who may not read this", _LOG_IN),
        ),
        Fault.MISSING: Treatment(NotFound, "RQL402", "{host} has no such thing", (_BASE_URL,)),
        Fault.REFUSED: Treatment(ServerError, "RQL405", "{host} refused the request", (_SIMPLER,)),
        Fault.LACKING: Treatment(
            ServerError, "RQL415", "{host} lacks a part of W&B's schema that this needs", (_OTHER,)
        ),
        Fault.THROTTLED: Treatment(
            RateLimited, "RQL403", "{host} allows no more requests now", (_LATER,), 2.5, 2.5, longest_pause=60
        ),
        Fault.NO_CONNECTION: Treatment(
            Unreachable,
            "RQL404",
            "{host} cannot be reached",
            ("is the network up?", _BASE_URL),
            patience=1,
            at_first=0.01,
            longest_pause=5,
        ),
        Fault.BROKEN: Treatment(
            Unreachable,
            "RQL404",
            "the connection to {host} breaks off",
            ("is the network up?",),
            patience=1,
            at_first=0.25,
            longest_pause=3,
        ),
        Fault.TIMED_OUT: Treatment(
            Unreachable,
            "RQL404",
            "{host} did not answer in time",
            (_LATER, _LONGER),
            1,
            1,
            longest_pause=5,
            smaller=True,
        ),
        Fault.OVERLOADED: Treatment(
            ServerError, "RQL405", "{host} failed", (_LATER,), 1, 0.5, longest_pause=5, smaller=True
        ),
        Fault.NOT_JSON: Treatment(
            ServerError,
            "RQL405",
            "{host} did not answer as a W&B server does",
            (_BASE_URL,),
            patience=0.25,
            at_first=0.25,
            longest_pause=3,
        ),
        Fault.PAGE: Treatment(
            ServerError,
            "RQL405",
            "{host} did not answer as a W&B server does",
            (GATEWAY, _BASE_URL),
            patience=0.25,
            longest_pause=3,
        ),
        Fault.SIGN_IN_PAGE: Treatment(
            ServerError, "RQL405", "{host} did not answer as a W&B server does", (GATEWAY, _BASE_URL)
        ),
        Fault.NETWORK: Treatment(Unreachable, "RQL404", "{host} cannot be reached", (_OWN_SETTINGS,)),
        Fault.CERTIFICATE: Treatment(Unreachable, "RQL404", "the certificate of {host} is not trusted", (_COMPANY_CA,)),
        Fault.NO_TLS: Treatment(Unreachable, "RQL404", "no secure connection to {host}", (_BASE_URL,)),
        Fault.NO_HTTP: Treatment(
            Unreachable,
            "RQL404",
            "what answers for {host} does not speak HTTP",
            ("is it `https://`, or another port?", _BASE_URL),
            patience=0.25,
            longest_pause=3,
        ),
        Fault.PROXY_ASKS: Treatment(
            Unreachable,
            "RQL404",
            "the proxy in front of {host} asks for a user and a password",
            ("they are part of its address: `http://user:password@proxy.example.com:3128`, with `%40` for `@`",),
        ),
        Fault.PROXY_REFUSES: Treatment(
            Unreachable,
            "RQL404",
            "the proxy does not let requests to {host} through",
            ("a host that needs no proxy is named in `NO_PROXY`", _BASE_URL),
        ),
        Fault.TOO_LARGE: Treatment(
            ServerError, "RQL410", "{host} sends too large an answer", (_ASK_LESS, _RAISE), smaller=True
        ),
        Fault.ODD: Treatment(ServerError, "RQL405", "{host} did not answer as a W&B server does", (_BASE_URL,)),
        Fault.REDIRECTED: Treatment(
            ServerError, "RQL405", "{host} sends requests elsewhere", ("the key goes to no other host", _BASE_URL)
        ),
        Fault.BAD_URL: Treatment(Unreachable, "RQL404", "no request can be sent to {host}", (_BASE_URL,)),
        Fault.DEADLINE: Treatment(
            Unreachable, "RQL404", "no whole answer of {host} within the time allowed", ("`--timeout` allows more",)
        ),
        Fault.CANCELLED: Treatment(Unreachable, "RQL404", "the request to {host} was cancelled", ()),
    }
)


class Failure(Exception):  # noqa: N818 - an answer among others until somebody gives up on it
    """One request failed. `after_seconds`: how long the server asked to wait; `errors`: all that it said; `hints`:
    what to do about this very failure.

    `is_hopeless`: nothing got through for so long that asking for less is no use either. `partial`: the data that came
    beside the errors, and `document`: the text that they answer.
    """

    def __init__(
        self,
        kind: Fault,
        detail: str = "",
        *,
        after_seconds: float | None = None,
        errors: Sequence[Said] = (),
        hints: Sequence[str] = (),
        partial: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind = kind
        self.partial = partial
        self.document = ""
        self.hints = tuple(hints)
        self.detail = detail
        self.after_seconds = after_seconds
        self.errors = tuple(errors)
        self.is_hopeless = False
        super().__init__(f"{kind}: {detail}" if detail else str(kind))

    def say_through(self, change: Callable[[str], str]) -> None:
        """Change all that was said by somebody else."""
        self.detail = change(self.detail)
        self.errors = tuple(replace(said, message=change(said.message)) for said in self.errors)
        self.args = tuple(change(str(said)) for said in self.args)

    @property
    def treatment(self) -> Treatment:
        return TREATMENTS[self.kind]

    def why(self, host: str) -> str:
        """What failed and what the server said, in one sentence."""
        said = f": {self.detail}" if self.detail else ""
        return f"{self.treatment.sentence.format(host=host)}{said}"

    def to_error(self, host: str, subject: str = "", *hints: str) -> BackendError:
        """As RunQL raises it: what failed, what the server said, what to do."""
        treatment = self.treatment
        sentence = treatment.sentence.format(host=host)
        said = f": {self.detail}" if self.detail else ""
        about = f" ({subject})" if subject else ""
        asked = () if self.after_seconds is None else (f"it asks to wait {round(self.after_seconds):,} s",)
        ways = treatment.hints
        if treatment.error is Unreachable and f"https://{host}" == DEFAULT_BASE_URL:
            ways = tuple(_NO_OTHER if one == _BASE_URL else one for one in ways)
        diagnostic = Diagnostic(treatment.code, f"{sentence}{about}{said}", hints=(*asked, *self.hints, *hints, *ways))
        return treatment.error([diagnostic])


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_LONGEST_DETAIL = 300


def clean(text: str) -> str:
    """A text of the server, fit to show: one line, no control characters, not too long."""
    line = _CONTROL.sub(" ", text).strip()
    return line if len(line) <= _LONGEST_DETAIL else f"{line[:_LONGEST_DETAIL]}…"
