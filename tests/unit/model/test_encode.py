"""Specs survive JSON, their secrets stay out of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from unit.model.strategies import app_specs

from cloudkit.errors import ConfigError
from cloudkit.model.app import AppSpec
from cloudkit.model.encode import canonical, decode, encode, flat, kept_apart
from cloudkit.model.probe import ExecProbe
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret

WEB = AppSpec(name="web", image=Reference.parse("web:1"))
STORED: dict[str, Any] = {"name": "web", "image": "web:1"}


@settings(max_examples=50)
@given(app_specs())
def test_a_spec_reads_back_from_json_as_it_was(spec: AppSpec) -> None:
    """Decoding is the exact inverse of encoding, given what is kept apart."""
    text = canonical(encode(spec))

    assert decode(json.loads(text), kept_apart(spec)) == spec


@settings(max_examples=50)
@given(app_specs())
def test_equal_specs_have_equal_text(spec: AppSpec) -> None:
    """The order of variables and labels makes no difference, nor does a whole number written as a float."""
    other = spec.replace(
        env=dict(reversed(list(spec.env.items()))),
        labels=dict(reversed(list(spec.labels.items()))),
        stop_grace=float(spec.stop_grace),
    )

    assert canonical(encode(other)) == canonical(encode(spec))


def test_only_what_differs_from_its_default_is_written() -> None:
    """What an app does not choose may change with cloudkit's defaults, so it is not frozen into a label."""
    assert encode(WEB.replace(replicas=3, stop_grace=10)) == {
        "name": "web",
        "image": "docker.io/library/web:1",
        "replicas": 3,
    }


def test_a_secret_is_written_as_a_marker() -> None:
    """Neither the encoded form nor the flat one holds a secret's value."""
    spec = WEB.replace(env={"TOKEN": Secret("hunter2"), "MODE": "fast"})

    written = canonical(encode(spec)) + canonical(flat(spec)) + repr(spec)

    assert '"TOKEN":{"secret":true}' in written
    assert "hunter2" not in written


def test_a_secret_that_is_not_at_hand_is_named() -> None:
    """A spec whose secret is gone cannot be read, and the error says which."""
    with pytest.raises(ConfigError, match="'TOKEN'"):
        decode(STORED | {"env": {"TOKEN": {"secret": True}}}, {})


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"colour": "red"}, "'colour'"),
        ({"ports": [{"number": 1}, {"number": 2, "udp": True}]}, r"'ports\[1\].udp'"),
        ({"readiness": {"kind": "grpc"}}, "'grpc'"),
        ({"readiness": {"kind": "http", "service": "x"}}, "'readiness.service'"),
    ],
)
def test_a_field_of_a_newer_version_is_named(extra: dict[str, Any], field: str) -> None:
    """What is not understood is never dropped in silence."""
    with pytest.raises(ConfigError, match=field):
        decode(STORED | extra, {})


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"name": "web"},
        STORED | {"replicas": "3"},
        STORED | {"replicas": -1},
        STORED | {"image": 5},
        STORED | {"image": "Web"},
        STORED | {"env": ["A=1"]},
        STORED | {"env": {"A": None}},
        STORED | {"env": {"A": {"secret": False}}},
        STORED | {"ports": 80},
        STORED | {"ports": [80]},
        STORED | {"ports": {"number": 80}},
        STORED | {"readiness": {"path": "/"}},
        STORED | {"readiness": "/"},
        STORED | {"readiness": {"kind": ["http"]}},
        STORED | {"resources": None},
        STORED | {"command": "npm start"},
        [],
        "web",
        None,
    ],
)
def test_damaged_data_is_a_config_error(data: Any) -> None:
    """A label that somebody edited is answered with an error of cloudkit, whatever is in it."""
    with pytest.raises(ConfigError):
        decode(data, {})


def test_the_kind_of_a_probe_is_written() -> None:
    """Probes are told apart by their kind."""
    spec = WEB.replace(liveness=ExecProbe(command=("true",)))

    assert encode(spec)["liveness"] == {"kind": "exec", "command": ["true"]}
    assert decode(encode(spec), {}) == spec
