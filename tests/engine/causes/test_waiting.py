"""A replica that runs but is not reached is told by where it listens and what its probe sees."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator

import pytest
from engine.causes.patient import NODE, Ward, app

from cloudkit.model.cause import CauseCode
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe, TcpProbe

pytestmark = pytest.mark.engine
WEB = (Port(number=3000),)


def server(listen: str, status: int = 200, delay: int = 0) -> tuple[str, str, str]:
    """Return the command of a server that listens there."""
    answer = f"(request, response) => {{ response.statusCode = {status}; response.end() }}"
    return "node", "-e", f"setTimeout(() => require('http').createServer({answer}).listen({listen}), {delay})"


@pytest.fixture
def bare(ward: Ward) -> Iterator[str]:
    """An image in which nothing can look at its own sockets."""
    name = f"cloudkit-test/bare-{secrets.token_hex(4)}:1"
    text = f"FROM {NODE}\nRUN rm /bin/cat\n".encode()
    for event in ward.api.build(fileobj=io.BytesIO(text), tag=name, rm=True, decode=True):
        assert "error" not in event, event
    yield name
    ward.api.remove_image(name, force=True)


def test_another_port(ward: Ward) -> None:
    """Where it does listen is said, and the call deploys that port."""
    cause = ward.diagnose(app(NODE, *server("8080"), ports=WEB))

    assert (cause.code, cause.certain) == (CauseCode.OTHER_PORT, True)
    assert "listens on port 8080, not on 3000" in cause.summary
    assert cause.fix.endswith("--port 8080")


def test_another_port_in_an_image_without_tools(ward: Ward, bare: str) -> None:
    """The replica's sockets are seen from beside it, and nothing is left behind."""
    cause = ward.diagnose(app(bare, *server("8080"), ports=WEB))

    label = [f"cloudkit/namespace={ward.namespace}", "app.kubernetes.io/component=task"]
    assert cause.code is CauseCode.OTHER_PORT
    assert ward.api.containers(all=True, filters={"label": label}) == []


def test_loopback_only(ward: Ward) -> None:
    """The right port on the wrong address is told from the wrong port."""
    cause = ward.diagnose(app(NODE, *server("3000, '127.0.0.1'"), ports=WEB))

    assert (cause.code, cause.certain) == (CauseCode.LOOPBACK_ONLY, True)
    assert "listens on 127.0.0.1:3000" in cause.evidence
    assert "0.0.0.0" in cause.fix


def test_a_start_that_its_probe_still_calls_starting_goes_on(ward: Ward) -> None:
    """With a start-up probe, another port is no certain fault before the probe's allowance is over."""
    startup = TcpProbe(period=1, failure_threshold=60)

    cause = ward.diagnose(app(NODE, *server("8080"), ports=WEB, startup=startup), within=6)

    assert (cause.code, cause.certain) == (CauseCode.OTHER_PORT, False)


def test_a_program_that_listens_late_is_waited_for(ward: Ward) -> None:
    """Nothing listens yet, which is no certain fault, and then nothing is wrong."""
    spec = app(NODE, *server("3000", delay=2500), ports=WEB)

    cause = ward.diagnose(spec, within=1.5)

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, False)
    assert "listens on no port yet" in cause.summary


def test_a_path_that_is_not_there(ward: Ward) -> None:
    """The request and the status are told; a 404 that stays ends the wait before its deadline."""
    spec = app(NODE, *server("3000", status=404), ports=WEB, readiness=HttpProbe(path="/healthz"))

    cause = ward.diagnose(spec, within=20)

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, True)
    assert "GET /healthz on port 3000: the answer was 404" in cause.summary


def test_a_server_that_is_not_ready_yet(ward: Ward) -> None:
    """A 503 says to wait, so that is done."""
    spec = app(NODE, *server("3000", status=503), ports=WEB, readiness=HttpProbe(path="/healthz"))

    cause = ward.diagnose(spec, within=3)

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, False)
    assert "503" in cause.summary


def test_a_command_as_probe_that_fails(ward: Ward) -> None:
    """What the command printed is the evidence."""
    probe = ExecProbe(command=("sh", "-c", "echo no database; exit 1"), period=0.3, failure_threshold=1)

    cause = ward.diagnose(app("debian:bookworm-slim", "sleep", "600", readiness=probe), within=4)

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, False)
    assert "the probe's command exited with 1: no database" in cause.evidence


def test_a_replica_that_serves_has_no_cause(ward: Ward) -> None:
    """Nothing is said of what is well."""
    spec = app(NODE, *server("3000"), ports=WEB)
    name, front = ward.admit(spec)
    assert front is not None
    while not front.up(name):
        pass
    front.enable(name)

    assert ward.cause(spec, name, front) is None
