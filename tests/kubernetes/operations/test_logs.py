"""What pods print is read whole and once, over restarts, rolls and breaks."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pods.workshop import Workshop, until

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.operations.logs import read_logs
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import NotFoundError
from cloudkit.model.log import LogLine, LogQuery

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]
LIFE = """
trap 'echo $life last; exit 0' TERM
life=$(cat /proc/sys/kernel/random/uuid)
for number in $(seq 1 500); do echo $life $number; done
sleep %s & wait
echo $life dies; exit 1
"""


def texts(lines: Iterator[LogLine]) -> list[str]:
    """Return what was printed."""
    return [line.text for line in lines]


def follow(client: Client, app: str, **query: Any) -> tuple[list[LogLine], threading.Thread]:
    """Follow an app in another thread."""
    found: list[LogLine] = []
    lines = read_logs(client, app, LogQuery(follow=True, **query))
    thread = threading.Thread(target=lambda: found.extend(lines), daemon=True)
    thread.start()
    return found, thread


def test_lines_of_all_pods_are_merged_by_time(client: Client, workshop: Workshop) -> None:
    """Each with its pod; a tail is that of each."""
    names = {workshop.start("for n in 1 2 3; do echo line $n; sleep 0.3; done; sleep 600", app="many") for _ in "ab"}
    until(lambda: len(texts(read_logs(client, "many", LogQuery()))) == 6)

    lines = list(read_logs(client, "many", LogQuery()))

    assert {line.replica for line in lines} == names
    assert [line.time for line in lines] == sorted(line.time for line in lines)
    assert texts(read_logs(client, "many", LogQuery(tail=1))) == ["line 3", "line 3"]
    assert texts(read_logs(client, "many", LogQuery(tail=0))) == []
    one = min(names)
    assert {line.replica for line in read_logs(client, "many", LogQuery(replica=one))} == {one}
    with pytest.raises(NotFoundError, match="'nobody' is not there"):
        read_logs(client, "many", LogQuery(replica="nobody"))


def test_times_cut_between_two_lines(client: Client, workshop: Workshop) -> None:
    """To the microsecond, though a node knows seconds alone."""
    workshop.start("for n in 1 2 3 4 5; do echo line $n; sleep 0.05; done; sleep 600", app="timed")
    until(lambda: len(texts(read_logs(client, "timed", LogQuery()))) == 5)
    lines = list(read_logs(client, "timed", LogQuery()))

    after = texts(read_logs(client, "timed", LogQuery(since=lines[2].time)))
    before = texts(read_logs(client, "timed", LogQuery(until=lines[2].time + timedelta(microseconds=1))))

    assert after == ["line 3", "line 4", "line 5"]
    assert before == ["line 1", "line 2", "line 3"]


def test_a_restarted_container_gives_the_lines_of_the_life_before_too(client: Client, workshop: Workshop) -> None:
    """The tail goes over both, and while it waits to start again nothing is there twice."""
    name = workshop.start("echo life; exit 1", app="again", wait=False)
    until(lambda: workshop.restarts(name) >= 1)

    lines = texts(read_logs(client, "again", LogQuery()))

    assert lines in (["life"], ["life", "life"])
    assert texts(read_logs(client, "again", LogQuery(tail=1))) == ["life"]


def test_a_follower_misses_nothing_and_sees_nothing_twice(client: Client, workshop: Workshop) -> None:
    """Across crashes, a roll, and to the end of the app."""
    workshop.deploy(LIFE % "3", app="rolled")
    lines, thread = follow(client, "rolled")
    until(lambda: sum(line.text.endswith(" dies") for line in lines) >= 3)

    path = object_path("deployments", client.namespace, "rolled")
    old = {line.replica for line in lines}
    client.patch(path, {"spec": {"template": {"metadata": {"annotations": {"roll": "1"}}}}})
    until(lambda: {line.replica for line in lines} - old)
    client.delete(path)
    thread.join(60)

    assert not thread.is_alive()
    count = Counter(line.text for line in lines)
    assert {text: times for text, times in count.items() if times > 1} == {}
    whole = {text.split()[0] for text in count if text.endswith((" dies", " last"))}
    assert len(whole) >= 4
    for life in whole:
        assert sum(text.startswith(f"{life} ") for text in count) == 501


class Breaking:
    """A client whose connections break again and again, after so many pieces."""

    def __init__(self, client: Client, pieces: int) -> None:
        self._client = client
        self._pieces = pieces
        self.breaks = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def stream(self, path: str, query: dict[str, str]) -> AbstractContextManager[Iterator[bytes]]:
        """Open a reading that breaks."""
        return Broken(self, self._client.stream(path, query), self._pieces)


class Broken:
    """A reading that ends in the middle of a piece."""

    def __init__(self, owner: Breaking, reading: AbstractContextManager[Iterator[bytes]], pieces: int) -> None:
        self._owner = owner
        self._reading = reading
        self._pieces = pieces

    def __enter__(self) -> Iterator[bytes]:
        return self._cut(self._reading.__enter__())

    def __exit__(self, *error: object) -> None:
        self._reading.__exit__(*error)

    def _cut(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for number, chunk in enumerate(chunks):
            if number == self._pieces:
                self._owner.breaks += 1
                yield chunk[: len(chunk) // 2]
                return
            yield chunk


@pytest.mark.parametrize("pieces", [20, 40])
def test_a_broken_connection_loses_and_doubles_nothing(client: Client, workshop: Workshop, pieces: int) -> None:
    """Wherever in a line it breaks."""
    app = f"broken-{pieces}"
    workshop.start('for n in $(seq 1 60); do seq -f "$n-%g" 1 5; sleep 0.1; done; sleep 600', app=app)
    breaking: Any = Breaking(client, pieces)

    lines: list[str] = []
    with closing(read_logs(breaking, app, LogQuery(follow=True))) as following:
        for line in following:
            lines.append(line.text)
            if line.text == "60-5":
                break

    assert lines == [f"{n}-{k}" for n in range(1, 61) for k in range(1, 6)]
    assert breaking.breaks >= 1


def test_closing_ends_a_follower_that_waits(client: Client, workshop: Workshop) -> None:
    """At once, with all its threads."""
    workshop.start("echo begun; sleep 600", app="quiet")
    before = threading.active_count()
    lines = read_logs(client, "quiet", LogQuery(follow=True))
    assert next(lines).text == "begun"

    begun = datetime.now(UTC)
    lines.close()

    assert datetime.now(UTC) - begun < timedelta(seconds=3)
    assert threading.active_count() == before


def test_following_ends_when_its_time_is_over(client: Client, workshop: Workshop) -> None:
    """Also where the pod says nothing."""
    workshop.start("echo begun; sleep 600", app="until")
    over = datetime.now(UTC) + timedelta(seconds=3)

    lines = texts(read_logs(client, "until", LogQuery(follow=True, until=over)))

    assert lines == ["begun"]
    assert datetime.now(UTC) - over < timedelta(seconds=8)
