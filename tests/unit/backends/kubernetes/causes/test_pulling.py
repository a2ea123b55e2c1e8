"""What a node's runtime says of an image that it cannot have is told in the words of every engine."""

from __future__ import annotations

import pytest
from unit.backends.kubernetes.causes.patients import cause_of, happening, pod, waiting

from cloudkit.model.cause import CauseCode

PULL = 'failed to pull and unpack image "registry.example/web:1": '
RESOLVE = PULL + 'failed to resolve reference "registry.example/web:1": '
DIAL = 'failed to do request: Head "https://registry.example/v2/web/manifests/1": dial tcp '
FETCH = "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to "
HEAD = "unexpected status from HEAD request to https://registry.example/v2/web/manifests/1: "
CERTAIN, MAY_PASS = True, False


@pytest.mark.parametrize(
    ("words", "code", "certain"),
    [
        (RESOLVE + "registry.example/web:1: not found", CauseCode.IMAGE_MISSING, CERTAIN),
        (RESOLVE + "manifest unknown: manifest unknown", CauseCode.IMAGE_MISSING, CERTAIN),
        (PULL + "name unknown: repository name not known to registry", CauseCode.IMAGE_MISSING, CERTAIN),
        (HEAD + "404 Not Found", CauseCode.IMAGE_MISSING, CERTAIN),
        (
            RESOLVE + "pull access denied, repository does not exist or may require authorization: server message: "
            "insufficient_scope: authorization failed",
            CauseCode.REGISTRY_REFUSED,
            CERTAIN,
        ),
        (RESOLVE + FETCH + "https://auth.example/token: 401 Unauthorized", CauseCode.REGISTRY_REFUSED, CERTAIN),
        (RESOLVE + HEAD + "403 Forbidden", CauseCode.REGISTRY_REFUSED, CERTAIN),
        (RESOLVE + HEAD + "418 I'm a teapot", CauseCode.REGISTRY_REFUSED, CERTAIN),
        (RESOLVE + HEAD + "429 Too Many Requests", CauseCode.REGISTRY_RATE_LIMITED, MAY_PASS),
        (PULL + "toomanyrequests: You have reached your pull rate limit", CauseCode.REGISTRY_RATE_LIMITED, MAY_PASS),
        (RESOLVE + HEAD + "500 Internal Server Error", CauseCode.REGISTRY_UNREACHABLE, MAY_PASS),
        (RESOLVE + HEAD + "503 Service Unavailable", CauseCode.REGISTRY_UNREACHABLE, MAY_PASS),
        (RESOLVE + DIAL + "10.0.0.9:443: connect: connection refused", CauseCode.REGISTRY_UNREACHABLE, MAY_PASS),
        (RESOLVE + DIAL + "10.0.0.9:443: i/o timeout", CauseCode.REGISTRY_UNREACHABLE, MAY_PASS),
        (
            RESOLVE + DIAL + "lookup registry.example on 10.0.0.2:53: no such host",
            CauseCode.REGISTRY_UNREACHABLE,
            MAY_PASS,
        ),
        (
            RESOLVE + "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            CauseCode.REGISTRY_UNREACHABLE,
            CERTAIN,
        ),
        (RESOLVE + "http: server gave HTTP response to HTTPS client", CauseCode.REGISTRY_UNREACHABLE, CERTAIN),
        (PULL + "no match for platform in manifest: not found", CauseCode.WRONG_ARCHITECTURE, CERTAIN),
        (PULL + "write /var/lib/x: no space left on device", CauseCode.DISK_FULL, MAY_PASS),
        ("something else altogether", CauseCode.UNKNOWN, MAY_PASS),
    ],
)
def test_the_runtimes_words_name_the_cause(words: str, code: CauseCode, *, certain: bool) -> None:
    """Whether it is the first try or the node waits before another."""
    first = cause_of(pod(waiting("ErrImagePull", words)))
    later = cause_of(pod(waiting("ImagePullBackOff", f'Back-off pulling image "registry.example/web:1": {words}')))

    assert (first.code, first.certain) == (later.code, later.certain) == (code, certain)
    assert first.fix
    assert first.summary == later.summary


def test_an_older_node_tells_the_reason_in_an_event_alone() -> None:
    """Its status says no more than that it waits before another try."""
    told = happening("Failed", f'Failed to pull image "registry.example/web:1": {RESOLVE}not found')

    cause = cause_of(pod(waiting("ImagePullBackOff", 'Back-off pulling image "registry.example/web:1"')), told)

    assert cause.code is CauseCode.IMAGE_MISSING


def test_an_image_that_may_not_be_pulled_is_not_called_missing_at_its_registry() -> None:
    """With the policy Never, the node alone has to have it."""
    cause = cause_of(pod(waiting("ErrImageNeverPull", "Container image is not present with pull policy of Never")))

    assert (cause.code, cause.certain) == (CauseCode.IMAGE_MISSING, True)
    assert "node node1 does not have it" in cause.summary


def test_a_reference_that_is_none_is_called_so() -> None:
    """The kubelet says it before it asks any registry."""
    words = 'Failed to apply default image tag "UPPER:1": couldn\'t parse image name: invalid reference format'

    cause = cause_of(pod(waiting("InvalidImageName", words)))

    assert (cause.code, cause.certain) == (CauseCode.IMAGE_MISSING, True)
    assert "is no reference" in cause.summary


def test_a_login_here_is_given_to_the_nodes_by_the_next_deployment() -> None:
    """A node knows nothing of the logins of this machine but by the app's pull secret."""
    refused = pod(waiting("ErrImagePull", HEAD + "401 Unauthorized"), metadata={"namespace": "shop"})

    assert cause_of(refused).fix == "docker login registry.example; then deploy again"


@pytest.mark.parametrize(("asked", "failed", "certain"), [(1, 1, False), (2, 1, False), (2, 2, True)])
def test_a_refusal_before_the_pull_secret_was_read_may_pass(asked: int, failed: int, certain: bool) -> None:  # noqa: FBT001  # a table
    """A node under load has not got the Secret within a second, and goes on without: it asks again soon."""
    refused = pod(waiting("ErrImagePull", HEAD + "401 Unauthorized"))
    unread = happening("FailedToRetrieveImagePullSecret", "Unable to retrieve some image pull secrets (web-pull)")

    told = happening("Failed", f'Failed to pull image "registry.example/web:1": {HEAD}401 Unauthorized', count=failed)
    cause = cause_of(refused, unread, happening("Pulling", "Pulling image", count=asked), told)

    assert (cause.code, cause.certain) == (CauseCode.REGISTRY_REFUSED, certain)
