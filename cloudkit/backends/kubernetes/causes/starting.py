"""Why a node has an image but cannot start its container, read from the words of the node and its runtime: pure."""

from __future__ import annotations

import re

from cloudkit.backends.causes.program import program_cause
from cloudkit.backends.causes.words import cause, deploy
from cloudkit.backends.kubernetes.causes.facts import PodFacts
from cloudkit.backends.kubernetes.lost import mended
from cloudkit.backends.kubernetes.manifests.files import is_config_name
from cloudkit.backends.kubernetes.manifests.variables import is_secret_name
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["ABSENT", "REASONS", "start_cause"]

REASONS = frozenset({"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError"})
ABSENT = re.compile(
    r"(?P<kind>configmap|secret) \"(?P<name>[^\"]+)\" not found"
    r"|couldn't find key (?P<key>\S+) in (?P<kind_of_key>configmap|secret) (?:[^/\s]+/)?(?P<name_of_key>\S+)",
    re.IGNORECASE,
)
"""How a node puts it that a ConfigMap, a Secret or a key of one is not there."""
USER = 65532
"""The number that images without a root user commonly have."""
_ROOT = re.compile(r"runasnonroot and image will run as root|runasnonroot.*non-numeric user")
_NO_COMMAND = re.compile(r"no command specified")
_NO_USER = re.compile(r"unable to find user|no users found|unable to find group|no matching entries in passwd")
_DISK_FULL = re.compile(r"no space left on device|disk quota exceeded")
_READ_ONLY = re.compile(r"read-only file system")
_MOUNT = re.compile(r"error mounting|failed to mount|failed to stat|not a directory: are you trying to mount")
_MAY_PASS = re.compile(r"context deadline exceeded|is reserved for|connection refused|unavailable|canceled")


def start_cause(spec: AppSpec, pod: PodFacts) -> Cause:
    """Return why a node does not start a container.

    >>> from cloudkit.model.reference import Reference
    >>> spec = AppSpec(name="web", image=Reference.parse("web:1"))
    >>> start_cause(spec, PodFacts(name="web-1", status="created", error='secret "db" not found')).summary
    "web-1 asks for secret 'db', which is not there"
    """
    absent = ABSENT.search(pod.error)
    if absent is not None:
        return absent_cause(spec, pod, absent)
    text = pod.error.lower()
    if _ROOT.search(text):
        what = "may not run as root, and its image does"
        return cause(CauseCode.NOT_ALLOWED, pod, what, fix=deploy(spec, f"--user {USER}"))
    return _by_runtime(spec, pod, text)


def absent_cause(spec: AppSpec, pod: PodFacts, absent: re.Match[str], *, seen: str = "") -> Cause:
    """Return the cause for a ConfigMap, a Secret or a key that is missed; certain when it is not there by now.

    Args:
        spec: What is wanted; of a Secret that was made for it, only a deployment can give the values again.
        pod: Who misses it.
        absent: What `ABSENT` has found.
        seen: The words that it was found in, where they are not the pod's own.
    """
    kind = (absent["kind"] or absent["kind_of_key"]).lower()
    name, key = absent["name"] or absent["name_of_key"], absent["key"]
    code = CauseCode.SECRET_MISSING if kind == "secret" else CauseCode.CONFIG_MISSING
    made = "secret generic" if kind == "secret" else kind
    if key:
        what = f"asks for key {key!r} of {kind} {name!r}, which has none of that name"
        fix = f"kubectl edit {kind} {name} -n {pod.namespace}"
    else:
        what = f"asks for {kind} {name!r}, which is not there"
        fix = f"kubectl create {made} {name} -n {pod.namespace} --from-literal=KEY=VALUE"
    if (is_secret_name if kind == "secret" else is_config_name)(spec.name, name):
        fix = mended(spec)
    return cause(code, pod, what, fix=fix, seen=seen, certain=f"{kind}/{name}" in pod.absent)


def _by_runtime(spec: AppSpec, pod: PodFacts, text: str) -> Cause:
    if _MAY_PASS.search(text):
        what = f"was not started yet: the runtime of {pod.host} is busy or does not answer"
        return cause(CauseCode.UNKNOWN, pod, what, fix=pod.described, certain=False)
    if _NO_COMMAND.search(text):
        what = "has no command, neither in its image nor of its own"
        return cause(CauseCode.COMMAND_NOT_FOUND, pod, what, fix=deploy(spec, "--command 'PROGRAM ARGUMENT'"))
    if _NO_USER.search(text):
        what = f"has no user {spec.user} in its image" if spec.user else "starts as a user that its image does not have"
        return cause(CauseCode.UNKNOWN, pod, what, fix=deploy(spec, f"--user {USER}"))
    if _DISK_FULL.search(text):
        what = f"cannot start: {pod.host}'s disk is full"
        return cause(CauseCode.DISK_FULL, pod, what, fix=pod.space, certain=False)
    return _by_mount(spec, pod, text)


def _by_mount(spec: AppSpec, pod: PodFacts, text: str) -> Cause:
    if _READ_ONLY.search(text):
        what = "cannot start: something must be written where it may only be read"
        return cause(CauseCode.VOLUME_READ_ONLY, pod, what, fix=pod.described)
    if _MOUNT.search(text):
        what = "cannot mount what it asks for"
        return cause(CauseCode.VOLUME_UNBOUND, pod, what, fix=pod.described)
    unknown = cause(CauseCode.UNKNOWN, pod, "could not be started", fix="cloudkit doctor", certain=False)
    return program_cause(spec, pod, text) or unknown
