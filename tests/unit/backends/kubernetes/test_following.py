"""Whether a cluster can tell an autoscaler what an app uses."""

from __future__ import annotations

import pytest
from unit.backends.kubernetes.apiserver import Api, Reply, failure, listing

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.following import unmeasured

PODS = "GET /api/v1/namespaces/default/pods"
METRICS = "GET /apis/metrics.k8s.io/v1beta1/namespaces/default/pods"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (failure(404, "NotFound"), "metrics-server is not installed"),
        (failure(403, "Forbidden", "pods.metrics.k8s.io is forbidden"), ""),
        (listing(), ""),
    ],
    ids=["absent", "forbidden", "there"],
)
def test_a_cluster_without_figures_is_told(api: Api, client: Client, answer: Reply, told: str) -> None:
    """With what mends it; another trouble is no news of the autoscaler's."""
    api.on(METRICS, answer)
    api.on(PODS, listing())

    words = unmeasured(client, "web")

    assert told in words
    assert bool(words) is bool(told)
