"""Reach an engine as the docker command does, or say in three lines why not."""

from __future__ import annotations

import socket
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeAlias

from cloudkit.config import Config, Endpoint, Tls
from cloudkit.engine.errors import root_cause, translate
from cloudkit.engine.unreachable import unreachable
from cloudkit.errors import CloudkitError, ConfigError

if TYPE_CHECKING:
    from docker import APIClient, DockerClient
    from docker.tls import TLSConfig

__all__ = ["Engine", "Features", "connect"]

CONNECT_TIMEOUT = 10
"""Seconds that the first answer may take."""
ANSWER_TIMEOUT = 60
"""Seconds that any later answer may take; streams have none."""

Connected: TypeAlias = "tuple[DockerClient, dict[str, Any]]"
"""A client, and what the engine said of its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What an engine can do.

    Args:
        podman: True for Podman behind Docker's interface.
        containerd_store: True when images live in containerd's store: several platforms, manifests' digests.
        buildkit: True when the engine has BuildKit built in.
        root: The folder on the engine's machine that holds its data.
    """

    podman: bool
    containerd_store: bool
    buildkit: bool
    root: str


@dataclass(frozen=True)
class Engine:
    """A connection to an engine: the SDK's client, and what is known of the engine.

    Args:
        client: The docker SDK's client.
        config: What it was connected by.
        endpoint: Its address, without credentials.
        answer: What the engine said of its version.
    """

    client: DockerClient
    config: Config
    endpoint: str
    answer: dict[str, Any]

    @property
    def api(self) -> APIClient:
        """The SDK's low-level client."""
        return self.client.api

    @property
    def version(self) -> str:
        """The engine's version, such as ``29.0.0``."""
        return str(self.answer.get("Version", ""))

    @property
    def api_version(self) -> str:
        """The version of the interface that both sides speak, such as ``1.51``."""
        return self.api.api_version

    @property
    def platform(self) -> str:
        """The engine's own platform, such as ``linux/amd64``."""
        return f"{self.answer.get('Os', 'linux')}/{self.answer.get('Arch', '')}"

    @cached_property
    def features(self) -> Features:
        """What it can do; asks the engine once."""
        with translate("ask the engine what it can do"):
            info: dict[str, Any] = self.client.info()
        status = dict(pair for pair in info.get("DriverStatus") or () if len(pair) == 2)
        names = [str(part.get("Name", "")) for part in self.answer.get("Components") or ()]
        podman = any("podman" in name.lower() for name in names)
        return Features(
            podman=podman,
            containerd_store=str(status.get("driver-type", "")).startswith("io.containerd.snapshotter"),
            buildkit=not podman and str(self.answer.get("Os", "linux")) == "linux" and self.speaks("1.39"),
            root=str(info.get("DockerRootDir") or ""),
        )

    def speaks(self, api_version: str) -> bool:
        """True when the engine's interface is at least of that version."""
        return _numbers(self.api_version) >= _numbers(api_version)

    def answers(self) -> bool:
        """True when the engine still answers, asked anew."""
        try:
            with translate("reach the engine"):
                if self.config.endpoint:
                    _knock(self.config.endpoint)
                self.client.ping()
        except (CloudkitError, OSError):
            return False
        return True

    def close(self) -> None:
        """Let go of its connections; calling it twice is no error."""
        self.client.close()

    def __repr__(self) -> str:
        return f"<Engine {self.version} at {self.endpoint}>"


def connect(config: Config) -> Engine:
    """Connect to the engine that a configuration names.

    Raises:
        ConfigError: The configuration names no engine, or its certificates are not there.
        AccessError: The engine is there, but may not be used.
        BackendError: No engine answers, in three lines: what was tried, what happened, what to run.
    """
    endpoint = config.endpoint
    if endpoint is None:
        raise ConfigError(f"the backend {config.backend!r} has no engine", hint="Cloud('docker')")
    from docker.errors import DockerException

    try:
        client, answer = _in_time(endpoint) if endpoint.host.startswith("ssh://") else _negotiated(endpoint)
    except (DockerException, OSError) as error:
        raise unreachable(endpoint, error) from root_cause(error)
    return Engine(client=client, config=config, endpoint=str(endpoint), answer=answer)


def _negotiated(endpoint: Endpoint) -> Connected:
    """Ask the engine for its version, in bounded time, and make a client that speaks it."""
    from docker.constants import MINIMUM_DOCKER_API_VERSION

    _knock(endpoint)
    with closing(_client(endpoint, MINIMUM_DOCKER_API_VERSION, CONNECT_TIMEOUT)) as probe:
        answer: dict[str, Any] = probe.api.version(api_version=False)
    return _client(endpoint, str(answer["ApiVersion"]), ANSWER_TIMEOUT), answer


def _knock(endpoint: Endpoint) -> None:
    """Connect to a local socket and hang up: the SDK would leave open the one that it could not connect."""
    if endpoint.host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(CONNECT_TIMEOUT)
            probe.connect(f"/{endpoint.host.removeprefix('unix://').lstrip('/')}")


def _client(endpoint: Endpoint, version: str, timeout: int) -> DockerClient:
    from docker import DockerClient
    from requests.utils import get_environ_proxies

    tls = _certificates(endpoint.tls) if endpoint.tls else False
    client = DockerClient(base_url=endpoint.host, version=version, timeout=timeout, tls=tls)
    if tls:  # REQUESTS_CA_BUNDLE would take the place of the engine's own authority
        client.api.proxies.update(get_environ_proxies(client.api.base_url))
        client.api.trust_env = False
    return client


def _in_time(endpoint: Endpoint) -> Connected:
    """Connect by ssh, which itself has no limit of time, within one."""
    from docker.errors import DockerException

    results: SimpleQueue[Connected | Exception] = SimpleQueue()

    def attempt() -> None:
        try:
            results.put(_negotiated(endpoint))
        except Exception as error:  # noqa: BLE001  it is raised where the thread was started
            results.put(error)

    Thread(target=attempt, name="cloudkit-ssh", daemon=True).start()
    try:
        result = results.get(timeout=2 * CONNECT_TIMEOUT)
    except Empty:
        raise TimeoutError(f"no answer within {2 * CONNECT_TIMEOUT} seconds") from None
    if isinstance(result, OSError | DockerException):
        raise result
    if isinstance(result, Exception):
        raise ConnectionError(f"no ssh connection: {result}") from result
    return result


def _certificates(tls: Tls) -> TLSConfig:
    """Turn certificates into the SDK's; raise ``ConfigError`` for half a pair."""
    from docker.tls import TLSConfig

    if (tls.cert is None) != (tls.key is None):
        present = tls.cert or tls.key
        raise ConfigError(f"the client's certificate and key are a pair; only {present} is there")
    pair = (str(tls.cert), str(tls.key)) if tls.cert and tls.key else None
    return TLSConfig(client_cert=pair, ca_cert=str(tls.ca) if tls.ca else None, verify=tls.verify)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
