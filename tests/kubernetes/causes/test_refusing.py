"""Pods that the cluster does not make are told by the rule that refuses them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from clinic.ward import Ward, until

from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.model.cause import CauseCode
from cloudkit.model.resources import Resources
from cloudkit.model.rollout import Rollout

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]
NOTHING = ("sleep", "60")
HOOKS = "/apis/admissionregistration.k8s.io/v1"


def quota(**hard: str) -> dict[str, Any]:
    """Return a quota of a namespace."""
    bounds = {name.replace("_", "."): value for name, value in hard.items()}
    return {"metadata": {"name": "small"}, "spec": {"hard": bounds}}


def test_more_than_a_quota_allows(ward: Ward) -> None:
    """The call asks for what is left of it."""
    ward.make("resourcequotas", quota(limits_cpu="500m"))

    cause = ward.diagnose(ward.app(*NOTHING, resources=Resources(cpu="1", memory="32Mi")))

    assert (cause.code, cause.certain) == (CauseCode.QUOTA, True)
    assert "quota 'small' allows limits.cpu=500m" in cause.summary
    assert cause.fix.endswith("--cpu 500m")


def test_a_quota_that_others_have_used(ward: Ward) -> None:
    """Who takes less makes room."""
    ward.make("resourcequotas", quota(pods="1"))

    cause = ward.diagnose(ward.app(*NOTHING, replicas=2), certain=False)

    assert (cause.code, cause.certain) == (CauseCode.QUOTA, False)
    assert "allows pods=1, of which 1 is used" in cause.summary


def test_a_quota_of_what_it_does_not_say(ward: Ward) -> None:
    """Each pod must have the bound that is counted."""
    ward.make("resourcequotas", quota(limits_memory="1Gi"))

    cause = ward.diagnose(ward.app(*NOTHING))

    assert (cause.code, cause.certain) == (CauseCode.QUOTA, True)
    assert "--memory" in cause.fix


def test_a_limit_range(ward: Ward) -> None:
    """The call keeps to it."""
    limits = [{"type": "Container", "max": {"cpu": "100m"}}]
    path = f"/api/v1/namespaces/{ward.client.namespace}/limitranges"
    ward.client.create(path, {"metadata": {"name": "small"}, "spec": {"limits": limits}})

    cause = ward.diagnose(ward.app(*NOTHING, resources=Resources(cpu="1")))

    assert (cause.code, cause.certain) == (CauseCode.NOT_ALLOWED, True)
    assert "at most 100m of cpu" in cause.summary
    assert cause.fix.endswith("--cpu 100m")


def test_pod_security(ward: Ward) -> None:
    """The level and the rules are named."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    ward.client.patch(object_path("namespaces", name=ward.client.namespace), {"metadata": {"labels": labels}})

    cause = ward.diagnose(ward.app(*NOTHING))

    assert (cause.code, cause.certain) == (CauseCode.NOT_ALLOWED, True)
    assert "level restricted only" in cause.summary
    assert "runAsNonRoot" in cause.summary


@pytest.fixture
def webhook(ward: Ward) -> Iterator[str]:
    """A webhook that is asked about the pods of the namespace alone, and does not answer."""
    name = f"{ward.client.namespace}.example.org"
    own = {"matchLabels": {"kubernetes.io/metadata.name": ward.client.namespace}}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    hook = {
        "name": name,
        "namespaceSelector": own,
        "rules": [rule],
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "failurePolicy": "Fail",
        "timeoutSeconds": 2,
    }
    ward.client.create(f"{HOOKS}/validatingwebhookconfigurations", {"metadata": {"name": name}, "webhooks": [hook]})
    yield name
    ward.client.delete(f"{HOOKS}/validatingwebhookconfigurations/{name}")


def test_a_webhook_that_does_not_answer(ward: Ward, webhook: str) -> None:
    """It may come back."""
    cause = ward.diagnose(ward.app(*NOTHING), certain=False)

    assert (cause.code, cause.certain) == (CauseCode.NETWORK, False)
    assert f"webhook {webhook}, which is asked about each, does not answer" in cause.summary


@pytest.fixture
def policy(ward: Ward) -> Iterator[str]:
    """A policy that refuses every pod of the namespace."""
    name = f"{ward.client.namespace}.example.org"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "'team' in object.metadata.labels", "message": "a team label is missing"}],
    }
    own = {"matchLabels": {"kubernetes.io/metadata.name": ward.client.namespace}}
    binding = {
        "policyName": name,
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": own},
    }
    ward.client.create(f"{HOOKS}/validatingadmissionpolicies", {"metadata": {"name": name}, "spec": spec})
    ward.client.create(f"{HOOKS}/validatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": binding})
    until(ward.refuses_pods)
    yield name
    ward.client.delete(f"{HOOKS}/validatingadmissionpolicybindings/{name}")
    ward.client.delete(f"{HOOKS}/validatingadmissionpolicies/{name}")


def test_a_policy_that_refuses(ward: Ward, policy: str) -> None:
    """Its own words are told."""
    cause = ward.diagnose(ward.app(*NOTHING))

    assert (cause.code, cause.certain) == (CauseCode.NOT_ALLOWED, True)
    assert f"policy {policy} refuses: a team label is missing" in cause.summary


def test_a_service_account_that_is_not_there(ward: Ward) -> None:
    """The call makes it."""
    cause = ward.diagnose(ward.app(*NOTHING), certain=False, pod={"serviceAccountName": "robot"})

    assert (cause.code, cause.certain) == (CauseCode.CONFIG_MISSING, False)
    assert cause.fix.startswith("kubectl create serviceaccount robot ")


def test_a_priority_class_that_is_not_there(ward: Ward) -> None:
    """What the API server says is told as it is."""
    cause = ward.diagnose(ward.app(*NOTHING), pod={"priorityClassName": "urgent"})

    assert (cause.code, cause.certain) == (CauseCode.NOT_ALLOWED, True)
    assert "urgent" in cause.summary


def test_a_rollout_without_progress(ward: Ward) -> None:
    """After its deadline, what may have passed is certain."""
    spec = ward.app(*NOTHING, port=3000, rollout=Rollout(deadline=5))

    cause = ward.diagnose(spec, deployment={"progressDeadlineSeconds": 5})

    assert (cause.code, cause.certain) == (CauseCode.PROBE_FAILING, True)
    assert "no progress for 5 s" in cause.evidence


def test_a_rollout_that_somebody_has_paused(ward: Ward) -> None:
    """The call goes on with it."""
    cause = ward.diagnose(ward.app(*NOTHING), certain=False, deployment={"paused": True})

    assert (cause.code, cause.certain) == (CauseCode.UNKNOWN, False)
    assert cause.fix.startswith("kubectl rollout resume deployment web ")
