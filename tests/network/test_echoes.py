"""Whoever answers says what it was sent, in whatever spelling: no secret is shown, in errors, tracebacks and logs."""

from __future__ import annotations

import base64
import html
import json
import logging
import traceback
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.errors import BackendError, RunQLError, SourceError
from runql.plan.selectors import TypedSelector
from runql.sources.protocol import PageRequest
from runql.sources.wandb import LineSettings, ServiceOptions, WandbService, discover
from runql.sources.wandb.network.redaction import STRUCK, struck
from runql.wandb_settings.urls import normal_base_url
from tests.server.raw import raw_server, response

KEY = "local-" + "Zk9_a8Qx" * 5
BASIC = base64.b64encode(f"api:{KEY}".encode()).decode()
GATE = "s3cret-of-the-gate"
TOKEN = "identity.Of8somebody.thatIsLong"
PROXY = "pass-of-the-proxy"
SECRETS = (KEY, BASIC.rstrip("="), GATE, TOKEN, PROXY, base64.b64encode(f"ada:{PROXY}".encode()).decode().rstrip("="))
SAID = f"{BASIC} {KEY} {GATE}"
QUICK = LineSettings(backoff_seconds=0.01, give_up_seconds=0.1)


def message(said: str) -> bytes:
    return json.dumps({"errors": [{"message": said}]}).encode()


def titled(said: str) -> bytes:
    return f"<html><title>{said}</title></html>".encode()


SPELLINGS: Mapping[str, bytes] = {
    "as it is": response(message(SAID)),
    "without the equals signs": response(message(SAID.replace("=", ""))),
    "as Gson writes it": response(message(SAID).replace(b"=", b"\\u003d"), status="400 Bad Request"),
    "every sign escaped": response(b'{"errors": "' + "".join(f"\\u{ord(char):04x}" for char in SAID).encode() + b'"}'),
    "in UTF-16": response(message(SAID).decode().encode("utf-16"), status="400 Bad Request"),
    "in a title": response(titled(html.escape(SAID).replace("=", "&#x3D;")), status="403 Forbidden"),
    "in a title, by numbers": response(titled("".join(f"&#{ord(char)};" for char in BASIC)), status="403 Forbidden"),
    "as part of an address": response(message(quote(SAID)), status="400 Bad Request"),
    "in upper case": response(message(KEY.upper())),
    "as a host": response(b"", f"Location: https://{KEY}.elsewhere.test/", status="302 Found"),
    "as a packing": response(b"x", f"Content-Encoding: {KEY}"),
    "as the line of the status": f"HTTP/9 {SAID}\r\n\r\n".encode(),
    "as a header that is none": f"HTTP/1.1 200 OK\r\n{BASIC}\r\n\r\n".encode(),
    "cut": response(message("x" * 280 + KEY)),
}


def service_of(folder: Path, base_url: str, env: Mapping[str, str]) -> WandbService:
    gate = {"WANDB_X_EXTRA_HTTP_HEADERS": json.dumps({"X-Gate": GATE})}
    credentials = discover({**gate, **env}, folder, folder, base_url=base_url)
    return WandbService(credentials, ServiceOptions(line=QUICK))


def shown(error: BaseException) -> str:
    """All that a traceback shows which shows the variables too, of the frames of the product."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = ""
    while told is not None:
        told.stack[:] = [frame for frame in told.stack if frame.filename != __file__]
        text += "".join(told.format(chain=False))
        told = told.__cause__ or told.__context__  # type: ignore[assignment]
    return text


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_was_sent_is_shown_in_no_spelling(spelling: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with raw_server(lambda: [SPELLINGS[spelling]]) as base_url:
        service = service_of(tmp_path, base_url, {"WANDB_API_KEY": KEY})
        with pytest.raises(BackendError) as caught:
            service.runs_page(PageRequest("acme", "vision", per_page=10))
        service.close()
    for text in (shown(caught.value), str(caught.value), caplog.text):
        assert [secret for secret in SECRETS if secret[:20].lower() in text.lower()] == []
    assert STRUCK in str(caught.value)


def test_the_token_of_an_identity_is_not_shown_where_its_exchange_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    with raw_server(lambda: [response(message(f"bad assertion {TOKEN}"), status="400 Bad Request")]) as base_url:
        service = service_of(tmp_path, base_url, {"WANDB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")})
        with pytest.raises(BackendError) as caught:
            service.count("acme", "vision", TypedSelector())
        service.close()
    assert "the identity token was not exchanged: bad assertion ***" in str(caught.value)
    assert TOKEN not in shown(caught.value)


@pytest.mark.parametrize(
    "env",
    [
        {"HTTPS_PROXY": f"http://ada:{PROXY}@[zz"},
        {"HTTPS_PROXY": f"http://ada:{PROXY}@127.0.0.1:1"},
        {"WANDB_X_EXTRA_HTTP_HEADERS": f'{{"X-Gate": "{GATE}\\n"}}'},
        {"WANDB_BASE_URL": "htp://elsewhere.test"},
    ],
)
def test_a_traceback_that_shows_variables_shows_no_secret(env: dict[str, str], tmp_path: Path) -> None:
    import runql.config

    env = {"WANDB_BASE_URL": "https://wandb.company.test", "WANDB_API_KEY": KEY, "HOME": str(tmp_path), **env}
    settings = runql.config.load({**env, "WANDB_HTTP_TIMEOUT": "1"}, tmp_path)
    from runql.sources.open import open_server

    with pytest.raises(RunQLError) as caught:
        open_server(settings).service.count("acme", "vision", TypedSelector())
    assert [secret for secret in SECRETS if secret in shown(caught.value)] == []


@pytest.mark.parametrize(
    "url",
    [
        "https://ada:SECRETS@w.test",
        "https://ada:SEC/SECRETS@w.test",
        "https:ada:SECRETS@w.test",
        "ada:SECRETS@w.test",
        "https://ada:SECRETS@ho℀st",
        "https://w.test/?key=SECRETS",
        "https://w.test/#SECRETS",
        "https:\\\\ada:SECRETS@w.test",
    ],
)
def test_an_address_with_a_password_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        normal_base_url(url)
    assert "SECRETS" not in repr(caught.value.diagnostics)
    assert caught.value.__cause__ is None


@given(st.text(), st.text(alphabet="aAbB=*-", min_size=12), st.text())
def test_no_secret_is_left(before: str, secret: str, after: str) -> None:
    assert secret.lower() not in struck(f"{before}{secret}{after}", [secret]).lower()


@given(st.text(alphabet="xyz. \n", max_size=200))
def test_what_holds_no_secret_stays(text: str) -> None:
    assert struck(text, [KEY, GATE, ""]) == text
