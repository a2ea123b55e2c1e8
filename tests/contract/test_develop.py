"""Laws of developing inside of what runs: replicas have the files of this machine, and programs read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from contract.drivers.driver import Driver
from contract.seen import eventually, names

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import NotFoundError, UnsupportedError, UsageError
from cloudkit.model.log import Event

TARGET = "/tmp/site"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with a few files, and some that stay here."""
    folder = tmp_path / "src"
    (folder / "deep").mkdir(parents=True)
    (folder / "index.html").write_text("one")
    (folder / "deep" / "style.css").write_text("p {}")
    (folder / "secret.env").write_text("hidden")
    (folder / ".dockerignore").write_text("*.env\n")
    return folder


@pytest.fixture
def web(driver: Driver, cloud: Cloud) -> App:
    """An app of two replicas."""
    return cloud.deploy("web", driver.image, replicas=2)


def developing(web: App, source: Path, **options: list[str]) -> closing[Iterator[Event]]:  # type: ignore[type-var]  # a stream can be closed
    """Develop it; a program that reloads itself needs no restart."""
    return closing(web.develop(f"{source}:{TARGET}", **({"restart": []} | options)))  # type: ignore[arg-type]  # as above


def until(events: Iterator[Event], action: str, count: int = 1) -> list[Event]:
    """Read until something was done so often."""
    seen: list[Event] = []
    while sum(event.action == action for event in seen) < count:
        seen.append(next(events))
        assert seen[-1].action != "failed", seen[-1].message
    return seen


def content(web: App, path: str) -> set[str]:
    """What each replica has at a path; empty for nothing."""
    read = [web.exec("cat", f"{TARGET}/{path}", replica=one) for one in names(web)]
    return {result.output if result.ok else "" for result in read}


def test_all_files_are_there_at_first_but_those_that_are_ignored(web: App, source: Path) -> None:
    """In each replica, whether or not the folder was there."""
    with developing(web, source) as events:
        until(events, "watch")

    assert content(web, "index.html") == {"one"}
    assert content(web, "deep/style.css") == {"p {}"}
    assert content(web, "secret.env") == {""}


def test_what_is_saved_renamed_and_removed_is_so_in_replicas(web: App, source: Path) -> None:
    """A burst of it comes as one."""
    with developing(web, source) as events:
        until(events, "watch")

        (source / "index.html").write_text("two")
        (source / "new").mkdir()
        (source / "new" / "page.html").write_text("page")
        (source / "deep").rename(source / "moved")
        until(events, "sync", 2)

    assert content(web, "index.html") == {"two"}
    assert content(web, "new/page.html") == {"page"}
    assert content(web, "moved/style.css") == {"p {}"}
    assert content(web, "deep/style.css") == {""}


def test_many_saves_at_once_are_one(web: App, source: Path) -> None:
    """As where an editor writes everything, or a branch is changed."""
    with developing(web, source) as events:
        until(events, "watch")

        for number in range(50):
            (source / f"page-{number}.html").write_text(str(number))
        synced = until(events, "sync", 2)

    assert len(synced) <= 6
    assert content(web, "page-0.html") == {"0"}


def test_what_is_ignored_moves_nothing(web: App, source: Path) -> None:
    """Nor does what an editor leaves beside a file."""
    with developing(web, source) as events:
        until(events, "watch")

        (source / "secret.env").write_text("other")
        (source / ".index.html.swp").write_text("half")
        (source / "index.html").write_text("two")
        synced = until(events, "sync", 2)

    assert {event.message for event in synced} == {f"1 file at {TARGET}"}
    assert content(web, "secret.env") == {""}


def test_a_replica_that_takes_anothers_place_gets_all_files(web: App, source: Path) -> None:
    """Also one that is there besides."""
    with developing(web, source) as events:
        until(events, "watch")

        web.scale(3)
        until(events, "sync")

    assert content(web, "index.html") == {"one"}


def test_programs_are_restarted_where_that_is_possible(driver: Driver, cloud: Cloud, source: Path) -> None:
    """One after the other, with the files that they have; a cluster's containers would lose them."""
    web = cloud.deploy("web", driver.image, replicas=2)
    if cloud.backend.name == "kubernetes":
        with pytest.raises(UnsupportedError, match="begins anew from its image"):
            web.develop(f"{source}:{TARGET}", restart=["*.html"])
        return
    with developing(web, source, restart=["*.html"]) as events:
        until(events, "watch")
        started = {one.name: one.started_at for one in web.status().replicas}

        (source / "deep" / "style.css").write_text("a {}")
        untouched = until(events, "sync", 2)
        (source / "index.html").write_text("two")
        until(events, "restart", 2)

    eventually(driver, lambda: web.status().ready == 2)
    assert [event.action for event in untouched] == ["sync", "sync"]
    assert all(one.started_at != started[one.name] for one in web.status().replicas)
    assert content(web, "index.html") == {"two"}


def test_one_file_can_be_developed(web: App, source: Path) -> None:
    """At its own place."""
    with closing(web.develop(f"{source / 'index.html'}:{TARGET}/start.html", restart=[])) as events:  # type: ignore[type-var]  # a stream can be closed
        until(events, "watch")

        (source / "index.html").write_text("two")
        until(events, "sync", 2)

    assert content(web, "start.html") == {"two"}


def test_it_ends_with_its_app(web: App, source: Path) -> None:
    """And says so."""
    with developing(web, source) as events:
        until(events, "watch")

        web.delete()
        last = list(events)[-1]

    assert last.action == "end"
    assert "web" in last.message


def test_what_cannot_be_kept_the_same_is_refused(web: App, tmp_path: Path) -> None:
    """Before anything is copied."""
    with pytest.raises(UsageError, match="SOURCE:/TARGET"):
        web.develop("src")
    with pytest.raises(UsageError, match="what to keep the same"):
        web.develop()
    with pytest.raises(NotFoundError, match="nowhere"):
        web.develop(f"{tmp_path}/nowhere:/app")
