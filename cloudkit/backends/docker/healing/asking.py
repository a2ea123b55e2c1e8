"""Ask a replica whether it lives: from here where its address is reached, else from inside its balancer."""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING

from cloudkit.backends.docker.names import shown
from cloudkit.backends.docker.observe import Seen, observe_app
from cloudkit.backends.docker.operations.execute import execute
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.errors import BackendError, UnsupportedError
from cloudkit.model.probe import ExecProbe, HttpProbe

if TYPE_CHECKING:
    from cloudkit.engine.connect import Engine
    from cloudkit.model.app import AppSpec
    from cloudkit.model.probe import Probe
    from cloudkit.model.state import Replica

__all__ = ["Asking", "asked_from_here"]

PATIENCE = 1.0  # seconds in which a near address answers or refuses
FAILED = 1
MARGIN = 2.0  # seconds that the engine may take to run a command, beside the probe's own timeout
LONGEST_REASON = 200
_PERL = r"""
use strict; use IO::Socket::INET; my ($host, $port, $timeout, $path, $name) = @ARGV;
sub fail { print "$_[0]\n"; exit 1 }
$SIG{ALRM} = sub { fail("no answer within $timeout s") }; alarm(int($timeout + 0.999));
my $s = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => $timeout) or fail("port $port: $!");
exit 0 if $path eq "";
print $s "GET $path HTTP/1.1\r\nHost: $name\r\nUser-Agent: cloudkit-probe\r\nConnection: close\r\n\r\n"; $s->flush;
my $line = <$s> // ""; my ($status) = $line =~ m{^HTTP/\d\S* (\d+)};
fail("GET $path on port $port: no HTTP answer") unless $status;
fail("GET $path on port $port answered $status") unless $status >= 200 && $status < 400;
"""


class Asking:
    """Asks replicas of one namespace; several threads may use it at once.

    Args:
        engine: A connection to the engine.
        namespace: Whose replicas.
    """

    def __init__(self, engine: Engine, namespace: str) -> None:
        self._engine = engine
        self._namespace = namespace
        self._near: set[str] = set()

    def probe(self, spec: AppSpec, replica: Replica, probe: Probe) -> str:
        """Return why a replica fails; an empty text when it passes."""
        if isinstance(probe, ExecProbe):
            return self._run(Target(id=replica.id, name=replica.name), probe.command, probe.timeout)
        port = probe.port or spec.ports[0].number
        path = probe.path if isinstance(probe, HttpProbe) else ""
        balancer = None if spec.name in self._near else self._balancer(spec)
        if balancer is None or self._is_near(spec, balancer):
            return self._from_here(spec, replica, port, path, probe.timeout)
        words = (replica.address, str(port), f"{probe.timeout:g}", path, spec.name)
        target = Target(id=balancer.id, name=shown(self._namespace, balancer.name))
        return self._run(target, ("perl", "-e", _PERL, *words), probe.timeout + MARGIN, known=(0, FAILED))

    def _from_here(self, spec: AppSpec, replica: Replica, port: int, path: str, timeout: float) -> str:
        """Ask by the replica's address; where nothing near it has answered, silence proves nothing."""
        try:
            return asked_from_here(replica.address, port, path, timeout, host=spec.name)
        except OSError as error:
            if spec.name not in self._near:
                message = f"replicas of {spec.name!r} cannot be asked from here, and there is no balancer to ask from"
                raise UnsupportedError(message, capability="liveness", hint="an exec: probe") from error
            return f"port {port}: {error}"

    def _balancer(self, spec: AppSpec) -> Seen | None:
        return observe_app(self._engine.api, self._namespace, spec.name).balancer

    def _is_near(self, spec: AppSpec, balancer: Seen) -> bool:
        """True where this machine reaches what stands beside the replicas; a refusal is an answer, too."""
        if not self._engine.endpoint.startswith("unix://") or not balancer.address:
            return False
        port = spec.ports[0].number if spec.ports else 1
        try:
            socket.create_connection((balancer.address, port), PATIENCE).close()
        except ConnectionRefusedError:
            pass
        except OSError:
            return False
        self._near.add(spec.name)
        return True

    def _run(self, target: Target, command: tuple[str, ...], timeout: float, known: tuple[int, ...] = ()) -> str:
        """Run a command that asks; an exit code that is not among the known ones is no answer."""
        done = execute(self._engine.api, target, command, timeout=timeout)
        if known and done.exit_code not in known:
            raise BackendError(f"{command[0]} in {target.name} exited with {done.exit_code}", evidence=[done.output])
        if done.exit_code == 0:
            return ""
        said = " ".join(done.output.split())[:LONGEST_REASON]
        return said if known else f"{' '.join(command)} exited with {done.exit_code}: {said}".rstrip(": ")


def asked_from_here(address: str, port: int, path: str, timeout: float, *, host: str) -> str:
    """Open a connection and, where there is a path, GET it; return why that fails, an empty text when it passes.

    Raises:
        OSError: Nobody answers at that address within the time; a refused connection is an answer.
    """
    try:
        if not path:
            socket.create_connection((address, port), timeout).close()
            return ""
        connection = http.client.HTTPConnection(address, port, timeout=timeout)
        try:
            connection.request("GET", path, headers={"Host": host, "User-Agent": "cloudkit-probe"})
            status = connection.getresponse().status
        finally:
            connection.close()
    except ConnectionRefusedError:
        return f"nothing listens on port {port}"
    except http.client.HTTPException as error:
        return f"GET {path} on port {port}: {type(error).__name__}"
    return "" if 200 <= status < 400 else f"GET {path} on port {port} answered {status}"
