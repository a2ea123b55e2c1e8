"""An app that is deleted while the API server is away for some seconds is gone in the end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from kubernetes import client
from pods.workshop import until
from testbed.cluster.given import Given

from cloudkit.app import App
from cloudkit.cloud import Cloud

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

AWAY = 8.0


class Relay:
    """Passes bytes between clients and an API server, and drops every connection while it is told to."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._away = False
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def drop(self, seconds: float) -> None:
        """Be away for so long."""
        self._away = True
        self._end_all()
        time.sleep(seconds)
        self._away = False

    def close(self) -> None:
        """End all."""
        self._listener.close()
        self._end_all()

    def _end_all(self) -> None:
        ended, self._open = self._open, []
        for one in ended:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self._away:
                    near.close()  # in the middle of the handshake, as a load balancer does with nothing behind it
                    continue
                far = socket.create_connection(self._server)
                self._open += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def relay(cluster: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    """A relay before the cluster, which the environment's kubeconfig leads to."""
    content: Any = yaml.safe_load(cluster.kubeconfig.read_text())
    server = content["clusters"][0]["cluster"]
    address = urlsplit(server["server"])
    made = Relay((address.hostname or "", address.port or 443))
    server |= {"server": f"https://127.0.0.1:{made.port}", "tls-server-name": address.hostname}
    file = tmp_path / "relayed"
    file.write_text(yaml.safe_dump(content))
    monkeypatch.setenv("KUBECONFIG", str(file))
    yield made
    made.close()


def test_a_deletion_goes_on_over_an_api_server_that_is_away(web: App, space: str, api: Any, relay: Relay) -> None:
    """While its end is waited for, the server drops all connections; the wait hears of the rest."""
    core, failures = client.CoreV1Api(api), list[Exception]()
    with Cloud("kubernetes", namespace=space) as cloud:

        def delete() -> None:
            try:
                cloud.app(web.name).delete()
            except Exception as error:  # noqa: BLE001  # whatever it is, the test shows it
                failures.append(error)

        deleting = threading.Thread(target=delete)
        deleting.start()
        until(lambda: all(one.metadata.deletion_timestamp for one in core.list_namespaced_pod(space).items))
        relay.drop(AWAY)
        deleting.join(90)

    assert not deleting.is_alive()
    assert failures == []
    assert core.list_namespaced_pod(space).items == []
    assert client.AppsV1Api(api).list_namespaced_deployment(space).items == []
