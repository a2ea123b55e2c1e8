"""What the kernel says of listening sockets, read: pure.

Source: proc(5), ``/proc/net/tcp``; addresses stand there in the byte order of the machine, which is the little one.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, ip_network

from cloudkit.backends.causes.life import Listening

__all__ = ["listening_in"]

LISTEN = "0A"
_ENGINES_DNS = ip_network("127.0.0.11/32")


def listening_in(text: str) -> tuple[Listening, ...]:
    """Return what is listened on, by port; the engine's own name server is left out.

    >>> row = "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1"
    >>> listening_in(row)
    (Listening(address=IPv4Address('127.0.0.1'), port=3000),)
    """
    found = {one for line in text.splitlines() if (one := _listening(line.split())) is not None}
    return tuple(sorted(found, key=lambda one: (one.port, one.address.version, int(one.address))))


def _listening(words: list[str]) -> Listening | None:
    if len(words) < 4 or words[3] != LISTEN:
        return None
    address, _, port = words[1].partition(":")
    try:
        parsed = _address(bytes.fromhex(address))
        number = int(port, 16)
    except (ValueError, struct.error):
        return None
    return None if parsed in _ENGINES_DNS else Listening(address=parsed, port=number)


def _address(raw: bytes) -> IPv4Address | IPv6Address:
    """Turn the words of an address round, each by itself."""
    count = len(raw) // 4
    turned = struct.pack(f">{count}I", *struct.unpack(f"<{count}I", raw))
    return IPv6Address(turned) if count == 4 else IPv4Address(turned)
