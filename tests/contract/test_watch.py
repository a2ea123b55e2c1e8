"""Laws of looks: what runs, what it uses and what happens to it, again and again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest
from contract.drivers.driver import Driver

from cloudkit.cloud import Cloud
from cloudkit.errors import NotFoundError, UsageError
from cloudkit.model.glance import Glance


def until(looks: Iterator[Glance], there: object, most: int = 300) -> Glance:
    """Return the first look that is as wanted."""
    return next(look for look in islice(looks, most) if there(look))  # type: ignore[operator]  # a function


def test_a_look_shows_replicas_their_use_and_what_happened(driver: Driver, cloud: Cloud) -> None:
    """Each replica with its own figures."""
    cloud.deploy("web", driver.image, replicas=2)

    look = until(cloud.app("web").watch(interval=0.2), lambda look: len(look.usages) == 2)

    assert [row.app for row in look.running] == ["web", "web"]
    assert all(row.usage is not None and row.usage.memory > 0 for row in look.running)
    assert {event.app for event in look.events} == {"web"}


def test_the_next_look_shows_what_has_changed(driver: Driver, cloud: Cloud) -> None:
    """As it is then, not as it was."""
    web = cloud.deploy("web", driver.image)
    looks = web.watch(interval=0.2)
    first = next(looks)

    web.scale(2)
    second = next(looks)

    assert (len(first.running), len(second.running)) == (1, 2)


def test_a_watch_ends_with_its_app(driver: Driver, cloud: Cloud) -> None:
    """And not with an error, as nothing went wrong."""
    web = cloud.deploy("web", driver.image)
    looks = web.watch(interval=0.1)
    next(looks)

    web.delete()

    assert [look.running for look in looks if any(row.replica.ready for row in look.running)] == []


def test_top_shows_all_apps(driver: Driver, cloud: Cloud) -> None:
    """Also one of which nothing runs."""
    cloud.deploy("web", driver.image)
    cloud.deploy("api", driver.image).stop()

    (look,) = cloud.top(count=1)

    assert [app.name for app in look.apps] == ["api", "web"]
    assert {row.app for row in look.running if row.replica.ready} == {"web"}


def test_only_what_can_be_watched_is(cloud: Cloud) -> None:
    """An app that is there, at a pace that an engine can bear."""
    with pytest.raises(NotFoundError, match="nobody"):
        cloud.app("nobody").watch()
    with pytest.raises(UsageError, match="interval"):
        cloud.top(interval=0.001)
