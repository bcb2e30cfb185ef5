"""Certificates: a company's own CA, what a variable names, and what is wrong with a certificate."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

import pytest
import trustme

from runql.sources.wandb.network import certificates
from runql.sources.wandb.network.certificates import context_of
from runql.sources.wandb.network.network import TrustedCertificates
from tests.network.asked import KEY
from tests.network.conftest import Ask, Serve, context_for
from tests.network.proxy import HttpProxy, Manner

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.UTC)


def test_a_companys_ca_is_not_trusted_by_itself_and_the_error_says_how(serve: Serve, ask_command: Ask) -> None:
    server = serve()
    asked = ask_command(server.base_url)
    assert asked.status == 3
    assert asked.code == "RQL404"
    assert "the certificate of 127.0.0.1" in asked.err.splitlines()[0]
    assert "`SSL_CERT_FILE`" in asked.err
    assert "is the network up?" not in asked.err
    assert server.seen == []


def test_the_file_that_a_variable_names_counts_on_loopback_too(serve: Serve, ask_command: Ask, ca_file: Path) -> None:
    assert ask_command(serve().base_url, SSL_CERT_FILE=str(ca_file)).out == "count\n5\n"


@pytest.mark.parametrize("name", ["SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_other_variables(serve: Serve, ask_command: Ask, ca_file: Path, name: str) -> None:
    folder = ca_file.parent / "certificates"
    folder.mkdir()
    (folder / "anything.crt").write_bytes(ca_file.read_bytes())
    (folder / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    (folder / "readme.txt").write_text("no certificate\n")
    for value in [f"/nowhere:{folder}"] if name == "SSL_CERT_DIR" else [str(ca_file), str(folder)]:
        assert ask_command(serve().base_url, **{name: value}).out == "count\n5\n"


def test_what_openssl_names_goes_before_what_requests_names(serve: Serve, ask_command: Ask, ca_file: Path) -> None:
    asked = ask_command(serve().base_url, SSL_CERT_FILE=str(ca_file), REQUESTS_CA_BUNDLE="/nowhere.pem")
    assert asked.out == "count\n5\n"


def test_an_empty_variable_is_none(serve: Serve, ask_command: Ask, ca_file: Path) -> None:
    asked = ask_command(serve().base_url, SSL_CERT_FILE="", SSL_CERT_DIR="", REQUESTS_CA_BUNDLE=str(ca_file))
    assert asked.out == "count\n5\n"


NO_CERTIFICATE = {
    "missing": None,
    "empty": b"",
    "text": b"these are no certificates\n",
    "half": b"-----BEGIN CERTIFICATE-----\nMIIB\n",
    "key": b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
    "binary": bytes(range(256)) * 4,
}


@pytest.mark.parametrize("content", NO_CERTIFICATE.values(), ids=NO_CERTIFICATE)
@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
def test_a_variable_that_names_no_certificate_is_named(
    serve: Serve, ask_command: Ask, tmp_path: Path, name: str, content: bytes | None
) -> None:
    path = tmp_path / "named"
    if content is not None and name == "SSL_CERT_DIR":
        path.mkdir()
        (path / "file").write_bytes(content)
    elif content is not None:
        path.write_bytes(content)
    server = serve()
    asked = ask_command(server.base_url, **{name: str(path)})
    assert (asked.status, asked.code) == (3, "RQL404")
    assert f"`{name}` names `{path}`" in asked.err.splitlines()[0]
    assert server.seen == []


def test_a_folder_where_a_file_should_be(serve: Serve, ask_command: Ask, tmp_path: Path) -> None:
    asked = ask_command(serve().base_url, SSL_CERT_FILE=str(tmp_path))
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "`SSL_CERT_FILE`" in asked.err.splitlines()[0]


def test_a_server_without_tls_needs_none_of_it(serve: Serve, ask_command: Ask) -> None:
    assert ask_command(serve(plain=True).base_url, SSL_CERT_FILE="/nowhere.pem").out == "count\n5\n"


def test_a_server_that_speaks_tls_where_plain_http_is_asked_for_is_told_at_once(ask_command: Ask) -> None:
    with HttpProxy(Manner(b"\x15\x03\x01\x00\x02\x02\x46\r\n\r\n")) as alert:
        asked = ask_command(alert.url)
    assert len(alert.heads) == 1
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "is it `https://`" in asked.err


def test_expired(serve: Serve, ask_command: Ask, ca: trustme.CA, ca_file: Path) -> None:
    tls = context_for(ca, "127.0.0.1", not_before=NOW - 9 * DAY, not_after=NOW - DAY)
    asked = ask_command(serve(tls).base_url, SSL_CERT_FILE=str(ca_file))
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "it has expired" in asked.err.splitlines()[0]
    assert "is the clock of this machine right?" in asked.err


def test_a_clock_that_is_wrong(serve: Serve, ask_command: Ask, ca: trustme.CA, ca_file: Path) -> None:
    tls = context_for(ca, "127.0.0.1", not_before=NOW + DAY, not_after=NOW + 9 * DAY)
    asked = ask_command(serve(tls).base_url, SSL_CERT_FILE=str(ca_file))
    assert "it is not valid yet" in asked.err.splitlines()[0]
    assert "is the clock of this machine right?" in asked.err


def test_a_certificate_of_another_host(serve: Serve, ask_command: Ask, ca: trustme.CA, ca_file: Path) -> None:
    asked = ask_command(serve(context_for(ca, "elsewhere.test")).base_url, SSL_CERT_FILE=str(ca_file))
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "it is of another host" in asked.err.splitlines()[0]


def test_another_ca_than_the_one_that_is_named(serve: Serve, ask_command: Ask, ca_file: Path) -> None:
    asked = ask_command(serve(context_for(trustme.CA(), "127.0.0.1")).base_url, SSL_CERT_FILE=str(ca_file))
    assert (asked.status, asked.code) == (3, "RQL404")
    assert f"`SSL_CERT_FILE` names `{ca_file}`: is the CA of this server in it?" in asked.err


def test_tls_that_is_too_old(serve: Serve, ask_command: Ask, ca: trustme.CA, ca_file: Path) -> None:
    tls = context_for(ca, "127.0.0.1")
    with pytest.warns(DeprecationWarning):
        tls.minimum_version = tls.maximum_version = ssl.TLSVersion.TLSv1_1
    tls.set_ciphers("DEFAULT:@SECLEVEL=0")
    asked = ask_command(serve(tls).base_url, SSL_CERT_FILE=str(ca_file))
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "no secure connection to 127.0.0.1" in asked.err.splitlines()[0]
    assert "older than 1.2" in asked.err


def test_a_server_that_speaks_no_tls(serve: Serve, ask_command: Ask) -> None:
    server = serve(plain=True)
    asked = ask_command(server.base_url.replace("http:", "https:"))
    assert (asked.status, asked.code) == (3, "RQL404")
    assert "is it `http://`" in asked.err


@pytest.mark.parametrize("value", ["true", "1", "TRUE", "yes"])
def test_certificates_may_be_left_unseen_and_each_answer_says_so(serve: Serve, ask_command: Ask, value: str) -> None:
    asked = ask_command(
        serve().base_url, WANDB_INSECURE_DISABLE_SSL=value, text="count runs; count runs where state = 'finished'"
    )
    assert asked.status == 0
    assert asked.err.count("warning[RQL420]") == 2
    assert "`WANDB_INSECURE_DISABLE_SSL`" in asked.err
    assert KEY not in asked.all


@pytest.mark.parametrize(
    ("value", "said"), [("false", "is not trusted"), ("0", "is not trusted"), ("maybe", "`WANDB_INS")]
)
def test_a_switch_that_is_off_or_neither(serve: Serve, ask_command: Ask, value: str, said: str) -> None:
    asked = ask_command(serve().base_url, WANDB_INSECURE_DISABLE_SSL=value)
    assert (asked.status, asked.code) == (3, "RQL404")
    assert said in asked.err.splitlines()[0]


def test_the_users_settings_file_may_switch_it_off_too(serve: Serve, ask_command: Ask, tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".config" / "wandb"
    folder.mkdir(parents=True)
    (folder / "settings").write_text("[default]\ninsecure_disable_ssl = true\n")
    asked = ask_command(serve().base_url)
    assert asked.out == "count\n5\n"
    assert "warning[RQL420]" in asked.err


def test_a_settings_file_of_a_folder_does_not(serve: Serve, ask_command: Ask, tmp_path: Path) -> None:
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "settings").write_text("[default]\ninsecure_disable_ssl = true\n")
    server = serve()
    asked = ask_command(server.base_url)
    assert asked.status == 3
    assert server.seen == []


# The system's store, as it is on different systems.


def _paths(file: Path, folder: Path) -> ssl.DefaultVerifyPaths:
    return ssl.DefaultVerifyPaths("", "", "SSL_CERT_FILE", str(file), "SSL_CERT_DIR", str(folder))


@pytest.mark.parametrize("store", ["file", "folder", "bundle"])
def test_the_systems_store(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ca: trustme.CA, ca_file: Path, store: str
) -> None:
    folder = tmp_path / "hashed"
    folder.mkdir()
    if store == "folder":
        (folder / "0a1b2c3d.0").write_bytes(ca_file.read_bytes())
    file = ca_file if store == "file" else tmp_path / "missing.pem"
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: _paths(file, folder))
    monkeypatch.setattr(certificates, "_BUNDLES", ("/nowhere.pem", str(ca_file)))
    held = context_of(TrustedCertificates()).get_ca_certs()
    # What lies in a folder is looked up when a server shows a certificate, not before.
    assert [one["subject"] for one in held] == ([] if store == "folder" else [held[0]["subject"]])
    assert len(held) == (0 if store == "folder" else 1)


def test_what_the_system_trusts_anyway_may_be_named_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ca_file: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "company.pem").write_bytes(ca_file.read_bytes())
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: _paths(ca_file, tmp_path / "no"))
    for name, path in (("SSL_CERT_DIR", folder), ("SSL_CERT_FILE", ca_file), ("REQUESTS_CA_BUNDLE", folder)):
        assert len(context_of(TrustedCertificates(((name, str(path)),))).get_ca_certs()) == 1


def test_without_any_store_mozillas_list_stands_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: _paths(tmp_path / "no.pem", tmp_path / "no"))
    monkeypatch.setattr(certificates, "_BUNDLES", ())
    assert len(context_of(TrustedCertificates()).get_ca_certs()) > 50


def test_the_oldest_version_is_tls_1_2() -> None:
    for trust in (TrustedCertificates(), TrustedCertificates(verifies=False)):
        assert context_of(trust).minimum_version == ssl.TLSVersion.TLSv1_2
