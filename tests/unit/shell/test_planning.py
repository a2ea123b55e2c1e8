"""A plan looks and acts on nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cloudkit import App, Cloud
from cloudkit.backends.readonly import read_only
from cloudkit.errors import UnsupportedError


@pytest.fixture
def looking(cloud: Cloud, web: App) -> Cloud:
    """The same apps, behind a backend that only looks."""
    assert web.status().ready == 3
    return Cloud(read_only(cloud.backend))


def test_what_looks_passes(looking: Cloud) -> None:
    """Apps, images, logs, figures and plans."""
    with looking.planning() as plans:
        looking.app("web").scale(5)

    assert [plan.after.replicas for plan in plans if plan.after] == [5]
    assert [app.name for app in looking.apps()] == ["web"]
    assert len(looking.images()) == 1
    assert len(looking.app("web").stats()) == 3


ACTS: dict[str, Callable[[Cloud], object]] = {
    "change": lambda cloud: cloud.app("web").scale(5),
    "command": lambda cloud: cloud.app("web").exec("ls"),
    "copy": lambda cloud: cloud.app("web").copy_in(Path("/etc/hostname"), "/tmp/x"),
    "fetch": lambda cloud: cloud.pull("other:1"),
    "name": lambda cloud: cloud.tag("web:1", "web:2"),
    "unname": lambda cloud: cloud.remove_image("web:1"),
    "task": lambda cloud: cloud.run("web:1", "ls"),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_what_acts_is_refused_and_nothing_changes(cloud: Cloud, looking: Cloud, act: Callable[[Cloud], object]) -> None:
    """Whichever way it would act."""
    before = (cloud.apps()[0].generation, len(cloud.images()))

    with pytest.raises(UnsupportedError, match="nothing was done"):
        act(looking)

    assert (cloud.apps()[0].generation, len(cloud.images())) == before
