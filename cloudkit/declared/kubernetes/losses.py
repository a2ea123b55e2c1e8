"""What manifests do not say of an app, by the field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from cloudkit.declared.secrets import name_of_secret
from cloudkit.model.app import AppSpec
from cloudkit.model.kinds import ENDING
from cloudkit.model.placement import Affinity
from cloudkit.model.port import LOOPBACK, Port
from cloudkit.model.probe import Probe, TcpProbe
from cloudkit.model.rollout import Rollout
from cloudkit.model.secret import Secret

__all__ = ["losses"]

CLAIM_SIZE = "1Gi"
EVERYWHERE = "0.0.0.0"  # noqa: S104  # compared, not bound
NODE_PORTS = range(30_000, 32_768)
_Law = tuple[str, Callable[[AppSpec], object]]


def losses(spec: AppSpec) -> Iterator[str]:
    """Yield what the manifests of an app do not say."""
    names = [name for name, value in spec.env.items() if isinstance(value, Secret)]
    for kind, keys in (("env", names), ("secrets", spec.secrets)):
        for key in keys:
            told = f"kubectl create secret generic {spec.name}-env-1 --from-literal=KEY=VALUE"
            yield f"{kind}: the value of {name_of_secret(key)}, of the Secret {spec.name}-env-1: {told}"
    yield from (text for text, lost in _LAWS if lost(spec))
    for name in ("startup", "readiness", "liveness"):
        yield from (f"{name}: {text}" for text in _of_probe(getattr(spec, name), spec.ports[:1]))


def _of_probe(probe: Probe | None, first: Sequence[Port]) -> Iterator[str]:
    if probe is None:
        return
    if _parted(probe.initial_delay, probe.period, probe.timeout):
        yield "parts of a second"
    if getattr(probe, "port", None) in {port.number for port in first}:
        yield "that its port is the app's first one"


def _parted(*seconds: float | None) -> bool:
    """True where one is no whole number of seconds, which is all that a cluster takes."""
    return any(one is not None and one != int(one) for one in seconds)


def _root(spec: AppSpec) -> bool:
    uid = (spec.user or "0").partition(":")[0]
    return not uid.isdigit() or int(uid) == 0


def _same_request(spec: AppSpec) -> bool:
    amounts = spec.resources.canonical
    pairs = ((amounts.cpu_request, amounts.cpu), (amounts.memory_request, amounts.memory))
    return any(request is not None and request == limit for request, limit in pairs)


def _made_twice(spec: AppSpec) -> bool:
    made = {(mount.source, mount.size, mount.storage_class, mount.shared) for mount in spec.mounts}
    return len(made) > len({source for source, *_ in made})


def _mixed(affinities: Iterable[Affinity]) -> bool:
    required = [one.required for one in affinities]
    return required != sorted(required, reverse=True)


def _chosen(port: Port) -> bool:
    return port.publish is not None and port.publish not in (0, *NODE_PORTS) and port.host == LOOPBACK


def _elsewhere(port: Port) -> bool:
    return port.host not in (LOOPBACK, EVERYWHERE) or (port.publish is None and port.host != LOOPBACK)


def _any_free(port: Port) -> bool:
    return port.publish == 0 and port.host != LOOPBACK


def _sunday(spec: AppSpec) -> bool:
    return spec.schedule is not None and "7" in spec.schedule.cron.split(" ")[-1]


_LAWS: tuple[_Law, ...] = (
    ("ports: nodes open ports from 30000 on, so the cluster chooses", lambda s: any(map(_chosen, s.ports))),
    ("ports: the address that publishes", lambda s: any(map(_elsewhere, s.ports))),
    ("ports: a load balancer's is never any free one", lambda s: any(map(_any_free, s.ports))),
    ("ports: how they are balanced", lambda s: any(port.protocol == "tcp" for port in s.ports)),
    ("kind: what listens on no port is a worker", lambda s: s.kind == "service" and not s.ports),
    ("entrypoint: the command stands in its place", lambda s: s.entrypoint == ()),
    ("command: it stands in the entrypoint's place", lambda s: s.entrypoint == ()),
    ("command: one that is empty", lambda s: s.command == ()),
    ("drop: a user who is not root keeps nothing", lambda s: s.drop and not _root(s)),
    ("stop_grace: parts of a second", lambda s: _parted(s.stop_grace)),
    ("resources: a request that is the limit", _same_request),
    ("mounts: a size that is the default one", lambda s: any(mount.size == CLAIM_SIZE for mount in s.mounts)),
    ("mounts: a volume that is mounted twice is made as its first mount says", _made_twice),
    (
        "rollout: its deadline, beside the time that a start may take",
        lambda s: _parted(s.rollout.deadline) or s.startup is not None,
    ),
    ("rollout: how long requests in flight may take", lambda s: s.rollout.drain != Rollout().drain),
    (
        "rollout: this kind of app has not all of it",
        lambda s: s.kind in {*ENDING, "daemon", "stateful"} and s.rollout != Rollout(),
    ),
    ("job: parts of a second", lambda s: _parted(s.job.time_limit)),
    ("schedule: a cluster calls Sunday 0", _sunday),
    (
        "schedule: one that is stopped is suspended",
        lambda s: s.schedule is not None and s.stopped and not s.schedule.suspended,
    ),
    ("readiness: an app with a port has that without asking", lambda s: s.readiness == TcpProbe()),
    (
        "placement: the order of what is required and what is preferred",
        lambda s: _mixed(s.placement.near) or _mixed(s.placement.apart),
    ),
    ("placement: parts of a second", lambda s: _parted(*(one.seconds for one in s.placement.tolerations))),
)
