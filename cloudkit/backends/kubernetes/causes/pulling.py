"""Why a node cannot have an image, read from the words of its runtime: pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from cloudkit.backends.causes.words import cause
from cloudkit.backends.kubernetes.causes.facts import PodFacts
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.registry.credentials import login_command

__all__ = ["REASONS", "pull_cause"]

REASONS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "ImageInspectError",
        "InvalidImageName",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
_STATUS = re.compile(r"(?:unexpected status[^:]*(?::|: \S+:)?|status(?: code)?:?) ?([45]\d\d)\b|: ([45]\d\d) [A-Z]")
_BACK_OFF = re.compile(r'^Back-off pulling image "[^"]*"(?:: )?')


def pull_cause(spec: AppSpec, pod: PodFacts) -> Cause:
    """Return why a node has no image for a pod.

    >>> from cloudkit.model.reference import Reference
    >>> spec = AppSpec(name="web", image=Reference.parse("web:1"))
    >>> pull_cause(spec, PodFacts(name="web-1", status="created", error="no match for platform in manifest")).code
    <CauseCode.WRONG_ARCHITECTURE: 'wrong_architecture'>
    """
    if pod.waiting == "ErrImageNeverPull":
        what = f"may not pull image {spec.image.familiar}, and {pod.host} does not have it"
        return cause(CauseCode.IMAGE_MISSING, pod, what, fix=f"cloudkit push {_named(spec)}")
    text = _BACK_OFF.sub("", pod.error).lower()
    for told, build in _BUILDERS:
        if told.search(text):
            return build(spec, pod)
    return _by_status(spec, pod, text)


def _by_status(spec: AppSpec, pod: PodFacts, text: str) -> Cause:
    match = _STATUS.search(text) or _STATUS.search(pod.error)
    status = int(match[1] or match[2]) if match else None
    if status == 404:
        return _missing(spec, pod)
    if status is not None and status < 500:
        return _refused(spec, pod)
    words = "does not answer" if status is None else f"fails with status {status}"
    what = f"has no image yet: registry {spec.image.domain} {words}"
    code = CauseCode.REGISTRY_UNREACHABLE if status or _NO_ANSWER.search(text) else CauseCode.UNKNOWN
    if code is CauseCode.UNKNOWN:
        what = f"has no image {spec.image.familiar} yet"
    return cause(code, pod, what, fix="cloudkit doctor", certain=False)


def _missing(spec: AppSpec, pod: PodFacts) -> Cause:
    what = f"has no image: {spec.image.familiar} is not at its registry"
    return cause(CauseCode.IMAGE_MISSING, pod, what, fix=f"cloudkit build . -t {_named(spec)}")


def _refused(spec: AppSpec, pod: PodFacts) -> Cause:
    host = spec.image.domain
    what = f"has no image: registry {host} refuses image {spec.image.familiar}"
    return cause(CauseCode.REGISTRY_REFUSED, pod, what, fix=_login(spec), certain=_knew_who(pod))


def _knew_who(pod: PodFacts) -> bool:
    """False while a node was refused only before it had read the pull secret, as one under load may: it asks again."""
    unread = sum(one.count for one in pod.told if one.reason == "FailedToRetrieveImagePullSecret")
    refused = sum(one.count for one in pod.told if one.reason == "Failed" and one.message.startswith("Failed to pull"))
    return not unread or refused > unread


def _limited(spec: AppSpec, pod: PodFacts) -> Cause:
    host = spec.image.domain
    what = f"has no image yet: registry {host} limits how often it is asked"
    return cause(CauseCode.REGISTRY_RATE_LIMITED, pod, what, fix=_login(spec), certain=False)


def _untrusted(spec: AppSpec, pod: PodFacts) -> Cause:
    what = f"has no image: {pod.host} does not trust the certificate of registry {spec.image.domain}"
    fix = f"add the authority of {spec.image.domain} to the runtime of each node"
    return cause(CauseCode.REGISTRY_UNREACHABLE, pod, what, fix=fix)


def _plain(spec: AppSpec, pod: PodFacts) -> Cause:
    what = f"has no image: registry {spec.image.domain} speaks plain HTTP, and {pod.host} expects HTTPS"
    fix = f"allow plain HTTP to {spec.image.domain} in the runtime of each node"
    return cause(CauseCode.REGISTRY_UNREACHABLE, pod, what, fix=fix)


def _architecture(spec: AppSpec, pod: PodFacts) -> Cause:
    platform = pod.engine_platform
    what = f"has no image: {spec.image.familiar} is not made for {platform or pod.host}"
    fix = f"cloudkit build . -t {_named(spec)} --platform {platform or 'linux/amd64'}"
    return cause(CauseCode.WRONG_ARCHITECTURE, pod, what, fix=fix)


def _disk_full(_spec: AppSpec, pod: PodFacts) -> Cause:
    what = f"has no image yet: {pod.host}'s disk is full"
    return cause(CauseCode.DISK_FULL, pod, what, fix=pod.space, certain=False)


def _invalid(_spec: AppSpec, pod: PodFacts) -> Cause:
    what = "has an image that no registry can have: its name is no reference"
    return cause(CauseCode.IMAGE_MISSING, pod, what, fix="cloudkit images")


def _login(spec: AppSpec) -> str:
    """Return the call after which the nodes are told who one is, once the app is deployed again."""
    return f"{login_command(spec.image.domain)}; then deploy again"


def _named(spec: AppSpec) -> str:
    """Return what an image can be named in a build: a reference without its digest."""
    return spec.image.familiar.partition("@")[0]


_NO_ANSWER = re.compile(
    r"dial tcp|no such host|connection refused|i/o timeout|timed? ?out|deadline exceeded|no route to host|unreachable"
    r"|connection reset|unexpected eof|\beof\b|failed to do request|canceled"
)
_BUILDERS: tuple[tuple[re.Pattern[str], Callable[[AppSpec, PodFacts], Cause]], ...] = (
    (re.compile(r"invalid reference format|invalidimagename|couldn't parse image"), _invalid),
    (re.compile(r"no match for platform|does not match the (?:specified|detected) platform"), _architecture),
    (re.compile(r"no space left on device|disk quota exceeded"), _disk_full),
    (re.compile(r"toomanyrequests|429 too many requests|rate limit"), _limited),
    (re.compile(r"x509|certificate (?:is not trusted|signed by unknown)|tls: failed to verify"), _untrusted),
    (re.compile(r"server gave http response to https client"), _plain),
    (
        re.compile(r"insufficient_scope|authorization failed|unauthorized|access denied|forbidden|no basic auth"),
        _refused,
    ),
    (re.compile(r"manifest unknown|name unknown|name_unknown|: not found\b|repository does not exist"), _missing),
)
