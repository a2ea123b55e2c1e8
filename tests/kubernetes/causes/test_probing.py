"""A replica that runs and is not ready is told by what its probe got and by where it listens."""

from __future__ import annotations

import pytest
from clinic.ward import Ward, until

from cloudkit.model.cause import CauseCode
from cloudkit.model.probe import ExecProbe, HttpProbe, TcpProbe

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]
STATUS = """
import http.server
class Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({status})
        self.end_headers()
http.server.HTTPServer(("", 3000), Answering).serve_forever()
"""


def server(port: int, address: str = "0.0.0.0") -> tuple[str, ...]:
    """Return the command of a server that listens there."""
    return "python", "-m", "http.server", str(port), "--bind", address


def answering(status: int) -> tuple[str, ...]:
    """Return the command of a server that always answers so."""
    return "python", "-c", STATUS.replace("{status}", str(status))


def test_another_port(ward: Ward) -> None:
    """Where it does listen is said, and the call deploys that port."""
    cause = ward.diagnose(ward.app(*server(8080), port=3000))

    assert (cause.code, cause.certain) == (CauseCode.OTHER_PORT, True)
    assert "listens on port 8080, not on 3000" in cause.summary
    assert cause.fix.endswith("--port 8080")


def test_loopback_only(ward: Ward) -> None:
    """The right port on the wrong address is told from the wrong port."""
    cause = ward.diagnose(ward.app(*server(3000, "127.0.0.1"), port=3000))

    assert (cause.code, cause.certain) == (CauseCode.LOOPBACK_ONLY, True)
    assert "listens on 127.0.0.1:3000" in cause.evidence


def test_a_start_that_its_probe_still_calls_starting_goes_on(ward: Ward) -> None:
    """With a start-up probe, another port is no certain fault before the probe's allowance is over."""
    spec = ward.app(*server(8080), port=3000, startup=TcpProbe(period=1, failure_threshold=60))

    cause = ward.diagnose(spec, within=12)

    assert (cause.code, cause.certain) == (CauseCode.OTHER_PORT, False)


def test_a_program_that_listens_nowhere_yet(ward: Ward) -> None:
    """It is waited for."""
    cause = ward.diagnose(ward.app("sleep", "60", port=3000), certain=False)

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, False)
    assert "port 3000" in cause.summary


def test_a_path_that_is_not_there(ward: Ward) -> None:
    """The request and the status are told; a 404 that stays ends the wait before its deadline."""
    spec = ward.app(*answering(404), port=3000, readiness=HttpProbe(path="/healthz"))

    cause = ward.diagnose(spec)

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, True)
    assert "GET /healthz on port 3000: the answer was 404" in cause.summary


def test_a_server_that_is_not_ready_yet(ward: Ward) -> None:
    """A 503 says to wait, so that is done."""
    spec = ward.app(*answering(503), port=3000, readiness=HttpProbe(path="/healthz"))

    cause = ward.diagnose(spec, within=8, certain=False)

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, False)


def test_a_command_as_probe_that_fails(ward: Ward) -> None:
    """What the command printed is the evidence."""
    probe = ExecProbe(command=("sh", "-c", "echo no database; exit 1"), failure_threshold=1)

    cause = ward.diagnose(ward.app("sleep", "60", readiness=probe), certain=False)

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, False)
    assert "the probe's command failed: no database" in cause.evidence


@pytest.mark.parametrize("kind", ["liveness", "startup"])
def test_a_probe_for_which_it_is_ended_again_and_again(ward: Ward, kind: str) -> None:
    """It is no crash: the node itself ended it."""
    probe = TcpProbe(period=1, failure_threshold=1, port=4000)

    cause = ward.diagnose(ward.app("sleep", "60", port=3000, **{kind: probe}), within=90)

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, True)
    assert "port 4000" in cause.summary
    assert "it was ended 3 times for that" in cause.summary


def test_a_replica_that_serves_has_no_cause(ward: Ward) -> None:
    """Nothing is said of what is well."""
    spec = ward.app(*server(3000), port=3000)
    ward.admit(spec)

    from cloudkit.backends.kubernetes.causes import gather

    until(lambda: (facts := gather(ward.client, spec, 1)) is not None and facts.ready)

    assert ward.cause(spec) is None
