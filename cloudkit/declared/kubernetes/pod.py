"""What a pod says, as options: its one container, its volumes and where it may run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cloudkit.declared.fields import Fields
from cloudkit.declared.kubernetes.around import Surroundings
from cloudkit.declared.kubernetes.placing import placed
from cloudkit.declared.kubernetes.probing import probes_of
from cloudkit.declared.secrets import secret
from cloudkit.errors import ConfigError
from cloudkit.model.mount import Mount

__all__ = ["Pod"]

LEAVING = 5
"""Seconds that a pod goes on answering while it leaves; they are no part of the time that it may take to stop."""
_GIVEN: Mapping[str, object] = {
    "automountServiceAccountToken": False,
    "enableServiceLinks": False,
    "restartPolicy": None,
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
}
"""What a pod of ours has, or the API server writes; any other value is named as not used."""


class Pod:
    """One pod's spec.

    Args:
        spec: What it says.
        around: The objects that it names.
        claims: What the claims of a stateful replica are made from.
    """

    def __init__(self, spec: Fields, around: Surroundings, claims: Mapping[str, Fields]) -> None:
        containers = spec.parts("containers")
        if not containers:
            raise ConfigError(f"{spec.where} has no container")
        self._spec, self._around, self._claims = spec, around, claims
        self._container = containers[0]
        for other in containers[1:]:
            around.notes.append(f"{other.where}: an app is one container")
        self._container.take("name")
        entries = self._container.parts("ports")
        self.ports = [int(one.take("containerPort")) for one in entries if one.take("protocol") in (None, "TCP")]
        strange = [one for one in entries if one.take("protocol") not in (None, "TCP")]
        around.notes += [f"{one.where}: a port of {one.take('protocol')}" for one in strange]
        self.named = {str(one.take("name")): int(one.take("containerPort")) for one in entries}
        around.names |= self.named

    @property
    def image(self) -> str:
        """The container's image."""
        return self._container.text("image") or ""

    def options(self) -> dict[str, object]:
        """Return the options of a deployment that mean this pod."""
        one, spec = self._container, self._spec
        if one.take("imagePullPolicy") not in (None, "IfNotPresent"):
            one.leave("imagePullPolicy")
        for name, value in _GIVEN.items():
            if spec.take(name) not in (None, value) and value is not None:
                spec.leave(name)
        config, secrets, mounts = self._volumes()
        return {
            "entrypoint": _words(one, "command"),
            "command": _words(one, "args"),
            "env": self._env(),
            "port": list(self.ports),
            "workdir": one.text("workingDir"),
            "init": spec.take("shareProcessNamespace"),
            "volumes": mounts,
            "config": config,
            "secrets": secrets,
            "stop_grace": self._grace(),
            **probes_of(one, self.ports, self.named),
            **_resources(one, self._around.notes),
            **self._security(),
            **placed(spec),
        }

    def _env(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for source in self._container.parts("envFrom"):
            name = source.part("configMapRef").text("name")
            found |= self._around.config.get(name or "", {})
        for one in self._container.parts("env"):
            name, given = one.text("name") or "", one.part("valueFrom")
            value = one.text("value")
            if "secretKeyRef" in given:
                reference = given.part("secretKeyRef")
                found[name] = secret(reference.text("key") or name)
                reference.take("name")
            elif "configMapKeyRef" in given:
                reference = given.part("configMapKeyRef")
                data = self._around.config.get(reference.text("name") or "", {})
                key = reference.text("key") or ""
                if key in data:
                    found[name] = data[key]
                else:
                    reference.leave("key")
            elif "valueFrom" not in one:
                found[name] = (value or "").replace("$$", "$")
        return found

    def _grace(self) -> object:
        """Return how long it may take to stop, once it is told."""
        sleep = self._container.part("lifecycle").part("preStop").part("sleep")
        seconds = sleep.take("seconds")
        if seconds not in (None, LEAVING):
            sleep.leave("seconds")
        grace = self._spec.take("terminationGracePeriodSeconds")
        return grace if grace is None or seconds != LEAVING else max(0, grace - LEAVING)

    def _security(self) -> dict[str, object]:
        pod, own = self._spec.part("securityContext"), self._container.part("securityContext")
        uid, gid = (own.take(name) if name in own else pod.take(name) for name in ("runAsUser", "runAsGroup"))
        for fields, name, value in (
            (pod, "runAsNonRoot", True),
            (own, "runAsNonRoot", True),
            (pod, "fsGroup", gid or uid),
            (pod, "fsGroupChangePolicy", "OnRootMismatch"),
            (pod, "seccompProfile", {"type": "RuntimeDefault"}),
            (own, "allowPrivilegeEscalation", False),
        ):
            if fields.take(name) != value:
                fields.leave(name)
        drop = list(own.part("capabilities").items("drop"))
        return {
            "user": None if uid is None else f"{uid}" if gid is None else f"{uid}:{gid}",
            "read_only": own.take("readOnlyRootFilesystem") or None,
            "drop": [] if uid and drop == ["ALL"] else drop,
        }

    def _volumes(self) -> tuple[dict[str, object], dict[str, object], list[Mount]]:
        volumes = {str(one.take("name")): one for one in self._spec.parts("volumes")}
        config: dict[str, object] = {}
        secrets: dict[str, object] = {}
        mounts = list[Mount]()
        for one in self._container.parts("volumeMounts"):
            name, target = one.text("name") or "", one.text("mountPath") or ""
            path, read_only = one.text("subPath"), bool(one.take("readOnly"))
            volume = volumes.get(name)
            if volume is not None and "configMap" in volume:
                config |= self._files(volume.part("configMap"), target, path)
            elif volume is not None and "secret" in volume:
                secrets |= _secret_files(volume.part("secret"), target, path)
            else:
                mounts += self._mount(name, volume, target, read_only=read_only)
        return config, secrets, mounts

    def _files(self, source: Fields, target: str, path: str | None) -> dict[str, object]:
        """Return the files that a ConfigMap gives: one of it, or all in a folder."""
        data = self._around.config.get(source.text("name") or "", {})
        if source.take("defaultMode") not in (None, 0o444, 0o644):
            source.leave("defaultMode")
        named = {str(one.take("path")): str(one.take("key")) for one in source.parts("items")}
        keys = named or dict(zip(data, data, strict=True))
        chosen = {target: path} if path is not None else {f"{target.rstrip('/')}/{one}": one for one in keys}
        return {place: data[keys[one]] for place, one in chosen.items() if keys.get(one) in data}

    def _mount(self, name: str, volume: Fields | None, target: str, *, read_only: bool) -> Iterator[Mount]:
        if volume is None:
            if name in self._claims:
                yield _claimed(name, target, self._claims[name], read_only=read_only)
            return
        if "persistentVolumeClaim" in volume:
            claim = volume.part("persistentVolumeClaim").text("claimName") or ""
            yield _claimed(claim, target, self._around.claims.get(claim), read_only=read_only)
        elif "hostPath" in volume:
            path = volume.part("hostPath").text("path") or ""
            yield Mount(target=target, kind="bind", source=path, read_only=read_only)
        elif "emptyDir" in volume or volume.take("emptyDir") is not None:
            if volume.part("emptyDir").take("medium") != "Memory":
                self._around.notes.append(f"{volume.where}.emptyDir: it is memory here")
            yield Mount(target=target, kind="tmpfs", read_only=read_only)


def _claimed(name: str, target: str, claim: Fields | None, *, read_only: bool) -> Mount:
    """Return the mount of a claim, with what the claim is made as where that is known."""
    if claim is None:
        return Mount(target=target, source=name, read_only=read_only)
    spec = claim.part("spec")
    size = spec.part("resources").part("requests").text("storage")
    return Mount(
        target=target,
        source=name,
        read_only=read_only,
        size=None if size == "1Gi" else size,
        storage_class=spec.text("storageClassName") or "",
        shared="ReadWriteMany" in spec.items("accessModes"),
    )


def _secret_files(source: Fields, target: str, path: str | None) -> dict[str, object]:
    source.take("secretName"), source.take("defaultMode")
    keys = [str(one.take("key")) for one in source.parts("items") if one.take("path") is not None]
    if path is not None:
        return {target: secret(target.removeprefix("/run/secrets/"))}
    return {f"{target.rstrip('/')}/{key}": secret(key) for key in keys}


def _words(container: Fields, name: str) -> list[str] | None:
    return [str(word).replace("$$", "$") for word in container.items(name)] or None


def _resources(container: Fields, notes: list[str]) -> dict[str, Any]:
    """Return limits and requests; a request that is the limit says nothing more."""
    resources = container.part("resources")
    limits = {key: str(one) for key, one in resources.mapping("limits").items()}
    requests = {key: str(one) for key, one in resources.mapping("requests").items()}
    devices = {key: int(one) for key, one in limits.items() if "/" in key}
    found: dict[str, Any] = {"devices": devices}
    for name in ("cpu", "memory"):
        found[name] = limits.pop(name, None)
        request = requests.pop(name, None)
        found[f"{name}_request"] = None if request == found[name] else request
    rest = {"limits": limits.keys() - devices, "requests": requests.keys() - devices}
    notes += [f"{resources.place(name)}.{key}" for name, keys in rest.items() for key in sorted(keys)]
    return found
