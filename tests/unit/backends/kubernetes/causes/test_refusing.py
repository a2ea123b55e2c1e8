"""Why the cluster makes no pods: the rule, its numbers, and the call that keeps to it."""

from __future__ import annotations

import pytest
from unit.backends.kubernetes.causes.patients import app

from cloudkit.backends.kubernetes.causes import Facts, diagnose
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.plain import plain

POD = 'pods "web-7d9-abcde" is forbidden: '
QUOTA = POD + "exceeded quota: small, requested: {}, used: {}, limited: {}"
SILENT = (
    'Internal error occurred: failed calling webhook "policy.example": failed to call webhook: '
    'Post "https://x": dial tcp 10.0.0.1:443: connect: connection refused'
)


def cause_of(words: str, *, ready: int = 0) -> Cause:
    """Return what is said of an app of which no more pods are made."""
    cause = diagnose(app(replicas=3), Facts(namespace="shop", refused=words, ready=ready))
    assert cause is not None
    return cause


@pytest.mark.parametrize(
    ("words", "code", "certain", "said"),
    [
        (QUOTA.format("requests.cpu=2", "requests.cpu=0", "requests.cpu=1"), CauseCode.QUOTA, True, "requests.cpu=1"),
        (QUOTA.format("pods=1", "pods=2", "pods=2"), CauseCode.QUOTA, False, "of which 2 is used"),
        (POD + "failed quota: small: must specify cpu for: app; memory for: app", CauseCode.QUOTA, True, "counts cpu"),
        (
            POD + "maximum cpu usage per Container is 100m, but limit is 1",
            CauseCode.NOT_ALLOWED,
            True,
            "at most 100m of cpu per container, and it asks for 1",
        ),
        (
            POD + "[maximum memory usage per Container is 64Mi, but limit is 1Gi, maximum cpu usage per Pod is 1]",
            CauseCode.NOT_ALLOWED,
            True,
            "at most 64Mi of memory per container, and it asks for 1Gi",
        ),
        (
            POD + 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "app" must '
            'set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod "app" must set)',
            CauseCode.NOT_ALLOWED,
            True,
            "level restricted only: allowPrivilegeEscalation != false, runAsNonRoot != true",
        ),
        (
            'admission webhook "policy.example" denied the request: no latest tag',
            CauseCode.NOT_ALLOWED,
            True,
            "webhook policy.example refuses: no latest tag",
        ),
        (
            'admission webhook "policy.example" denied the request without explanation',
            CauseCode.NOT_ALLOWED,
            True,
            "it does not say why",
        ),
        (
            POD + "ValidatingAdmissionPolicy 'owners' with binding 'all' denied request: a team label is missing",
            CauseCode.NOT_ALLOWED,
            True,
            "policy owners refuses: a team label is missing",
        ),
        (
            SILENT,
            CauseCode.NETWORK,
            False,
            "webhook policy.example, which is asked about each, does not answer",
        ),
        (
            POD + 'error looking up service account shop/robot: serviceaccount "robot" not found',
            CauseCode.CONFIG_MISSING,
            False,
            "service account 'robot' is not there",
        ),
        (
            POD + "unable to create new content in namespace shop because it is being terminated",
            CauseCode.NOT_ALLOWED,
            True,
            "is being deleted",
        ),
        (POD + "no PriorityClass with name urgent was found", CauseCode.NOT_ALLOWED, True, "no PriorityClass"),
        ("something else altogether", CauseCode.UNKNOWN, False, "the cluster makes none"),
    ],
)
def test_the_rule_is_named(words: str, code: CauseCode, said: str, *, certain: bool) -> None:
    """Its own words are the evidence, and there is a call that mends it."""
    cause = cause_of(words)

    assert (cause.code, cause.certain) == (code, certain)
    assert said in cause.summary
    assert cause.evidence[0][:200] in plain(words)
    assert cause.fix


@pytest.mark.parametrize(
    ("words", "ready", "fix"),
    [
        (QUOTA.format("pods=1", "pods=2", "pods=2"), 2, "cloudkit scale web 2"),
        (QUOTA.format("limits.cpu=2,pods=1", "limits.cpu=500m,pods=1", "limits.cpu=1500m,pods=9"), 0, "--cpu 1000m"),
        (QUOTA.format("limits.memory=2Gi", "limits.memory=0", "limits.memory=1Gi"), 0, "--memory 1024Mi"),
        (QUOTA.format("count/x=1", "count/x=1", "count/x=1"), 0, "kubectl edit resourcequota small -n shop"),
        (POD + "failed quota: small: must specify limits.cpu,limits.memory", 0, "--cpu 500m --memory 256Mi"),
        (POD + "minimum memory usage per Container is 64Mi, but request is 6Mi", 0, "--memory 64Mi"),
        (POD + 'violates PodSecurity "restricted:latest": runAsNonRoot != true (x)', 0, "--user 65532"),
    ],
)
def test_the_call_keeps_to_the_rule(words: str, ready: int, fix: str) -> None:
    """What is left of a quota is what is asked for."""
    assert cause_of(words, ready=ready).fix.endswith(fix)


def test_words_of_another_cannot_steer_a_terminal() -> None:
    """A webhook may say what it likes."""
    cause = cause_of('admission webhook "x" denied the request: \x1b[2Jgone' + "y" * 5000)

    assert "\x1b" not in cause.summary + "".join(cause.evidence)
    assert len(cause.summary) <= 300
