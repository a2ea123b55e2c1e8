"""Why the cluster makes no pod: a quota, a limit range, pod security, an admission webhook: pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from cloudkit.backends.causes.words import deploy
from cloudkit.backends.kubernetes.causes.facts import Facts
from cloudkit.backends.kubernetes.causes.quantities import amount, fitting
from cloudkit.backends.kubernetes.causes.starting import USER
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.plain import plain

__all__ = ["refusal_cause"]

WIDTH = 300
_QUOTA = re.compile(
    r"exceeded quota: (?P<name>[^,]+), requested: (?P<asked>.+?), used: (?P<used>.+?), limited: (?P<hard>.+)"
)
_UNSAID = re.compile(r"failed quota: (?P<name>[^:]+): must specify (?P<what>[^;]+?)(?: for: .*)?$")
_RANGE = re.compile(
    r"(?P<way>maximum|minimum) (?P<what>\S+) usage per (?P<who>\w+) is (?P<bound>[^,]+)"
    r"(?:, but \w+ is (?P<given>[^,\]]+))?"
)
_SECURITY = re.compile(r'violates PodSecurity "(?P<level>\w+):[^"]*": (?P<rules>.+)')
_DENIED = re.compile(r'admission webhook "(?P<name>[^"]+)" denied the request(?: without explanation|: (?P<why>.+))?')
_POLICY = re.compile(r"ValidatingAdmissionPolicy '(?P<name>[^']+)' with binding '[^']+' denied request: (?P<why>.+)")
_SILENT = re.compile(r'failed calling webhook "(?P<name>[^"]+)"')
_ENDING = re.compile(r"is being terminated")
_FORBIDDEN = re.compile(r"\bis (?:forbidden|invalid): (?P<why>.+)")
_ACCOUNT = re.compile(r'serviceaccount "(?P<name>[^"]+)" not found')


def refusal_cause(spec: AppSpec, facts: Facts) -> Cause:
    """Return why the cluster makes no more pods of an app.

    >>> from cloudkit.model.reference import Reference
    >>> spec = AppSpec(name="web", image=Reference.parse("web:1"))
    >>> words = 'pods "web-x" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2'
    >>> refusal_cause(spec, Facts(namespace="shop", refused=words)).summary
    "web gets no replicas: quota 'few' allows pods=2, of which 2 is used, and each asks for 1"
    """
    for pattern, build in _BUILDERS:
        match = pattern.search(facts.refused)
        if match is not None:
            return build(spec, facts, match)
    return _cause(CauseCode.UNKNOWN, spec, facts, "the cluster makes none", "cloudkit doctor", certain=False)


def _cause(code: CauseCode, spec: AppSpec, facts: Facts, why: str, fix: str, *, certain: bool = True) -> Cause:
    line = plain(" ".join(facts.refused.split()))
    shown = line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."
    more = "more " if facts.ready or facts.pods else ""
    summary = plain(f"{spec.name} gets no {more}replicas: {why}")
    return Cause(code=code, summary=summary[:WIDTH], evidence=(shown,), fix=fix, certain=certain)


def _quota(spec: AppSpec, facts: Facts, match: re.Match[str]) -> Cause:
    """Name the first resource that the quota has too little of; certain when one replica alone asks for too much."""
    asked, used, hard = (_amounts(match[one]) for one in ("asked", "used", "hard"))
    tight = [one for one in asked if amount(asked[one]) + amount(used.get(one)) > amount(hard.get(one))]
    resource = next(iter(tight or asked), "")
    mine, taken, bound = asked[resource], used.get(resource, "0"), hard.get(resource, "0")
    name = match["name"]
    why = f"quota {name!r} allows {resource}={bound}, of which {taken} is used, and each asks for {mine}"
    never = any(amount(asked[one]) > amount(hard.get(one)) for one in tight)
    short = resource.rpartition(".")[2]
    left = fitting(short, amount(bound) - amount(taken)) if short in {"cpu", "memory"} else ""
    edit = f"kubectl edit resourcequota {name} -n {facts.namespace}"
    fix = deploy(spec, f"--{short} {left}") if left else edit
    if resource == "pods" and facts.ready:
        fix = f"cloudkit scale {spec.name} {facts.ready}"
    return _cause(CauseCode.QUOTA, spec, facts, why, fix, certain=never)


def _unsaid(spec: AppSpec, facts: Facts, match: re.Match[str]) -> Cause:
    what = match["what"]
    why = f"quota {match['name']!r} counts {what.replace(',', ' and ')}, and it has no bound of that"
    options = " ".join(option for word, option in (("cpu", "--cpu 500m"), ("memory", "--memory 256Mi")) if word in what)
    edit = f"kubectl edit resourcequota {match['name']} -n {facts.namespace}"
    return _cause(CauseCode.QUOTA, spec, facts, why, deploy(spec, options) if options else edit)


def _range(spec: AppSpec, facts: Facts, match: re.Match[str]) -> Cause:
    way = "at most" if match["way"] == "maximum" else "at least"
    given = f"asks for {match['given'].strip()}" if match["given"] else "says no bound"
    why = f"a limit range allows {way} {match['bound']} of {match['what']} per {match['who'].lower()}, and it {given}"
    resource = match["what"]
    edit = f"kubectl describe limitrange -n {facts.namespace}"
    fix = deploy(spec, f"--{resource} {match['bound']}") if resource in {"cpu", "memory"} else edit
    return _cause(CauseCode.NOT_ALLOWED, spec, facts, why, fix)


def _security(spec: AppSpec, facts: Facts, match: re.Match[str]) -> Cause:
    rules = re.findall(r"(?:^|, )([^,()]+?) \(", match["rules"])
    why = f"the namespace admits pods of level {match['level']} only: " + ", ".join(rules or [match["rules"]])
    fix = deploy(spec, f"--user {USER}") if spec.user is None else f"kubectl describe namespace {facts.namespace}"
    return _cause(CauseCode.NOT_ALLOWED, spec, facts, why, fix)


def _denied(spec: AppSpec, facts: Facts, match: re.Match[str]) -> Cause:
    said = match["why"] or "it does not say why"
    fix = f"kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations  # {match['name']}"
    return _cause(CauseCode.NOT_ALLOWED, spec, facts, f"webhook {match['name']} refuses: {said}", fix)


def _policy(spec: AppSpec, facts: Facts, match: re.Match[str]) -> Cause:
    fix = f"kubectl describe validatingadmissionpolicy {match['name']}"
    return _cause(CauseCode.NOT_ALLOWED, spec, facts, f"policy {match['name']} refuses: {match['why']}", fix)


def _silent(spec: AppSpec, facts: Facts, match: re.Match[str]) -> Cause:
    why = f"webhook {match['name']}, which is asked about each, does not answer"
    fix = f"kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations  # {match['name']}"
    return _cause(CauseCode.NETWORK, spec, facts, why, fix, certain=False)


def _ending(spec: AppSpec, facts: Facts, _match: re.Match[str]) -> Cause:
    why = f"namespace {facts.namespace!r} is being deleted"
    return _cause(CauseCode.NOT_ALLOWED, spec, facts, why, f"kubectl get namespace {facts.namespace}")


def _account(spec: AppSpec, facts: Facts, match: re.Match[str]) -> Cause:
    why = f"service account {match['name']!r} is not there"
    fix = f"kubectl create serviceaccount {match['name']} -n {facts.namespace}"
    return _cause(CauseCode.CONFIG_MISSING, spec, facts, why, fix, certain=False)


def _forbidden(spec: AppSpec, facts: Facts, match: re.Match[str]) -> Cause:
    fix = f"kubectl describe replicaset -n {facts.namespace}"
    return _cause(CauseCode.NOT_ALLOWED, spec, facts, match["why"], fix)


def _amounts(text: str) -> dict[str, str]:
    """Read ``pods=1,requests.cpu=2``.

    >>> _amounts("pods=1,requests.cpu=2")
    {'pods': '1', 'requests.cpu': '2'}
    """
    pairs = (part.partition("=") for part in text.strip().split(","))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


_Build = Callable[[AppSpec, Facts, re.Match[str]], Cause]
_BUILDERS: tuple[tuple[re.Pattern[str], _Build], ...] = (
    (_QUOTA, _quota),
    (_UNSAID, _unsaid),
    (_SECURITY, _security),
    (_DENIED, _denied),
    (_POLICY, _policy),
    (_SILENT, _silent),
    (_RANGE, _range),
    (_ENDING, _ending),
    (_ACCOUNT, _account),
    (_FORBIDDEN, _forbidden),
)
