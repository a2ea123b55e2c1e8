"""What HAProxy says is read as it was meant; what it refuses is an error with its words."""

from __future__ import annotations

import pytest

from cloudkit.backends.docker.balancer import Admin, BalancerSettings, Check
from cloudkit.backends.docker.balancer.runtime import Runtime
from cloudkit.errors import BackendError, UsageError
from cloudkit.model.port import Port

FIELDS = (
    "be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_check_result srv_check_state"
)
STATES = f"""\
1
# {FIELDS} srv_port srv_check_port
3 port-3000 1 web-1 10.0.0.7 {{op}} {{admin}} {{weight}} {{result}} {{check}} 3000 3000
"""
STATISTICS = """\
# pxname,svname,qcur,scur,status,check_status,check_code,last_chk,
port-3000,web-1,2,5,UP,{status},{code},"{detail}",
"""
SETTINGS = BalancerSettings(app="web", ports=(Port(number=3000),), check=Check(port=3000))


class Recorded:
    """Answers as HAProxy 2.6 did, and keeps what it was asked."""

    def __init__(self, *, refusal: str = "", **fields: object) -> None:
        defaults = {
            "op": 2,
            "admin": 0,
            "weight": 1,
            "result": 3,
            "check": 6,
            "status": "L7OK",
            "code": 200,
            "detail": "passed",
        }
        self.fields = defaults | fields
        self.refusal = refusal
        self.asked: list[str] = []

    def __call__(self, command: str) -> str:
        """Answer one command."""
        self.asked.append(command)
        if command == "show servers state":
            return STATES.format(**self.fields)
        return STATISTICS.format(**self.fields) if command.startswith("show stat") else self.refusal


def test_a_server_that_passes_and_is_ready_serves() -> None:
    """Its figures are those of HAProxy, with those that wait counted as in flight."""
    (server,) = Runtime(Recorded(), SETTINGS).servers()

    assert server.serving
    assert (server.name, server.address, server.sessions, server.check, server.code) == (
        "web-1",
        "10.0.0.7",
        7,
        "L7OK",
        200,
    )


@pytest.mark.parametrize(
    ("mask", "expected"),
    [(0, Admin.READY), (8, Admin.DRAIN), (1, Admin.MAINT), (5, Admin.MAINT), (4, Admin.READY), (9, Admin.MAINT)],
)
def test_the_mask_of_what_was_asked_is_read(mask: int, expected: Admin) -> None:
    """Maintenance, from the file or by command, outweighs draining."""
    (server,) = Runtime(Recorded(admin=mask), SETTINGS).servers()

    assert server.admin is expected


def test_a_server_without_weight_is_on_trial() -> None:
    """It is told apart from one that drains."""
    (server,) = Runtime(Recorded(weight=0), SETTINGS).servers()

    assert (server.admin, server.serving) == (Admin.TRIAL, False)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"op": 0, "result": 2}, False),  # a check failed
        ({"op": 0, "result": 0, "weight": 0}, False),  # on trial, before its first check
        ({"op": 2, "result": 0, "weight": 0}, False),  # on trial, after a restart
        ({"op": 2, "result": 0}, True),  # of the file: serves before its first check
        ({"op": 2, "result": 0, "check": 0}, True),  # has no checks
        ({"op": 2, "result": 4}, True),  # passed, on condition
    ],
)
def test_only_a_check_that_passed_or_none_at_all_lets_a_server_pass(*, fields: dict[str, int], expected: bool) -> None:
    """A replica on trial passes by a check of its own, never by default."""
    (server,) = Runtime(Recorded(**fields), SETTINGS).servers()

    assert server.passing is expected


def test_what_the_last_check_saw_is_told() -> None:
    """Layer, status and words of a failed check are kept, without the mark of one in progress."""
    (server,) = Runtime(Recorded(op=0, result=2, status="* L7STS", code=503, detail="a, b"), SETTINGS).servers()

    assert (server.check, server.code, server.detail) == ("L7STS", 503, "a, b")


def test_what_haproxy_refuses_is_an_error_with_its_words() -> None:
    """An answer that is not known as assent is a refusal."""
    runtime = Runtime(Recorded(refusal="No such server."), SETTINGS)

    with pytest.raises(BackendError, match=r"No such server\."):
        runtime.drain("web-1")


@pytest.mark.parametrize("name", ["a;shutdown", "a\nshow info", "a b", "", "../x", "a/b"])
def test_no_name_becomes_a_second_command(name: str) -> None:
    """A name with a separator is refused before anything is sent."""
    recorded = Recorded()

    with pytest.raises(UsageError):
        Runtime(recorded, SETTINGS).maintain(name)

    assert recorded.asked == []


def test_a_replica_without_a_check_is_enabled_all_the_same() -> None:
    """One of an older revision has no check of the present probe; any other refusal is an error."""
    listed = STATES.format(op=2, admin=0, weight=1, result=3, check=6)
    refused = "Health check was not configured on this server, cannot enable it."
    words = {"enable": refused, "set": "", "bad": "No.", "show": listed}

    Runtime(lambda command: words[command.split()[0]], SETTINGS)._enable("web-1")

    with pytest.raises(BackendError, match="refused"):
        Runtime(lambda command: words["bad" if command.startswith("enable") else command.split()[0]], SETTINGS)._enable(
            "web-1"
        )
