"""Gateways: their headers, their sign-in pages, redirects to elsewhere; time limits; hosts that are not there."""

from __future__ import annotations

import base64
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.network.asked import KEY, NAME
from tests.network.conftest import Ask, Serve
from tests.network.proxy import HttpProxy, Manner
from tests.server import Fault, Knobs, Seen

SECRET = "s3cret-of-the-gate"
HEADERS = f'{{"X-Gate": "{SECRET}", "CF-Access-Client-Id": "id-7"}}'
BASIC = "Basic " + base64.b64encode(f"api:{KEY}".encode()).decode()


def gate(seen: Seen) -> Fault | None:
    """A gateway that lets nobody through without its header, and shows what it was given."""
    if seen.headers.get("X-Gate") == SECRET:
        return None
    return Fault(
        "status", 403, f"<html><title>Denied {seen.headers.get('X-Gate')}</title></html>", content_type="text/html"
    )


@pytest.mark.parametrize("name", ["WANDB_X_EXTRA_HTTP_HEADERS", "WANDB__EXTRA_HTTP_HEADERS"])
def test_a_gateway_gets_its_headers(serve: Serve, ask_command: Ask, name: str) -> None:
    server = serve(plain=True, knobs=Knobs(fault_for=gate))
    asked = ask_command(server.base_url, **{name: HEADERS})
    assert asked.out == "count\n5\n"
    assert {one.headers["CF-Access-Client-Id"] for one in server.seen} == {"id-7"}
    refused = ask_command(server.base_url)
    assert (refused.status, refused.code) == (3, "RQL401")
    assert "`WANDB_X_EXTRA_HTTP_HEADERS`" in refused.err
    wrong = ask_command(server.base_url, **{name: HEADERS.replace(SECRET, "another-secret")})
    assert wrong.status == 3
    assert "another-secret" not in wrong.all


def test_the_users_settings_file_may_give_them_and_a_folders_may_not(
    serve: Serve, ask_command: Ask, tmp_path: Path
) -> None:
    server = serve(plain=True)
    for folder, is_given in ((tmp_path / "wandb", False), (tmp_path / "home" / ".config" / "wandb", True)):
        folder.mkdir(parents=True)
        (folder / "settings").write_text(f"[default]\nx_extra_http_headers = {HEADERS}\n")
        server.forget()
        ask_command(server.base_url)
        assert [one for one in server.seen if "X-Gate" in one.headers] == (server.seen if is_given else [])
        assert bool(server.seen) is is_given
        (folder / "settings").unlink()


def test_the_headers_of_one_gateway_do_not_go_to_a_server_that_a_folder_names(
    serve: Serve, ask_command: Ask, tmp_path: Path
) -> None:
    server = serve(plain=True)
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "settings").write_text(f"[default]\nbase_url = {server.base_url}\n")
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1:{server.port} login user password {KEY}\n")
    (tmp_path / "netrc").chmod(0o600)
    (tmp_path / "home").mkdir()
    (tmp_path / "netrc").rename(tmp_path / "home" / ".netrc")
    (tmp_path / "elsewhere").mkdir()
    own = tmp_path / "home" / ".config" / "wandb" / "settings"
    own.parent.mkdir(parents=True)
    own.write_text(f"[default]\nx_extra_http_headers = {HEADERS}\n")
    for env in ({}, {"WANDB_X_EXTRA_HTTP_HEADERS": HEADERS}):
        asked = ask_command("", NETRC=str(tmp_path / "home" / ".netrc"), **env)
        assert asked.out == "count\n5\n", asked.err
    assert [one for one in server.seen if "X-Gate" in one.headers] == []


def test_what_the_sdk_says_of_who_asks(serve: Serve, ask_command: Ask) -> None:
    server = serve(plain=True)
    ask_command(server.base_url, WANDB_USERNAME="ada", WANDB_USER_EMAIL="ada@example.org")
    for one in server.seen:
        assert one.headers["Use-Admin-Privileges"] == "true"
        assert one.headers["X-WANDB-USERNAME"] == "ada"
        assert one.headers["X-WANDB-USER-EMAIL"] == "ada@example.org"


def test_a_gateways_headers_take_no_place_of_the_protocols(serve: Serve, ask_command: Ask) -> None:
    server = serve(plain=True)
    headers = '{"authorization": "Bearer gate", "Content-Type": "text/x", "user-agent": "x", "Accept-Encoding": "br"}'
    assert ask_command(server.base_url, WANDB_X_EXTRA_HTTP_HEADERS=headers).out == "count\n5\n"
    for one in server.seen:
        assert one.headers["Authorization"] == BASIC
        assert one.headers["Content-Type"] == "application/json"
        assert one.headers["User-Agent"].startswith("RunQL")


@pytest.mark.parametrize(
    "value",
    [
        *("secret-token", "X-Gate: secret-token", "{'X-Gate': 'secret-token'}", '["secret-token"]', '"secret-token"'),
        *('{"X-Gate": 7}', '{"X-Gate": null}', '{"X Gate": "secret-token"}', '{"": "secret-token"}'),
        *('{"X-Gate": "secret-token\\r\\nX-Two: 2"}', '{"X-Gate": "\\u0000"}', '{"Host": "secret-token"}', "[" * 20000),
        '{"X-Gäte": "secret-token"}',
    ],
)
def test_headers_that_are_none_are_said_and_not_shown(serve: Serve, ask_command: Ask, value: str) -> None:
    server = serve(plain=True)
    asked = ask_command(server.base_url, WANDB_X_EXTRA_HTTP_HEADERS=value)
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "`WANDB_X_EXTRA_HTTP_HEADERS`" in asked.err.splitlines()[0]
    assert "secret-token" not in asked.all
    assert server.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_goes_to_where_a_redirect_leads(serve: Serve, ask_command: Ask, status: int) -> None:
    portal = serve(plain=True)
    there = f"{portal.base_url}/login?token=one-time-token"
    server = serve(plain=True, knobs=Knobs(fault_for=lambda seen: Fault("status", status, headers={"Location": there})))
    asked = ask_command(server.base_url, WANDB_X_EXTRA_HTTP_HEADERS=HEADERS)
    assert (asked.status, asked.code) == (3, "RQL405")
    assert f"`{portal.base_url}`" in asked.err.splitlines()[0]
    assert "one-time-token" not in asked.all
    assert portal.seen == []
    assert len(server.seen) == 1


PAGES = {
    "sign-in": "<!doctype html><title>Sign in to Company</title><form><input type='password'></form>",
    "portal": "<html><body>Captive portal: accept the terms</body></html>",
    "other": "<html><title>Willkommen\x1b[31m</title></html>",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_for_people_is_told_at_once(serve: Serve, ask_command: Ask, page: str) -> None:
    fault = Fault("status", 200, page, content_type="text/html")
    server = serve(plain=True, knobs=Knobs(fault_for=lambda seen: fault))
    asked = ask_command(server.base_url)
    assert (asked.status, asked.code) == (3, "RQL405")
    assert "an HTML page" in asked.err.splitlines()[0]
    assert "a sign-in in a browser" in asked.err
    assert "\x1b" not in asked.all
    assert len(server.seen) == 1


def test_a_session_that_ends_meanwhile_is_told_at_once(serve: Serve, ask_command: Ask) -> None:
    fault = Fault("status", 200, PAGES["sign-in"], content_type="text/html")
    knobs = Knobs()
    server = serve(plain=True, knobs=knobs)
    knobs.fault_for = lambda seen: fault if len(server.seen) > 1 else None
    asked = ask_command(server.base_url, text="count runs; count runs where state = 'finished'")
    assert (asked.status, asked.code) == (3, "RQL405")
    assert len(server.seen) == 2


def test_407_of_a_server_says_proxy(serve: Serve, ask_command: Ask) -> None:
    server = serve(plain=True, knobs=Knobs(fault_for=lambda seen: Fault("status", 407, "")))
    asked = ask_command(server.base_url)
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "proxy" in asked.err.splitlines()[0]
    assert len(server.seen) == 1


def test_a_plain_proxy_that_answers_in_place_of_the_server(serve: Serve, ask_command: Ask) -> None:
    page = PAGES["sign-in"].encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n".encode()
    with HttpProxy(Manner(head + page)) as proxy:
        asked = ask_command("http://127.0.0.1:9", WANDB_HTTP_PROXY=proxy.url)
    assert (asked.status, asked.code) == (3, "RQL405")
    assert "Sign in to Company" in asked.err
    assert "`WANDB_HTTP_PROXY`" in asked.err


def test_a_server_that_hangs_is_given_up_on_in_time(serve: Serve, ask_command: Ask) -> None:
    server = serve(plain=True, knobs=Knobs(fault_for=lambda seen: Fault("slow", seconds=3)))
    asked = ask_command(server.base_url, WANDB_HTTP_TIMEOUT="1")
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "did not answer in time" in asked.err.splitlines()[0]
    assert "`WANDB_HTTP_TIMEOUT` allows 1 s" in asked.err
    assert len(server.seen) <= 3


def test_a_time_limit_of_nothing_is_none(serve: Serve, ask_command: Ask) -> None:
    assert ask_command(serve(plain=True).base_url, WANDB_HTTP_TIMEOUT="0").out == "count\n5\n"


@pytest.mark.parametrize("value", ["soon", "-0.5", "-1", "nan", "inf", "5s"])
def test_a_time_limit_that_is_none(ask_command: Ask, value: str) -> None:
    asked = ask_command("http://127.0.0.1:9", WANDB_HTTP_TIMEOUT=value)
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "`WANDB_HTTP_TIMEOUT`" in asked.err.splitlines()[0]


@pytest.mark.parametrize(
    ("base_url", "env", "said"),
    [
        ("http://127.0.0.1:9", {}, "connection refused"),
        ("https://no-such-host.invalid", {}, "its name is not known"),
        ("http://[::1]:9", {}, "cannot be reached"),
    ],
)
def test_a_host_that_is_not_there(ask_command: Ask, base_url: str, env: Mapping[str, str], said: str) -> None:
    asked = ask_command(base_url, **env)
    assert (asked.status, asked.code) == (3, "RQL404")
    assert said in asked.err.splitlines()[0]
    assert "`WANDB_BASE_URL`" in asked.err


def _has_six() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has_six(), reason="this machine has no IPv6")
def test_a_server_that_has_nothing_but_six(serve: Serve, ask_command: Ask, ca_file: Path) -> None:
    server = serve(host="::1")
    assert ask_command(server.base_url, SSL_CERT_FILE=str(ca_file)).out == "count\n5\n"
    with HttpProxy() as proxy:
        asked = ask_command(server.base_url, SSL_CERT_FILE=str(ca_file), HTTPS_PROXY=proxy.url, NO_PROXY="[::2]")
    assert asked.out == "count\n5\n"
    assert proxy.heads == []


def test_a_cgi_script_is_told_that_its_proxy_does_not_count(ask_command: Ask) -> None:
    asked = ask_command(f"http://{NAME}:9", HTTP_PROXY="http://127.0.0.1:9", REQUEST_METHOD="GET", WANDB_API_KEY="")
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "127.0.0.1:9" not in asked.err
