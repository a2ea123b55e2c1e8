"""Rules in Cedar, checked when they are read.

What no rule permits is denied; a ``forbid`` goes before every ``permit``. Guests, bots and people of other workspaces
are permitted only what a rule permits to them by name.

Source: docs.cedarpolicy.com
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cedarpy

from cloudkit.errors import ConfigError
from cloudkit.verbs import Catalogue
from cloudkit_bot.policy.approval import approval_of, wrong_annotations
from cloudkit_bot.policy.explaining import Explanation, explanation
from cloudkit_bot.policy.rules import Rule, naming, rules_of
from cloudkit_bot.policy.verdict import Asker, Verdict, Wanted
from cloudkit_bot.policy.vocabulary import APPROVE, held, schema_of

__all__ = ["CedarPolicy"]

LOGGER = logging.getLogger("cloudkit_bot")
GROUP = re.compile(r'Group::"(S[A-Z0-9]{2,30})"')


@dataclass(frozen=True, slots=True)
class CedarPolicy:
    """Rules in Cedar.

    Args:
        text: The rules.
        catalogue: The verbs that they speak of.

    Raises:
        ConfigError: They are no rules, or speak of what there is not.

    >>> from cloudkit_bot.words.grammar import chat_catalogue
    >>> policy = CedarPolicy('permit(principal == User::"U1", action == Action::"scale", resource);', chat_catalogue())
    >>> wanted = Wanted(verb="scale", role="operator", changes=True, app="web", arguments={"replicas": 3})
    >>> policy.decide(Asker(id="U1", team="T1"), wanted).allowed
    True
    """

    text: str
    catalogue: Catalogue
    rules: tuple[Rule, ...] = field(init=False, repr=False)
    schema: cedarpy.Schema = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        schema = schema_of(self.catalogue)
        checked = cedarpy.validate_policies(self.text, schema)
        if not checked.validation_passed:
            evidence = [str(getattr(error, "error", error)) for error in checked.errors]
            raise ConfigError("the policy is wrong", evidence=evidence, hint="mend the rule that is named")
        object.__setattr__(self, "rules", rules_of(self.text))
        object.__setattr__(self, "schema", cedarpy.Schema.from_json_str(json.dumps(schema)))
        evidence = list(wrong_annotations(rule.body for rule in self.rules))
        if evidence:
            raise ConfigError("the policy is wrong", evidence=evidence, hint="mend the annotation that is named")

    @property
    def groups(self) -> tuple[str, ...]:
        """The user groups that the rules name."""
        return tuple(dict.fromkeys(GROUP.findall(self.text)))

    def decide(self, asker: Asker, wanted: Wanted) -> Verdict:
        """Say whether somebody may do something."""
        return self._verdict(wanted, self.asked(asker, wanted, naming(self.rules, asker)))

    def explain(self, asker: Asker, wanted: Wanted) -> Explanation:
        """Say which rule decides, and what would have to be so for another answer."""
        return explanation(
            self.rules, asker, self.decide(asker, wanted), lambda rules: self._hold(asker, wanted, rules)
        )

    def asked(self, asker: Asker, wanted: Wanted, rules: tuple[Rule, ...]) -> cedarpy.AuthzResult:
        """Let Cedar decide by some rules.

        Raises:
            UsageError: A value is none that the verb takes.
        """
        request = {
            "principal": uid("User", asker.id),
            "action": uid("Action", APPROVE if wanted.approving else wanted.verb),
            "resource": uid("App", wanted.app) if wanted.app else uid("Namespace", wanted.namespace),
            "context": {"channel": wanted.channel, "direct": wanted.direct, **self._about(wanted)},
        }
        policies = cedarpy.PolicySet.from_json_str(
            json.dumps({"templates": {}, "templateLinks": [], "staticPolicies": {one.key: one.body for one in rules}})
        )
        return cedarpy.is_authorized(request, policies, entities(asker, wanted), schema=self.schema)

    def _about(self, wanted: Wanted) -> dict[str, Any]:
        if wanted.approving:
            return {"verb": wanted.verb}
        return {"arguments": held(self.catalogue, wanted.verb, wanted.arguments)}

    def _verdict(self, wanted: Wanted, found: cedarpy.AuthzResult) -> Verdict:
        names = {rule.key: rule.name for rule in self.rules}
        by = tuple(names[key] for key in found.diagnostics.reasons)
        if found.diagnostics.errors:
            LOGGER.warning("a rule of the policy failed: %s", found.diagnostics.errors)
            return Verdict(allowed=False, reason="a rule of the policy failed, so nothing is allowed", by=by)
        if found.allowed:
            decided = set(found.diagnostics.reasons)
            approval = approval_of(rule.body for rule in self.rules if rule.key in decided)
            return Verdict(allowed=True, by=by, approval=None if wanted.approving else approval)
        return Verdict(allowed=False, reason="a rule forbids it" if by else "no rule allows it", by=by)

    def _hold(self, asker: Asker, wanted: Wanted, rules: tuple[Rule, ...]) -> frozenset[str]:
        """Return the keys of the rules that apply; each of them permits."""
        return frozenset(self.asked(asker, wanted, rules).diagnostics.reasons)


def uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}


def entities(asker: Asker, wanted: Wanted) -> list[dict[str, Any]]:
    """Return who asks and what is asked about, as Cedar has them."""
    groups = [uid("Group", group) for group in sorted(asker.groups)]
    backend, namespace = uid("Backend", wanted.backend), uid("Namespace", wanted.namespace)
    workspace = uid("Workspace", asker.team)
    who = {"guest": asker.guest, "stranger": asker.stranger, "bot": asker.bot}
    app = [one(uid("App", wanted.app), parents=[namespace])] if wanted.app else []
    return [
        one(uid("User", asker.id), parents=[*groups, workspace], attributes=who),
        *map(one, [*groups, workspace]),
        *app,
        one(namespace, parents=[backend]),
        one(backend),
    ]


def one(
    name: dict[str, str], parents: list[dict[str, str]] | None = None, attributes: Mapping[str, bool] | None = None
) -> dict[str, Any]:
    return {"uid": name, "attrs": dict(attributes or {}), "parents": parents or []}
