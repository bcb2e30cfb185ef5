"""A bad line: every row once, every wait said, every error with a way out; and the key stays here."""

from __future__ import annotations

import logging
import random
import threading
import time
import traceback
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from runql.errors import AuthError, BackendError, RateLimited, ServerError, Unreachable
from runql.plan.selectors import TypedSelector
from runql.sources.protocol import HistoryRequest, PageRequest
from runql.sources.wandb import Credentials, LineSettings, ServiceOptions, WandbService
from runql.sources.wandb.http.flow_control import limiter_of
from runql.sources.wandb.network.credentials import ApiKey, IdentityToken
from runql.sources.wandb.network.redaction import Secret
from runql.wandb_api.runs import Runs
from tests.server import Fault, Knobs, LoopbackServer
from tests.server.http import ACCESS_TOKEN
from tests.server.samples import vision
from tests.sources.wandb.conftest import HASTY, KEY, QUICK, Connect, Serve

PAGE = PageRequest("acme", "vision", per_page=10)

NEVER = 600.0
"""Seconds: longer than any test, on any machine."""

PASSING = [
    Fault("cut"),
    Fault("drop"),
    Fault.html(),
    Fault.html(502),
    Fault("status", 500, "{}"),
    Fault("status", 503),
    Fault("status", 504, '{"errors": [{"message": "context deadline exceeded"}]}'),
    Fault("status", 408),
    Fault("status", 429, '{"error": "rate limit exceeded"}', {"Retry-After": "0.01"}),
    Fault("status", 429, "", {"RateLimit-Reset": "0"}),
    Fault.graphql('{"errors": ["internal error"], "data": null}'),
    Fault.graphql('{"errors": [{"message": "context deadline exceeded"}]}'),
]

FINAL: list[tuple[Fault, type[BackendError]]] = [
    (Fault("status", 400, '{"errors": [{"message": "unknown column"}]}'), ServerError),
    (Fault("status", 401, "{}"), AuthError),
    (Fault("status", 403, '{"error": "permission denied"}'), AuthError),
    (Fault("status", 404, "not here"), BackendError),
    (Fault("status", 409), ServerError),
    (Fault("status", 422), ServerError),
    (Fault("status", 501), ServerError),
    (Fault("status", 302, "", {"Location": "http://elsewhere.test/graphql"}), ServerError),
    (Fault.graphql('{"errors": [{"message": "permission denied"}], "data": {"project": null}}'), AuthError),
]


@pytest.mark.parametrize("fault", PASSING, ids=str)
def test_what_passes_is_waited_out(serve: Serve, connect: Connect, fault: Fault) -> None:
    server = serve(knobs=Knobs(script=deque([fault, fault])))
    # Long enough for any computer: what passes ends it at once.
    assert len(connect(server).runs_page(PAGE).runs) == 10
    assert len(server.seen) == 3


@pytest.mark.parametrize(("fault", "error"), FINAL, ids=str)
def test_what_does_not_pass_is_not_asked_again(
    serve: Serve, connect: Connect, fault: Fault, error: type[BackendError]
) -> None:
    server = serve(knobs=Knobs(script=deque([fault])))
    with pytest.raises(error) as caught:
        connect(server).runs_page(PAGE)
    assert len(server.seen) == 1
    assert server.base_url.removeprefix("http://") in caught.value.diagnostics[0].message


def test_every_row_comes_once_over_a_line_that_fails_every_third_time(serve: Serve, connect: Connect) -> None:
    faults = [Fault("cut"), Fault("drop"), Fault("status", 502), Fault.html(), Fault("status", 429)]
    script: deque[Fault | None] = deque()
    for at in range(60):
        script += [None, None, faults[at % len(faults)]]
    server = serve(knobs=Knobs(script=script))
    service = connect(server)
    runs = Runs(service, "acme", "vision", per_page=7)
    assert [run.id for run in runs] == [f"run{at:05d}" for at in range(60)]
    frame = runs.histories(keys=["loss", "acc"], format="pandas")
    assert frame.groupby("run_id").size().tolist() == [40] * 60
    assert not frame.duplicated(["run_id", "_step"]).any()


@pytest.mark.parametrize("headers", [{"Retry-After": "1.2"}, {"RateLimit-Reset": "1.2", "RateLimit-Remaining": "0"}])
def test_it_says_why_it_waits(serve: Serve, connect: Connect, headers: dict[str, str]) -> None:
    said: list[tuple[str, threading.Thread]] = []
    server = serve(knobs=Knobs(script=deque([Fault("status", 429, "", headers)])))
    service = connect(server, on_wait=lambda text: said.append((text, threading.current_thread())))
    assert len(service.runs_page(PAGE).runs) == 10
    assert {text for text, _ in said} == {"throttled, going on in 1 s"}
    assert {thread for _, thread in said} == {threading.current_thread()}


def test_an_answer_that_uses_the_last_request_holds_the_next_one_back(serve: Serve, connect: Connect) -> None:
    server = serve()
    service = connect(server)
    limiter = limiter_of(server.base_url.removeprefix("http://"))
    service.runs_page(PAGE)
    assert limiter.paused_seconds == 0
    limiter.pause(3)
    server.forget()
    thread = threading.Thread(target=service.runs_page, args=(PAGE,))
    thread.start()
    assert limiter.paused_seconds > 0
    assert server.seen == []
    thread.join()
    assert len(server.seen) == 1


def test_a_wait_that_is_too_long_is_no_wait(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(fault_for=lambda _: Fault("status", 429, "", {"Retry-After": "3600"})))
    with pytest.raises(RateLimited):
        connect(server).runs_page(PAGE)
    assert len(server.seen) == 1


def test_concurrency_backs_off_and_recovers() -> None:
    limiter = limiter_of("a host of this test")
    assert limiter is limiter_of("a host of this test")
    assert limiter.allowed == 8
    for _ in range(9):
        limiter.too_much()
    assert limiter.allowed == 1
    for _ in range(100):
        limiter.went_well()
    assert limiter.allowed == 8


def test_a_server_that_is_not_there() -> None:
    server = LoopbackServer().start()
    server.stop()
    service = WandbService(Credentials(server.base_url), ServiceOptions(line=HASTY))
    with pytest.raises(Unreachable, match="cannot be reached"):
        service.runs_page(PAGE)
    service.close()


def test_a_server_that_is_silent(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(fault_for=lambda _: Fault("slow", seconds=NEVER)))
    service = connect(server, line=LineSettings(attempt_seconds=0.05, backoff_seconds=0.01, give_up_seconds=0.5))
    with pytest.raises(Unreachable, match="did not answer in time"):
        service.runs_page(PAGE)
    assert len(server.seen) > 1


def test_a_deadline(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(latency_seconds=NEVER))
    service = connect(server)
    with service.line.within(0.1), pytest.raises(Unreachable, match="within the time allowed") as caught:
        service.runs_page(PAGE)
    assert "--timeout" in caught.value.diagnostics[0].hints[0]
    server.knobs.latency_seconds = 0
    with service.line.within(30):
        assert len(service.runs_page(PAGE).runs) == 10


def test_rows_that_came_before_the_deadline_were_given(serve: Serve, connect: Connect) -> None:
    def fault(seen: Any) -> Fault | None:
        return Fault("slow", seconds=NEVER) if "run00059" in str(seen.variables) else None

    service = connect(serve(knobs=Knobs(fault_for=fault)))
    given = []
    request = HistoryRequest("acme", "vision", tuple(f"run{at:05d}" for at in range(60)), ("loss",))
    with service.line.within(NEVER), ExitStack() as deadline, pytest.raises(Unreachable):
        for history in service.histories(request):
            given.append(history.run_id)
            if len(given) == 40:  # all that come: the time is over when they are here, however long that took
                deadline.enter_context(service.line.within(0.1))
    assert given == [f"run{at:05d}" for at in range(40)]


def test_cancel_ends_it_from_another_thread(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(latency_seconds=NEVER))
    service = connect(server)
    raised: list[BaseException] = []

    def ask() -> None:
        try:
            service.runs_page(PAGE)
        except BackendError as error:
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not server.seen:
        time.sleep(0.01)
    service.line.cancel()
    thread.join()  # the server would not have answered
    (error,) = raised
    assert isinstance(error, Unreachable)
    assert "cancelled" in str(error)
    server.knobs.latency_seconds = 0
    assert len(service.runs_page(PAGE).runs) == 10


def test_an_interrupt_cancels_what_is_on_its_way(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(latency_seconds=2))

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    service = connect(server, on_wait=interrupt)
    server.knobs.script.append(Fault("status", 429, "", {"Retry-After": "2"}))
    with pytest.raises(KeyboardInterrupt):
        service.runs_page(PAGE)
    assert service._client._pending == set()


def test_closing_twice_and_asking_again(serve: Serve, connect: Connect) -> None:
    service = connect(serve())
    service.close()
    assert len(service.runs_page(PAGE).runs) == 10
    service.close()
    service.close()
    assert len(service.runs_page(PAGE).runs) == 10


# ------------------------------------------------------------ who asks


def test_the_key_travels_as_w_and_b_takes_it(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(key=KEY, public=False))
    assert len(connect(server).runs_page(PAGE).runs) == 10
    assert server.seen[0].headers["Authorization"].startswith("Basic ")
    assert "RunQL" in server.seen[0].headers["User-Agent"]
    with pytest.raises(AuthError, match="does not know this key"):
        connect(server, key="z" * 40).runs_page(PAGE)


def test_public_projects_need_no_key(serve: Serve, connect: Connect) -> None:
    server = serve()
    assert len(connect(server, key=None).runs_page(PAGE).runs) == 10
    assert "Authorization" not in server.seen[0].headers
    server.knobs.public = False
    with pytest.raises(AuthError) as caught:
        connect(server, key=None).runs_page(PAGE)
    assert any("wandb login" in hint for hint in caught.value.diagnostics[0].hints)


def test_the_key_goes_to_no_other_host(serve: Serve, connect: Connect) -> None:
    other = serve()
    location = {"Location": f"{other.base_url}/graphql"}
    server = serve(knobs=Knobs(script=deque([Fault("status", 307, "", location)])))
    with pytest.raises(ServerError, match="elsewhere"):
        connect(server).runs_page(PAGE)
    assert other.seen == []


def test_the_key_goes_over_tls_unless_somebody_insists() -> None:
    plain = Credentials("http://w.test", ApiKey(Secret(KEY), "x"))
    with pytest.raises(AuthError, match="without TLS"):
        WandbService(plain)
    WandbService(plain, ServiceOptions(allow_plain=True))
    WandbService(Credentials("http://w.test"))
    WandbService(Credentials("https://w.test", ApiKey(Secret(KEY), "x")))


def test_the_key_shows_nowhere(serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f'{{"errors": [{{"message": "invalid key {KEY}"}}]}}'
    service = connect(serve(knobs=Knobs(script=deque([Fault.graphql(echo)]))))
    del echo  # this frame is in the traceback too
    with pytest.raises(AuthError) as caught:
        service.runs_page(PAGE)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    for text in (shown, str(caught.value), repr(caught.value.diagnostics), repr(service), caplog.text):
        assert KEY not in text
    assert "***" in str(caught.value)


def test_a_federated_identity_is_exchanged_once(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("jwt\n")
    token = IdentityToken(tmp_path / "token", tmp_path / "w" / "credentials.json", "x")
    server = serve(knobs=Knobs(identity_token="jwt", public=False, key="nobody's"))
    for exchanges in (1, 0):
        server.forget()
        service = WandbService(Credentials(server.base_url, token), ServiceOptions(line=QUICK))
        service.runs_page(PAGE)
        service.count("acme", "vision", TypedSelector())
        service.close()
        assert server.operations["oidc"] == exchanges
        assert server.seen[-1].headers["Authorization"] == f"Bearer {ACCESS_TOKEN}"
    assert token.credentials_path.stat().st_mode & 0o077 == 0


def test_an_identity_that_is_refused(serve: Serve, tmp_path: Path) -> None:
    token = IdentityToken(tmp_path / "token", tmp_path / "credentials.json", "x")
    server = serve(knobs=Knobs(identity_token="jwt"))
    for text in (None, "other"):
        if text is not None:
            token.path.write_text(text)
        service = WandbService(Credentials(server.base_url, token), ServiceOptions(line=QUICK))
        with pytest.raises(AuthError):
            service.runs_page(PAGE)
        service.close()


# ------------------------------------------------------------ a line that is bad for long


def unlucky(share: float, seed: int) -> Knobs:
    """A server where that share of all requests fails, in every way that passes."""
    luck = random.Random(seed)
    return Knobs(fault_for=lambda _: luck.choice(PASSING) if luck.random() < share else None)


@pytest.mark.parametrize("seed", range(3))
def test_every_row_comes_once_where_two_of_three_requests_fail(serve: Serve, connect: Connect, seed: int) -> None:
    service = connect(serve(knobs=unlucky(2 / 3, seed)))
    runs = Runs(service, "acme", "vision", per_page=7)
    names = [f"run{at:05d}" for at in range(60)]
    assert [run.id for run in runs] == names
    frame = runs.histories(keys=["loss", "acc"], format="pandas")
    assert frame.groupby("run_id").size().tolist() == [40] * 60
    assert not frame.duplicated(["run_id", "_step"]).any()
    scanned = list(service.histories(HistoryRequest("acme", "vision", tuple(names[:9]), ("loss",), samples=None)))
    assert [(part.run_id, part.length, part.notices) for part in scanned] == [(name, 40, ()) for name in names[:9]]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.html(), ServerError),
        (Fault("status", 503), ServerError),
        (Fault("drop"), Unreachable),
        (Fault("cut"), Unreachable),
        (Fault("status", 429), RateLimited),
    ],
    ids=str,
)
def test_a_line_on_which_nothing_gets_through_is_given_up(
    serve: Serve, connect: Connect, fault: Fault, error: type[BackendError]
) -> None:
    server = serve(knobs=Knobs(fault_for=lambda _: fault))
    service = connect(server, line=HASTY)
    with pytest.raises(error):
        service.runs_page(PAGE)
    assert server.seen


def test_a_server_that_goes_away_in_the_middle_is_waited_for(serve: Serve, connect: Connect) -> None:
    first = serve()
    service = connect(first)
    assert len(service.runs_page(PAGE).runs) == 10
    port = int(first.base_url.rpartition(":")[2])
    service.close()  # its kept connections would hold the old server
    first.stop()

    def back() -> None:
        time.sleep(0.5)
        later.append(LoopbackServer(vision(60, 40), port=port).start())

    later: list[LoopbackServer] = []
    thread = threading.Thread(target=back)
    thread.start()
    assert len(service.runs_page(PAGE).runs) == 10
    thread.join()
    later[0].stop()


def test_a_question_that_never_passes_while_others_do_is_given_up(serve: Serve, connect: Connect) -> None:
    """A single run whose answer always breaks off: the others come, and it is said."""

    def fault(seen: Any) -> Fault | None:
        return Fault("cut") if "run00007" in str(seen.variables) else None

    service = connect(serve(knobs=Knobs(fault_for=fault)))
    names = tuple(f"run{at:05d}" for at in range(60))
    histories = list(service.histories(HistoryRequest("acme", "vision", names, ("loss",))))
    assert [history.run_id for history in histories if history.notices] == ["run00007"]
    assert sum(history.length for history in histories) == 59 * 40
