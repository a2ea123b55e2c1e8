"""An engine's answer about an image becomes a state, whatever the engine leaves out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cloudkit.engine.inspect import image_state
from cloudkit.model.reference import Reference

ID = "sha256:" + "1" * 64
MANIFEST = "sha256:" + "2" * 64


def answer(**changes: Any) -> dict[str, Any]:
    """Return an answer as engine 20.10 gives it."""
    return {
        "Id": ID,
        "RepoTags": ["web:1", "registry.example/web:2"],
        "RepoDigests": [f"registry.example/web@{MANIFEST}"],
        "Created": "2026-11-24T21:06:26.050161116Z",
        "Size": 7,
        "Os": "linux",
        "Architecture": "arm64",
        "Variant": "v8",
        "Config": {
            "Labels": {"a": "b"},
            "User": "node",
            "Entrypoint": ["tini", "--"],
            "Cmd": ["node"],
            "ExposedPorts": {"443/tcp": {}, "53/udp": {}, "53/tcp": {}},
        },
    } | changes


def test_all_that_is_known_is_read() -> None:
    """Platform, time, command, ports, user, labels, names."""
    state = image_state(answer(), Reference.parse("registry.example/web:2"))

    assert str(state.reference) == f"registry.example/web:2@{MANIFEST}"
    assert state.platform == "linux/arm64/v8"
    assert state.created == datetime(2026, 11, 24, 21, 6, 26, 50161, tzinfo=UTC)
    assert (state.entrypoint, state.command, state.user) == (("tini", "--"), ("node",), "node")
    assert (state.ports, state.size, dict(state.labels)) == ((53, 443), 7, {"a": "b"})
    assert [tag.familiar for tag in state.tags] == ["web:1", "registry.example/web:2"]


def test_a_name_that_never_met_a_registry_has_the_image_id() -> None:
    """The manifest of another repository is not this one's."""
    assert str(image_state(answer(), Reference.parse("web:1")).digest) == ID


def test_without_a_name_its_first_tag_names_it() -> None:
    """As the engine lists them."""
    assert image_state(answer()).reference.familiar == f"web:1@{ID}"


@pytest.mark.parametrize("tags", [None, [], ["<none>:<none>"]])
def test_an_image_without_any_name_is_named_by_its_digest(tags: list[str] | None) -> None:
    """On this machine alone, so that nobody tries to pull it."""
    state = image_state(answer(RepoTags=tags, RepoDigests=None))

    assert state.reference.repository == "localhost/untagged"
    assert str(state.reference.digest) == ID


def test_podman_leaves_the_algorithm_out() -> None:
    """It is sha256."""
    assert str(image_state(answer(Id="1" * 64), Reference.parse("web:1")).digest) == ID


@pytest.mark.parametrize("created", [None, "", "0001-01-01T00:00:00Z"])
def test_an_image_that_does_not_say_when_it_was_made_has_no_time(created: str | None) -> None:
    """The year 1 is how an engine says nothing."""
    assert image_state(answer(Created=created)).created is None


def test_an_image_with_no_configuration_is_read() -> None:
    """An imported one may have none."""
    state = image_state(answer(Config=None))

    assert (state.command, state.ports, dict(state.labels), state.user) == ((), (), {}, "")
