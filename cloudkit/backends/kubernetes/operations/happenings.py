"""Read a cluster's events, and the ends of containers, in the words that every engine has; pure.

Kubernetes tells of a container's end in its pod's status alone, and counts events of one kind as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cloudkit.backends.exits import exit_words
from cloudkit.backends.kubernetes.appcontainer import app_status
from cloudkit.backends.kubernetes.happening import Happening
from cloudkit.backends.kubernetes.labels import NAME
from cloudkit.backends.kubernetes.objects import Pod, Terminated
from cloudkit.model.log import Event

__all__ = ["Told", "Whose", "apps_of", "deaths", "told_of"]

_WORDS = {
    "Killing": "kill",
    "OOMKilling": "oom",
    "ScalingReplicaSet": "scale",
    "Started": "start",
    "SuccessfulCreate": "create",
    "SuccessfulDelete": "destroy",
    "Unhealthy": "health_status",
}
_ABOUT = re.compile(r"(?:(?:Created|Deleted) (?:pod:|job)|(?:create|delete) (?:Pod|Claim)) (\S+)")
_LEFT_OUT = frozenset({"Created", "Pulled", "SawCompletedJob", "UnexpectedJob"})  # pods and Jobs say as much
_CUT = {"Deployment": 0, "StatefulSet": 0, "DaemonSet": 0, "CronJob": 0, "ReplicaSet": 1}
_OF_DEPLOYMENT = re.compile(r"(.+)-[bcdf-hj-np-tv-xz2456789]{5,10}-[bcdf-hj-np-tv-xz2456789]{5}")
_OF_OTHERS = re.compile(r"(.+)-(?:[bcdf-hj-np-tv-xz2456789]{5}|[0-9]+)")
_OF_RUN = re.compile(r"(.+)-m?[0-9]+")
_IN_POD = re.compile(r" in pod \S+_\S+\([0-9a-f-]+\)$")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ORDER = {"scale": 0, "create": 1, "scheduled": 2, "pulling": 3, "start": 4, "oom": 6, "die": 7, "destroy": 9}
_USUAL, _AGAIN = 5, 8
_TICK = 1  # seconds to which a cluster cuts times


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and what tells it from others.

    Args:
        event: The event.
        key: The same for one that is told again.
        rank: Where it belongs among those of one second, which is as far as a cluster's times go.
    """

    event: Event
    key: tuple[str, str]
    rank: int

    @property
    def place(self) -> tuple[datetime, int]:
        """What events are sorted by; some times have fractions, and most have none."""
        return self.event.time.replace(microsecond=0), self.rank


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose an object may be.

    Args:
        app: The app.
        ends: True where it is a run's, so only if the app is work that ends.
    """

    app: str
    ends: bool = False


def apps_of(kind: str, name: str) -> tuple[Whose, ...]:
    """Return whose an object may be by its name, as the controllers of Kubernetes give it; none for what is nobody's.

    >>> [one.app for one in apps_of("Pod", "web-2-7d9f8b6c5-x7k2p")], [one.app for one in apps_of("Pod", "db-0")]
    (['web-2'], ['db'])
    >>> [one.app for one in apps_of("Pod", "load-2-x7k2p")], [one.app for one in apps_of("Job", "load-2")]
    (['load-2', 'load'], ['load'])
    """
    if kind == "Job":
        run = _OF_RUN.fullmatch(name)
        return (Whose(run[1], ends=True),) if run else ()
    if kind == "Pod":
        match = _OF_DEPLOYMENT.fullmatch(name) or _OF_OTHERS.fullmatch(name)
        run = _OF_RUN.fullmatch(name.rpartition("-")[0])
        return (*([Whose(match[1])] if match else []), *([Whose(run[1], ends=True)] if run else []))
    if kind not in _CUT:
        return ()
    parts = name.rsplit("-", _CUT[kind])
    return (Whose(parts[0], ends=kind == "CronJob"),) if len(parts) > _CUT[kind] else ()


def told_of(happening: Happening, app: str) -> Iterator[Told]:
    """Yield what an event tells of an app: when it came first, and when it came last where it came again."""
    if happening.reason in _LEFT_OUT:
        return
    action, count = _WORDS.get(happening.reason, _snake(happening.reason)), _count(happening)
    first, last = _times(happening)
    name, message = _subject(happening), _message(happening, action)
    if first is not None:
        event = Event(time=first, app=app, object=name, action=action, message=message)
        yield Told(event, (happening.metadata.uid, "first"), _ORDER.get(action, _USUAL))
    if last is not None and count > 1:
        words = f"{message}, {count} times by now" if message else f"{count} times by now"
        event = Event(time=last, app=app, object=name, action=action, message=words)
        yield Told(event, (happening.metadata.uid, str(count)), _AGAIN)


def _subject(happening: Happening) -> str:
    """Return what it happened to: a pod, also where its owner tells of it."""
    about = _ABOUT.match(happening.message)
    return about[1] if about else happening.involved_object.name


def _message(happening: Happening, action: str) -> str:
    words = _IN_POD.sub("", " ".join(happening.message.split()))
    match action:
        case "start" | "create" | "destroy":
            return ""
        case "kill" if words.startswith("Stopping container"):
            return "was asked to stop"
        case "health_status":
            return f"unhealthy, {words}"
    return words


def _count(happening: Happening) -> int:
    return happening.series.count if happening.series else happening.count or 1


def _times(happening: Happening) -> tuple[datetime | None, datetime | None]:
    """Return when it came first and last; there are two generations of fields for that."""
    first = happening.first_timestamp or happening.event_time or happening.metadata.creation_timestamp
    later = happening.series.last_observed_time if happening.series else happening.last_timestamp
    return first, later or first


def _snake(reason: str) -> str:
    """Write Kubernetes' reason as our words are written.

    >>> _snake("FailedScheduling")
    'failed_scheduling'
    """
    return _HUMP.sub("_", reason).lower()


def deaths(pod: Pod) -> Iterator[Told]:
    """Yield how a pod's container ended: in its present life, and in the one before."""
    status = app_status(pod)
    if status is None:
        return
    for ended in (status.last_state.terminated, status.state.terminated):
        if ended is not None and ended.finished_at is not None:
            yield from _death(pod, ended, ended.finished_at)


def _death(pod: Pod, ended: Terminated, at: datetime) -> Iterator[Told]:
    name, app = pod.metadata.name, pod.metadata.labels.get(NAME, "")
    starved = ended.reason == "OOMKilled"
    stamp = at.isoformat()
    if starved:
        event = Event(time=at, app=app, object=name, action="oom", message="ran out of memory")
        yield Told(event, (pod.metadata.uid, f"oom {stamp}"), _ORDER["oom"])
    words = f"{_how(pod, ended, at)}, exit code {exit_words(ended.exit_code)}"
    event = Event(time=at, app=app, object=name, action="die", message=words)
    yield Told(event, (pod.metadata.uid, f"die {stamp}"), _ORDER["die"])


def _how(pod: Pod, ended: Terminated, at: datetime) -> str:
    """Say how a container ended: a stop that was asked for is no crash."""
    if ended.reason == "OOMKilled":
        return "ran out of memory"
    if (over := pod.metadata.deletion_timestamp) is not None:
        asked = over - timedelta(seconds=(pod.metadata.deletion_grace_period_seconds or 0) + _TICK)
        if at >= asked:
            return "stopped as asked"
    return "ended" if ended.exit_code == 0 else "crashed"
