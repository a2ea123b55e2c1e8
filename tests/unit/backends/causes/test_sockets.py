"""The kernel's table of sockets is read as it stands, and anything else in it is passed over."""

from __future__ import annotations

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.causes.life import Listening
from cloudkit.backends.causes.sockets import listening_in

TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0B00007F:9C41 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0
   3: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 4 1 0 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000000000000:1A0A 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 00000000000000000000000001000000:1A0B 00000000000000000000000000000000:0000 0A 00000000:00000000
   2: 0000000000000000FFFF00000100007F:1A0C 00000000000000000000000000000000:0000 0A 00000000:00000000
"""


def test_listeners_of_both_families_are_found_and_connections_are_not() -> None:
    """Only state 0A listens; the engine's own name server is nobody's port."""
    found = {(str(one.address), one.port) for one in listening_in(TABLE)}

    mapped = str(ip_address("::ffff:127.0.0.1"))
    assert found == {("0.0.0.0", 3000), ("127.0.0.1", 8080), ("::", 6666), ("::1", 6667), (mapped, 6668)}


def test_loopback_is_known_in_every_form() -> None:
    """IPv4, IPv6 and IPv4 within IPv6."""
    loopback = {one.port for one in listening_in(TABLE) if one.loopback}

    assert loopback == {8080, 6667, 6668}


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    """A replica's own ``cat`` may print whatever it likes."""
    found = listening_in(text)

    assert all(isinstance(one, Listening) for one in found)
