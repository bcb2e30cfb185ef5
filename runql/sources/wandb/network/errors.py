"""What went wrong on the way to a server: the sentence for an exception of TLS, of names, of sockets and of proxies."""

from __future__ import annotations

import os
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from runql.sources.wandb.failures.failures import Failure, Fault, clean
from runql.sources.wandb.network.network import Network

EXCEPTIONS: Mapping[str, Fault] = MappingProxyType(
    {
        "ConnectError": Fault.NO_CONNECTION,
        "ConnectTimeout": Fault.NO_CONNECTION,
        "ProxyError": Fault.NO_CONNECTION,
        "ReadError": Fault.BROKEN,
        "WriteError": Fault.BROKEN,
        "CloseError": Fault.BROKEN,
        "RemoteProtocolError": Fault.BROKEN,
        "DecodingError": Fault.BROKEN,
        "ReadTimeout": Fault.TIMED_OUT,
        "WriteTimeout": Fault.TIMED_OUT,
        "PoolTimeout": Fault.TIMED_OUT,
        "LocalProtocolError": Fault.BAD_URL,
        "UnsupportedProtocol": Fault.BAD_URL,
        "InvalidURL": Fault.BAD_URL,
        "TooManyRedirects": Fault.REDIRECTED,
        "NetworkError": Fault.BROKEN,
        "ProtocolError": Fault.BROKEN,
        "TimeoutException": Fault.TIMED_OUT,
        "TransportError": Fault.BROKEN,
        "RequestError": Fault.BROKEN,
        "HTTPError": Fault.BROKEN,
    }
)
"""By the name of an exception of httpx. Those of reading a stream twice are faults of ours and are not caught."""

_OUT_OF_TIME: Mapping[int, str] = {9: "it is not valid yet", 10: "it has expired"}
_OF_ANOTHER = frozenset({62, 63, 64})
_SELF_SIGNED = 18

_OLD = re.compile(r"PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|VERSION_TOO_LOW|INAPPROPRIATE_FALLBACK")
_PLAIN = re.compile(r"WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST|UNKNOWN_PROTOCOL|RECORD_LAYER_FAILURE")
_REFUSED = re.compile(
    r"HANDSHAKE_FAILURE|NO_SHARED_CIPHER|KEY_TOO_SMALL|BAD_CERTIFICATE|CERTIFICATE_REQUIRED|UNRECOGNIZED"
)

_NO_HTTP = re.compile(r"illegal (status|request) line", re.I)

_STATUS = re.compile(r"(\d{3})\b")
_MAY_PASS = frozenset({"408", "429", "500", "502", "503", "504"})
_WANTS_PASSWORD = re.compile(r"username|password|but got", re.I)


def failure_of(error: Exception, network: Network | None = None) -> Failure:
    """The failure that an exception of httpx is, on this way."""
    network = Network() if network is None else network
    names = (each.__name__ for each in type(error).__mro__)
    kind = next((EXCEPTIONS[name] for name in names if name in EXCEPTIONS), Fault.BROKEN)
    detail, hints = clean(str(error)), ()
    causes = tuple(_causes(error))
    for each in causes:
        if isinstance(each, ssl.SSLCertVerificationError):
            return _certificate(each, network)
    tls = next((each for each in causes if isinstance(each, ssl.SSLError)), None)
    if tls is not None and (found := _tls(tls, network)) is not None:
        return found
    if type(error).__name__ == "ProxyError" and network.proxy is not None:
        return _proxy(detail, network)
    if type(error).__name__ == "RemoteProtocolError" and _NO_HTTP.search(detail):
        kind = Fault.NO_HTTP
    if kind is Fault.NO_CONNECTION:
        detail = _socket(causes) or detail
    if network.proxy is not None and kind is not Fault.BAD_URL:
        detail = f"{network.proxy}: {detail}" if detail else str(network.proxy)
    return Failure(kind, detail, hints=hints)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that it stems from."""
    for _ in range(20):
        if error is None:
            return
        yield error
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions:
                yield from _causes(one)
        error = error.__cause__ or error.__context__


def _certificate(error: ssl.SSLCertVerificationError, network: Network) -> Failure:
    code, hints = error.verify_code, []
    if code in _OUT_OF_TIME:
        detail = _OUT_OF_TIME[code]
        hints.append(
            f"is the clock of this machine right? it says {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}"
        )
    elif code in _OF_ANOTHER:
        detail = "it is of another host"
        hints.append("is `WANDB_BASE_URL` (or `base_url`) the name that the certificate is for?")
    elif code == _SELF_SIGNED:
        detail = "it is signed by itself"
    else:
        detail = clean(error.verify_message or "") or "it cannot be verified"
    for name, path in network.trust.named:
        hints.append(f"`{name}` names `{path}`: is the CA of this server in it?")
    return Failure(Fault.CERTIFICATE, _through(detail, network), hints=hints)


def _tls(error: ssl.SSLError, network: Network) -> Failure | None:
    reason = str(error.reason or error)
    if _OLD.search(reason):
        return Failure(
            Fault.NO_TLS, _through("it speaks only a version of TLS older than 1.2, or none of ours", network)
        )
    if _PLAIN.search(reason):
        hint = "what answers there does not speak TLS: is it `http://`, or another port?"
        return Failure(Fault.NO_TLS, _through("no TLS is spoken there", network), hints=(hint,))
    if _REFUSED.search(reason):
        return Failure(Fault.NO_TLS, _through(clean(reason.lower().replace("_", " ")), network))
    return None


def _proxy(said: str, network: Network) -> Failure:
    """What a proxy said that opened no tunnel."""
    status = _STATUS.match(said)
    detail = f"{network.proxy} says {said}"
    if (status is not None and status[1] == "407") or (status is None and _WANTS_PASSWORD.search(said)):
        return Failure(Fault.PROXY_ASKS, detail)
    if status is None or status[1] in _MAY_PASS:
        return Failure(Fault.NO_CONNECTION, detail)
    return Failure(Fault.PROXY_REFUSES, detail)


def _socket(causes: tuple[BaseException, ...]) -> str:
    """Why no connection came to be, in words."""
    for each in causes:
        if isinstance(each, OSError) and type(each).__name__ == "gaierror":
            return f"its name is not known ({clean(each.strerror or str(each))})"
    for each in causes:
        if isinstance(each, OSError) and each.errno is not None and each.errno > 0:
            return os.strerror(each.errno).lower()
    return ""


def _through(detail: str, network: Network) -> str:
    return detail if network.proxy is None else f"{detail}, through {network.proxy}"
