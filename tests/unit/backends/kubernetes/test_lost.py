"""An app whose Secret somebody has removed: seen and deleted as any other, and changed where no value is missed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from unit.backends.kubernetes.apiserver import Api, Reply, failure, listing
from unit.backends.kubernetes.causes.patients import app
from unit.backends.kubernetes.served import Served, served

from cloudkit.backends.kubernetes.backend import KubernetesBackend
from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.lost import refuse_lost
from cloudkit.backends.kubernetes.manifests import manifests
from cloudkit.backends.kubernetes.records import Record, read_record
from cloudkit.engine.connect import Engine
from cloudkit.errors import ConfigError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import CauseCode
from cloudkit.model.secret import LostSecret, Secret

SPACE = "namespaces/default"
SPEC = app(env={"MODE": "fast", "TOKEN": Secret("hunter2")}, replicas=2)


def no_engine() -> Engine:
    """Stand for an engine that nobody needs."""
    raise AssertionError("an engine was asked")


def there(api: Api, *seen: Served, secrets: Reply | None = None) -> None:
    """Let an API server have an app, changed from look to look, and its Secrets."""
    shown = [msgspec.to_builtins(one.owner) for one in seen]
    for kind in ("daemonsets", "statefulsets"):
        api.on(f"GET /apis/apps/v1/{SPACE}/{kind}", listing())
        api.on(f"GET /apis/apps/v1/{SPACE}/{kind}/web", failure(404, "NotFound"))
    api.on(f"GET /apis/batch/v1/{SPACE}/cronjobs", listing())
    api.on(f"GET /apis/batch/v1/{SPACE}/cronjobs/web", failure(404, "NotFound"))
    api.on(f"GET /apis/apps/v1/{SPACE}/deployments", *(listing(one) for one in shown))
    api.on(f"GET /apis/apps/v1/{SPACE}/deployments/web", *(Reply(body=one) for one in shown))
    for path in ("api/v1/{}/pods", "api/v1/{}/services", "apis/apps/v1/{}/replicasets"):
        api.on(f"GET /{path.format(SPACE)}", listing())
    for path in (
        "autoscaling/v2/{}/horizontalpodautoscalers",
        "networking.k8s.io/v1/{}/ingresses",
        "networking.k8s.io/v1/{}/networkpolicies",
        "policy/v1/{}/poddisruptionbudgets",
    ):
        api.on(f"GET /apis/{path.format(SPACE)}", listing())
    api.on(f"GET /api/v1/{SPACE}/services/web", failure(404, "NotFound"))
    api.on(f"GET /api/v1/{SPACE}/secrets", secrets or listing())
    api.on(f"GET /api/v1/{SPACE}/configmaps", listing())


@pytest.fixture
def lost() -> Record:
    """What is read of an app without its Secret."""
    record = read_record(served(SPEC).owner, ())
    assert record is not None
    return record


def test_an_app_without_its_secret_is_listed_with_the_cause(api: Api, client: Client) -> None:
    """And shown, with the call that mends it; nobody needs to know which app of many is broken."""
    there(api, served(SPEC))
    backend = KubernetesBackend(client, connect=no_engine)

    states = (*backend.apps(), backend.get("web"))

    assert {state.name for state in states} == {"web"}
    for state in states:
        assert state.cause is not None
        assert state.cause.code is CauseCode.SECRET_MISSING
        assert "Secret 'web-env-1'" in state.cause.summary
        assert state.cause.fix == "cloud.app('web').deploy(env={'MODE': ..., 'TOKEN': Secret(...)})"


def test_an_app_without_its_secret_can_be_deleted(api: Api, client: Client) -> None:
    """Nothing of it needs the value."""
    there(api, served(SPEC))

    plan = KubernetesBackend(client, connect=no_engine).plan_delete("web")

    assert any((action.object, action.name) == ("deployment", "web") for action in plan.actions)
    assert "web" in str(plan)


def test_a_secret_that_came_between_two_looks_is_not_lost(api: Api, client: Client) -> None:
    """Somebody deployed while the parts of the app were read: the list of Secrets was older than the Deployment."""
    after = served(app(), SPEC)
    there(api, after)
    api.on(f"GET /api/v1/{SPACE}/secrets", listing(), listing(*map(msgspec.to_builtins, after.secrets)))

    state = KubernetesBackend(client, connect=no_engine).get("web")

    assert (state.spec, state.cause) == (SPEC, None)


@pytest.mark.parametrize(
    "change",
    [{"replicas": 3}, {"restarted": "now"}, {"command": ("serve",)}],
    ids=["more replicas", "a restart", "another command"],
)
def test_a_change_that_starts_replicas_is_refused(lost: Record, change: dict[str, Any]) -> None:
    """They would wait for the Secret for ever; the error names it, and the call."""
    with pytest.raises(ConfigError, match="TOKEN: Secret 'web-env-1' of namespace 'ns' is gone") as caught:
        refuse_lost(lost.spec.replace(**change), lost)

    assert "TOKEN" in caught.value.hint
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("change", [{}, {"stopped": True}, {"replicas": 1}, {"env": {"TOKEN": Secret("new")}}])
def test_a_change_that_needs_no_lost_value_is_not_refused(lost: Record, change: dict[str, Any]) -> None:
    """Fewer replicas, none, or all values given anew."""
    refuse_lost(lost.spec.replace(**change), lost)


def test_no_secret_is_written_for_values_that_are_lost(lost: Record) -> None:
    """An empty one in its place would start replicas with another value."""
    written = manifests(lost.spec, namespace="ns", revision=1, generation=2)

    assert "Secret" not in {one["kind"] for one in written}


def test_the_same_value_given_anew_is_a_change(api: Api, client: Client) -> None:
    """Nobody knows that it is the same, so it makes a revision with a Secret of its own."""
    there(api, served(SPEC))

    plan = KubernetesBackend(client, connect=no_engine).plan(SPEC)

    assert ("create", "secret", "web-env-2") in {(one.kind, one.object, one.name) for one in plan.actions}
    assert "hunter2" not in repr(plan) + str(plan)


def test_a_lost_value_is_equal_to_none_and_never_revealed() -> None:
    """Neither to an empty one."""
    value = LostSecret("Secret 'web-env-1'")

    assert value not in (Secret(""), Secret("Secret 'web-env-1'"))
    with pytest.raises(ConfigError, match="lost with Secret 'web-env-1'"):
        value.reveal()


def test_a_spec_with_a_lost_value_is_a_spec() -> None:
    """Of files as of variables."""
    lost = LostSecret("Secret 'web-env-1'")

    spec = AppSpec(name="web", image=SPEC.image, env={"TOKEN": lost}, secrets={"/run/secrets/key": lost})

    assert spec == spec.replace(replicas=1)


def test_an_app_without_its_files_is_listed_with_the_cause(api: Api, client: Client) -> None:
    """A change that needs them is refused, one that gives them anew is not."""
    spec = app(config={"/etc/web.toml": "a = 1"})
    there(api, served(spec))
    backend = KubernetesBackend(client, connect=no_engine)

    state = backend.get("web")

    assert state.cause is not None
    assert state.cause.code is CauseCode.CONFIG_MISSING
    assert "/etc/web.toml: ConfigMap 'web-config-1' of namespace 'ns' is gone" in state.cause.summary
    assert state.cause.fix == "cloud.app('web').deploy(config={'/etc/web.toml': ...})"
    record = read_record(served(spec).owner)
    assert record is not None
    with pytest.raises(ConfigError, match="has lost the values of /etc/web"):
        refuse_lost(state.spec.replace(restarted="now"), record)
    refuse_lost(spec, record)
    assert ("create", "config", "web-config-2") in {
        (one.kind, one.object, one.name) for one in backend.plan(spec).actions
    }
