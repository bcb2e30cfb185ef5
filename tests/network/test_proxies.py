"""Proxies: which variable counts, what `NO_PROXY` leaves out, and what a proxy may do wrong."""

from __future__ import annotations

import sys
import urllib.request
from pathlib import Path

import pytest
import trustme

from runql.errors import Unreachable
from runql.frontends.cli.main import main
from runql.sources.wandb.network.network import NetworkSettings, proxy_of
from runql.sources.wandb.network.proxies import is_bypassed
from tests.network.asked import KEY, NAME, ask_in_a_process
from tests.network.conftest import Ask, Serve, context_for
from tests.network.proxy import HttpProxy, Manner

ELSEWHERE = f"https://{NAME}"
REFUSED = "HTTP/1.1 {} No\r\nContent-Length: 4\r\n\r\nnope"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "WANDB_HTTPS_PROXY"])
def test_a_proxy_leads_to_a_host_that_only_it_knows(serve: Serve, ask_command: Ask, ca_file: Path, name: str) -> None:
    server = serve()
    with HttpProxy(Manner(names={NAME: server.port})) as proxy:
        asked = ask_command(ELSEWHERE, SSL_CERT_FILE=str(ca_file), **{name: proxy.url})
    assert asked.out == "count\n5\n"
    assert {head.split(b"\r\n")[0] for head in proxy.heads} == {f"CONNECT {NAME}:443 HTTP/1.1".encode()}


def test_wandbs_own_settings_count_on_loopback_and_whatever_no_proxy_says(
    serve: Serve, ask_command: Ask, ca_file: Path, tmp_path: Path
) -> None:
    server = serve()
    folder = tmp_path / "home" / ".config" / "wandb"
    folder.mkdir(parents=True)
    for env in ("variable", "table", "file"):
        with HttpProxy() as proxy, HttpProxy() as other:
            given = {"HTTPS_PROXY": other.url, "NO_PROXY": "*", "SSL_CERT_FILE": str(ca_file)}
            if env == "variable":
                given["WANDB_HTTPS_PROXY"] = proxy.url
            elif env == "table":
                given["WANDB__PROXIES"] = f'{{"https": "{proxy.url}", "http": "http://127.0.0.1:9"}}'
            else:
                (folder / "settings").write_text(f"[default]\nhttps_proxy = {proxy.url}/\n")
            assert ask_command(server.base_url, **given).out == "count\n5\n"
            assert len(proxy.heads) > 0
            assert other.heads == []


def test_a_settings_file_of_a_folder_names_no_proxy_before_somebody_says_yes(
    serve: Serve, ask_command: Ask, ca_file: Path, tmp_path: Path
) -> None:
    server = serve()
    (tmp_path / "wandb").mkdir()
    with HttpProxy() as proxy:
        (tmp_path / "wandb" / "settings").write_text(f"[default]\nhttps_proxy = {proxy.url}\n")
        asked = ask_command(server.base_url, SSL_CERT_FILE=str(ca_file))
        assert asked.status != 0
        assert "`runql trust " in asked.err
        assert proxy.heads == []
        assert server.seen == []
        assert main(["trust", str(tmp_path)]) == 0
        assert ask_command(server.base_url, SSL_CERT_FILE=str(ca_file)).out == "count\n5\n"
        assert len(proxy.heads) > 0


def test_loopback_is_never_asked_through_the_proxy_of_all(serve: Serve, ask_command: Ask, ca_file: Path) -> None:
    with HttpProxy() as proxy:
        asked = ask_command(serve().base_url, SSL_CERT_FILE=str(ca_file), HTTPS_PROXY=proxy.url, ALL_PROXY=proxy.url)
    assert asked.out == "count\n5\n"
    assert proxy.heads == []


@pytest.mark.parametrize("value", ["p%40ss%3Aword%2F%C3%A4", "secret-word"])
def test_a_user_and_a_password(serve: Serve, ask_command: Ask, ca_file: Path, value: str) -> None:
    login = {"p%40ss%3Aword%2F%C3%A4": "ada:p@ss:word/ä"}.get(value, f"ada:{value}")
    server = serve()
    with HttpProxy(Manner(names={NAME: server.port}, login=login)) as proxy:
        url = proxy.url.replace("//", f"//ada:{value}@")
        asked = ask_command(ELSEWHERE, SSL_CERT_FILE=str(ca_file), HTTPS_PROXY=url)
        assert asked.out == "count\n5\n"
        wrong = ask_command(ELSEWHERE, SSL_CERT_FILE=str(ca_file), HTTPS_PROXY=url.replace("ada", "eve"))
        none = ask_command(ELSEWHERE, SSL_CERT_FILE=str(ca_file), HTTPS_PROXY=proxy.url)
    for refused in (wrong, none):
        assert (refused.status, refused.code) == (3, "RQL404")
        assert "the proxy in front of" in refused.err.splitlines()[0]
        assert "`HTTPS_PROXY`" in refused.err
        assert "407" in refused.err
    for each in (asked, wrong, none):
        assert value not in each.all
        assert login.partition(":")[2] not in each.all


def test_a_proxy_by_tls(serve: Serve, ask_command: Ask, ca: trustme.CA, ca_file: Path) -> None:
    server = serve()
    with HttpProxy(Manner(names={NAME: server.port}), context_for(ca, "127.0.0.1")) as proxy:
        asked = ask_command(ELSEWHERE, SSL_CERT_FILE=str(ca_file), HTTPS_PROXY=proxy.url)
        unknown = ask_command(ELSEWHERE, HTTPS_PROXY=proxy.url)
    assert asked.out == "count\n5\n", asked.err
    assert (unknown.status, unknown.code) == (3, "RQL404")
    assert "`HTTPS_PROXY`" in unknown.err.splitlines()[0]
    assert "`SSL_CERT_FILE`" in unknown.err


def test_neither_the_key_nor_a_header_goes_to_the_proxy(serve: Serve, ask_command: Ask, ca_file: Path) -> None:
    server = serve()
    headers = '{"X-Gate": "s3cret-of-the-gate"}'
    with HttpProxy(Manner(names={NAME: server.port})) as proxy:
        env = {"SSL_CERT_FILE": str(ca_file), "HTTPS_PROXY": proxy.url, "WANDB_X_EXTRA_HTTP_HEADERS": headers}
        assert ask_command(ELSEWHERE, **env).out == "count\n5\n"
    seen = b"".join(proxy.heads).lower()
    assert b"authorization" not in seen
    assert b"x-gate" not in seen
    assert all(one.headers["X-Gate"] == "s3cret-of-the-gate" for one in server.seen)


def test_the_key_does_not_go_in_the_open_through_a_proxy(serve: Serve, ask_command: Ask) -> None:
    server = serve(plain=True)
    with HttpProxy() as proxy:
        asked = ask_command(server.base_url, WANDB_HTTP_PROXY=proxy.url)
        assert asked.out == "count\n5\n"
        assert proxy.heads[0].startswith(b"POST http://127.0.0.1:")
    refused = ask_command(server.base_url, WANDB_HTTP_PROXY="http://proxy.test:3128")
    assert (refused.status, refused.code) == (3, "RQL401")
    assert "without TLS" in refused.err
    assert "`WANDB_HTTP_PROXY`" in refused.err


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 500, 502, 503])
def test_a_proxy_that_opens_no_tunnel(ask_command: Ask, ca_file: Path, status: int) -> None:
    with HttpProxy(Manner(REFUSED.format(status).encode())) as proxy:
        asked = ask_command(ELSEWHERE, SSL_CERT_FILE=str(ca_file), HTTPS_PROXY=proxy.url)
    assert (asked.status, asked.code) == (3, "RQL404")
    assert f"the proxy `{proxy.url}` of `HTTPS_PROXY` says {status}" in asked.err.splitlines()[0]
    assert len(proxy.heads) == 1 or status >= 500


HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 32\r\n\r\n<html>Sign in to proceed.</html>"


@pytest.mark.parametrize("answer", [HTML, b"<html>no HTTP</html>", b"", b"\x05\xff\x00garbage\r\n\r\n"])
def test_a_proxy_that_says_what_none_says(ask_command: Ask, ca_file: Path, answer: bytes) -> None:
    with HttpProxy(Manner(answer)) as proxy:
        env = {"SSL_CERT_FILE": str(ca_file), "WANDB_HTTP_TIMEOUT": "1"}
        asked = ask_command(ELSEWHERE, HTTPS_PROXY=proxy.url, **env)
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "`HTTPS_PROXY`" in asked.err.splitlines()[0]


def test_a_proxy_that_hangs(ask_command: Ask, ca_file: Path) -> None:
    with HttpProxy(Manner(hangs=True)) as proxy:
        env = {"SSL_CERT_FILE": str(ca_file), "WANDB_HTTP_TIMEOUT": "1"}
        asked = ask_command(ELSEWHERE, HTTPS_PROXY=proxy.url, **env)
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "`HTTPS_PROXY`" in asked.err.splitlines()[0]
    assert "`WANDB_HTTP_TIMEOUT` allows 1 s" in asked.err


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://127.0.0.1:9", "proxy.invalid"])
def test_a_proxy_that_is_not_there(ask_command: Ask, ca_file: Path, url: str) -> None:
    asked = ask_command(ELSEWHERE, SSL_CERT_FILE=str(ca_file), HTTPS_PROXY=url)
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "`HTTPS_PROXY`" in asked.err.splitlines()[0]


MALFORMED = [
    *("http://[zz]", "http://[::1", "http://proxy:99999", "http://proxy:0", "http://proxy:port", "http://", "://"),
    *("http://:3128", "ftp://proxy:21", "socks4://proxy", "file:///etc/passwd", "http://a b:80", "http:///x"),
    *("http://pro\x01xy", "http://ada:p#word@proxy:3128", "http://ada:p/word@proxy:3128", "javascript://x", "[::1"),
    *("http://ada:word@", "http://ada:word@:80", "http://pr\u202eoxy:1", "http://%zz:80", "http://proxy:-1"),
    # The rest of a password is no host: it would be looked up, and shown.
    *("http://ada:p@word/rest@proxy:1", "http://ada:p@word?rest@proxy:1", "http://ada:p@word#rest@proxy:1"),
]


@pytest.mark.parametrize("value", MALFORMED)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy", "WANDB_HTTPS_PROXY"])
def test_a_variable_that_names_no_proxy_is_named_and_not_shown(name: str, value: str) -> None:
    with pytest.raises(Unreachable) as error:
        proxy_of(NetworkSettings({name: value}), ELSEWHERE)
    (said,) = error.value.diagnostics
    assert said.code == "RQL404"
    assert f"`{name}`" in said.message
    assert "word" not in said.message
    assert said.hints


def test_the_command_says_it_so(tmp_path: Path) -> None:
    asked = ask_in_a_process(tmp_path, ELSEWHERE, HTTPS_PROXY="http://ada:word@[zz]")
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "`HTTPS_PROXY`" in asked.err
    assert "word@" not in asked.all


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("proxy.test", "http://proxy.test:80"),
        ("proxy.test:3128", "http://proxy.test:3128"),
        (" http://proxy.test:3128/ ", "http://proxy.test:3128"),
        ("HTTP://Proxy.Test:1", "http://proxy.test:1"),
        ("https://proxy.test", "https://proxy.test:443"),
        ("socks5h://[::1]", "socks5h://[::1]:1080"),
        ("[fd00::1]:8080", "http://[fd00::1]:8080"),
        ("http://ada:p%40ss@proxy.test:3128", "http://proxy.test:3128"),
    ],
)
def test_how_an_address_is_read(value: str, address: str) -> None:
    proxy = proxy_of(NetworkSettings({"HTTPS_PROXY": value}), ELSEWHERE)
    assert proxy is not None
    assert proxy.address == address
    assert "p@ss" not in f"{proxy!r}{proxy}"


@pytest.mark.parametrize(
    ("env", "base_url", "port"),
    [
        ({"https_proxy": "p:1", "HTTPS_PROXY": "p:2"}, ELSEWHERE, 1),
        ({"https_proxy": "", "HTTPS_PROXY": "p:2"}, ELSEWHERE, None),
        ({"HTTPS_PROXY": "p:2", "ALL_PROXY": "p:3"}, ELSEWHERE, 2),
        ({"HTTP_PROXY": "p:2", "ALL_PROXY": "p:3"}, ELSEWHERE, 3),
        ({"HTTP_PROXY": "p:2"}, ELSEWHERE, None),
        ({"HTTP_PROXY": "p:2"}, "http://w.test", 2),
        ({"HTTP_PROXY": "p:2", "REQUEST_METHOD": "GET"}, "http://w.test", None),
        ({"http_proxy": "p:1", "REQUEST_METHOD": "GET"}, "http://w.test", 1),
        ({"HTTPS_PROXY": "p:1", "REQUEST_METHOD": "GET"}, ELSEWHERE, 1),
        ({"WANDB_HTTP_PROXY": "p:1", "HTTPS_PROXY": "p:2"}, ELSEWHERE, 2),
        ({"WANDB_HTTPS_PROXY": "", "HTTPS_PROXY": "p:2"}, ELSEWHERE, 2),
        ({"WANDB__PROXIES": '{"https": "p:1"}', "WANDB_HTTPS_PROXY": "p:2"}, ELSEWHERE, 1),
        ({"HTTPS_PROXY": "p:2", "no_proxy": NAME}, ELSEWHERE, None),
        ({"HTTPS_PROXY": "p:2", "NO_PROXY": f"{NAME}:8443"}, ELSEWHERE, 2),
        ({"HTTPS_PROXY": "p:2"}, "https://[::1]:8443", None),
        ({"HTTPS_PROXY": "p:2"}, "https://localhost.", None),
    ],
)
def test_which_variable_counts(env: dict[str, str], base_url: str, port: int | None) -> None:
    proxy = proxy_of(NetworkSettings(env), base_url)
    assert (None if proxy is None else int(proxy.address.rpartition(":")[2])) == port


def test_the_systems_own_proxy_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": "http://of.the.system:8080"})
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: host == "inside.test")
    proxy = proxy_of(NetworkSettings(), ELSEWHERE)
    assert proxy is not None
    assert proxy.address == "http://of.the.system:8080"
    assert proxy_of(NetworkSettings(), "https://inside.test") is None


@pytest.mark.parametrize(
    ("no_proxy", "host", "port", "is_out"),
    [
        ("*", "any.test", 443, True),
        ("other.test, *", "any.test", 443, True),
        ("", "any.test", 443, False),
        ("any.test", "any.test", 443, True),
        ("any.test", "sub.any.test", 443, True),
        ("any.test", "company.test", 443, False),
        ("any.test", "notany.test", 443, False),
        (".any.test", "any.test", 443, False),
        (".any.test", "sub.any.test", 443, True),
        ("*.any.test", "deep.sub.any.test", 443, True),
        ("*any.test", "any.test", 443, True),
        ("ANY.test.", "any.TEST", 443, True),
        ("any.test", "any.test.", 443, True),
        (" a.test ,\tany.test ", "any.test", 443, True),
        ("a.test any.test", "any.test", 443, True),
        ("any.test:443", "any.test", 443, True),
        ("any.test:8080", "any.test", 443, False),
        ("https://any.test/", "any.test", 443, False),
        ("münchen.test", "xn--mnchen-3ya.test", 443, True),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("10.1.2.3/8", "10.9.9.9", 443, True),
        ("10.1.2.3", "10.1.2.3", 443, True),
        ("10.1.2.3:8443", "10.1.2.3", 8443, True),
        ("10.1.2.3:8443", "10.1.2.3", 443, False),
        ("10.0.0.0/8", "ten.test", 443, False),
        ("::ffff:10.0.0.0/104", "10.1.2.3", 443, False),
        ("10.0.0.0/8", "::ffff:10.1.2.3", 443, True),
        ("fd00::/8,10.0.0.0/8", "fd12::1", 443, True),
        ("fd00::/8,10.0.0.0/8", "[fd12::1]", 443, True),
        ("fd00::/8,10.0.0.0/8", "fe80::1", 443, False),
        ("[fd00::]/8", "fd12::1", 443, True),
        ("fd00::1", "fd00:0:0::1", 443, True),
        ("[fd00::1]", "fd00::1", 443, True),
        ("[fd00::1]:8443", "fd00::1", 8443, True),
        ("[fd00::1]:8443", "fd00::1", 443, False),
        ("::/0", "fd00::1", 443, True),
        ("::/0", "10.1.2.3", 443, False),
        ("10.0.0.0/99, [zz, :::, /, ., *., any.test", "any.test", 443, True),
        ("10.0.0.0/99, [zz, :::, /, ., *.", "any.test", 443, False),
    ],
)
def test_what_no_proxy_leaves_out(no_proxy: str, host: str, port: int, *, is_out: bool) -> None:
    assert is_bypassed(no_proxy, host, port) is is_out


def test_a_list_with_six_and_networks_is_no_fault(serve: Serve, ask_command: Ask, ca_file: Path) -> None:
    server = serve()
    with HttpProxy(Manner(names={NAME: server.port})) as proxy:
        env = {
            "HTTPS_PROXY": proxy.url,
            "NO_PROXY": "fd00::/8,10.0.0.0/8,[::1], localhost",
            "SSL_CERT_FILE": str(ca_file),
        }
        assert ask_command(ELSEWHERE, **env).out == "count\n5\n"
    assert KEY.encode() not in b"".join(proxy.heads)
