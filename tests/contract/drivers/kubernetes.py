"""A real Kubernetes cluster under the laws."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from contract.drivers.bystanders import bystanders
from contract.drivers.docker import Images
from contract.drivers.driver import Answer, Foreign, Load, Verb
from contract.drivers.foreign import end_foreign, run_foreign
from contract.drivers.killed import killed
from contract.drivers.sending import load, send
from kubernetes import client
from kubernetes.dynamic import DynamicClient
from testbed.cluster.given import Given

from cloudkit.cloud import Cloud
from cloudkit.model.progress import silent
from cloudkit.model.reference import Reference
from cloudkit.model.state import Replica

__all__ = ["KubernetesDriver"]

NODE_PORTS = range(30_000, 32_768)
KINDS = (
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "Secret"),
    ("v1", "ConfigMap"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ControllerRevision"),
    ("batch/v1", "CronJob"),
    ("batch/v1", "Job"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("policy/v1", "PodDisruptionBudget"),
)
END = "for p in /proc/[0-9]*; do grep -qs /app/[s]erver.js $p/cmdline && kill ${p#/proc/}; done"
"""Ends the program: it is not PID 1 where the pod's processes share one numbering."""


class KubernetesDriver:
    """A namespace of its own on the cluster under test."""

    kill_points = (1, 2, 3, 4, 5, 6, 8)
    heals, keeps_stopped, lag, measured = True, False, 2.5, 90.0

    def __init__(self, cluster: Given, api: Any, images: Images, namespace: str) -> None:
        self.image = images.first
        self._options = {"backend": "kubernetes", "namespace": namespace, "registry": cluster.registry}
        self.cloud = Cloud(**self._options)
        self._clouds = [self.cloud]
        self._images = images
        self._namespace = namespace
        self._api = api
        self._core = client.CoreV1Api(api)
        self._dynamic = DynamicClient(api)

    def close(self) -> None:
        """Let go of every connection."""
        for cloud in self._clouds:
            cloud.close()

    def other_image(self, **env: str) -> str:
        """Return another image of the same program, with further variables of its own."""
        return self._images.variant(env)

    def second(self) -> Cloud:
        """Return a cloud with connections of its own."""
        self._clouds.append(Cloud(**self._options))
        return self._clouds[-1]

    def address(self, port: int) -> str:
        """Return a port of the first node that is ready."""
        nodes = [one for one in self._core.list_node().items if _is(one, "Ready")]
        first = min(nodes, key=lambda one: str(one.metadata.name))
        address = next(one.address for one in first.status.addresses if one.type == "InternalIP")
        return f"http://{address}:{port}"

    def get(self, url: str) -> Answer:
        """Send a request to a published url."""
        return send(url)

    def load(self, url: str) -> AbstractContextManager[Load]:
        """Send requests from several threads without pause."""
        return load(url)

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def crash(self, app: str, replica: Replica) -> None:
        """Ask the program to end itself."""
        self.cloud.app(app).exec("curl", "http://127.0.0.1:8080/crash", replica=replica.name)

    def sicken(self, app: str, replica: Replica) -> None:
        """Ask the program to fail its liveness probe from now on."""
        self.cloud.app(app).exec("curl", "http://127.0.0.1:8080/sicken", replica=replica.name)

    def controller(self) -> AbstractContextManager[None]:
        """Have nothing to run: the cluster has its own."""
        return nullcontext()

    def lose(self, replica: Replica) -> None:
        """Remove a pod at once, as when its node is lost."""
        self._core.delete_namespaced_pod(replica.name, self._namespace, grace_period_seconds=0)

    def halt(self, replica: Replica) -> None:
        """End the program by a signal from inside, and return once the cluster has seen it."""
        before = self._restarts(replica.name)
        app = replica.name.split("-")[0]
        self.cloud.app(app).exec("sh", "-c", END, replica=replica.name)
        for _ in range(100):
            if self._restarts(replica.name) > before:
                return
            time.sleep(0.1)
        raise AssertionError(f"{replica.name} did not end")

    def kill(self, verb: Verb, step: int) -> bool:
        """Call a verb in a process that kills itself."""
        return killed(
            {"cloud": self._options, "step": step, "name": verb.name, "app": verb.app, "options": dict(verb.options)}
        )

    @contextmanager
    def taken_port(self) -> Iterator[int]:
        """Take a port of the nodes in another namespace."""
        space = f"{self._namespace}-other"
        self._core.create_namespace({"metadata": {"name": space}})
        try:
            spec = {"type": "NodePort", "ports": [{"port": 80}], "selector": {"nobody": "here"}}
            made = self._core.create_namespaced_service(space, {"metadata": {"name": "taker"}, "spec": spec})
            yield made.spec.ports[0].node_port
        finally:
            self._core.delete_namespace(space)

    def free_port(self) -> int:
        """Return a port of the nodes that no Service has."""
        services = self._core.list_service_for_all_namespaces().items
        taken = {port.node_port for one in services for port in one.spec.ports or ()}
        return random.choice([port for port in NODE_PORTS if port not in taken])

    def leftovers(self, app: str) -> list[str]:
        """Name the objects of an app."""
        return [f"{kind} {one['metadata']['name']}" for kind, one in self._objects(app)]

    def bystander(self) -> AbstractContextManager[Callable[[], object]]:
        """Run pods, Services and claims with confusing names and no label of ours, or in another namespace."""
        images = self.cloud.backend.images
        image = images.publish(images.find(Reference.parse(self.image)), listener=silent)
        return bystanders(self._core, client.AppsV1Api(self._api), self._namespace, str(image))

    @contextmanager
    def foreign(self, *, keeper: str = "", **env: str) -> Iterator[Foreign]:
        """Run two pods of a ReplicationController, with a Service at the nodes."""
        images = self.cloud.backend.images
        image = str(images.publish(images.find(Reference.parse(self.image)), listener=silent))
        port = self.free_port()
        run_foreign(self._core, self._namespace, image, port=port, keeper=keeper, env=env)
        url = self.address(port)
        for _ in range(300):
            if self.get(url).status == 200:
                break
            time.sleep(0.2)
        try:
            yield Foreign(workload="rc/legacy", name="legacy", url=url)
        finally:
            end_foreign(self._core, self._namespace)

    def visible(self, app: str) -> str:
        """Return what whoever may list all but Secrets sees, and our own states, plans and events."""
        listed = [one for kind, one in self._objects(app) if kind != "Secret"]
        happened = self._core.list_namespaced_event(self._namespace).to_dict()
        state = self.cloud.app(app).status()
        return repr((listed, happened, state, self.cloud.backend.plan(state.spec), list(self.cloud.app(app).events())))

    def _restarts(self, pod: str) -> int:
        status = self._core.read_namespaced_pod(pod, self._namespace).status
        return sum(int(one.restart_count) for one in status.container_statuses or ())

    def _objects(self, app: str) -> Iterator[tuple[str, dict[str, Any]]]:
        selector = f"app.kubernetes.io/managed-by=cloudkit,app.kubernetes.io/name={app}"
        for version, kind in KINDS:
            found = self._dynamic.resources.get(api_version=version, kind=kind)
            listed = found.get(namespace=self._namespace, label_selector=selector).to_dict()
            yield from ((kind, one) for one in listed["items"])


def _is(one: Any, condition: str) -> bool:
    return any(each.type == condition and each.status == "True" for each in one.status.conditions or ())
