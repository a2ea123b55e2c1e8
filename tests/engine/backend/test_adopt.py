"""A container is exchanged for an app, and serves again where the app does not become ready."""

from __future__ import annotations

import secrets
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import docker
import pytest

from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, RolloutError

pytestmark = pytest.mark.engine

WRITES = ("sh", "-c", "trap 'exit 0' TERM; while :; do hostname >> /data/log; sleep 0.05; done")

Run = Callable[..., Any]


@pytest.fixture
def run(client: docker.DockerClient, image: str) -> Iterator[Run]:
    """Runs containers by hand, and removes what is left of them."""
    names: list[str] = []

    def run(*command: str, **options: Any) -> Any:
        names.append(f"old-{secrets.token_hex(4)}")
        return client.containers.run(image, command=command or None, name=names[-1], detach=True, init=True, **options)

    yield run
    for name in names:
        with suppress(docker.errors.NotFound):
            client.containers.get(name).remove(force=True)


def test_what_does_not_become_ready_leaves_the_container_as_it_was(
    cloud: Cloud, client: docker.DockerClient, run: Run
) -> None:
    """It was beside it until then; nothing of the app is left."""
    check = {"test": ["CMD", "false"], "interval": 10**9, "retries": 1}
    old = run(ports={"8080/tcp": ("127.0.0.1", None)}, healthcheck=check)
    started = client.containers.get(old.id).attrs["State"]["StartedAt"]

    with pytest.raises(RolloutError):
        cloud.adopt(f"container/{old.name}", timeout=20)

    there = client.containers.get(old.id).attrs["State"]
    assert (there["Running"], there["StartedAt"]) == (True, started)
    assert [state.name for state in cloud.apps()] == []


def test_a_folder_that_is_written_to_is_written_to_by_one_at_a_time(cloud: Cloud, run: Run, tmp_path: Path) -> None:
    """The container stops first, and the plan says so."""
    tmp_path.chmod(0o777)
    old = run(*WRITES, volumes={str(tmp_path): {"bind": "/data", "mode": "rw"}})
    with cloud.planning() as plans:
        cloud.adopt(f"container/{old.name}")

    web = cloud.adopt(f"container/{old.name}", name="writer")

    (plan,) = plans
    assert plan.downtime
    assert str(plan.actions[0]).startswith(f"stop container {old.name}")
    assert web.status().settled
    web.delete()


def test_ports_change_hands_in_a_moment(cloud: Cloud, client: docker.DockerClient, run: Run) -> None:
    """Nobody answers while they do, which the plan says, and then the app does."""
    old = run(ports={"8080/tcp": ("127.0.0.1", None)})
    old.reload()
    port = old.attrs["NetworkSettings"]["Ports"]["8080/tcp"][0]["HostPort"]
    url = f"http://localhost:{port}/"
    until(lambda: answers(url))
    over, gaps = threading.Event(), list[float]()
    thread = threading.Thread(target=watch, args=(url, over, gaps))
    thread.start()
    try:
        web = cloud.adopt(f"container/{old.name}")
    finally:
        until(lambda: answers(url))
        over.set()
        thread.join()

    assert sum(gaps) < 30, "it took longer than a container takes to end"
    assert answers(url)
    with pytest.raises(docker.errors.NotFound):
        client.containers.get(old.id)
    assert web.status().url.endswith(f":{port}")
    web.delete()


def test_a_service_of_compose_names_its_project(cloud: Cloud, run: Run) -> None:
    """Under either name, with the command that takes it out."""
    labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}
    old = run(labels=labels)

    for workload in (f"container/{old.name}", "compose/shop/web"):
        with pytest.raises(ConflictError, match="docker compose") as refused:
            cloud.adopt(workload)
        assert "docker compose -p shop rm --stop web" in refused.value.hint


def answers(url: str) -> bool:
    """Tell whether somebody answers."""
    with suppress(OSError), urllib.request.urlopen(url, timeout=2) as response:
        return bool(response.status == 200)
    return False


def watch(url: str, over: threading.Event, gaps: list[float]) -> None:
    """Note for how long nobody answered."""
    while not over.is_set():
        begun = time.monotonic()
        if not answers(url):
            time.sleep(0.02)
            gaps.append(time.monotonic() - begun)


def until(holds: Callable[[], bool]) -> None:
    """Look again until it holds."""
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come true within half a minute")
