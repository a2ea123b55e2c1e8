"""Look a build over before it runs, and name what beginners get wrong, with the fix."""

from __future__ import annotations

from cloudkit.engine.context import Context, open_context
from cloudkit.engine.dockerfile import parse_dockerfile
from cloudkit.engine.lint import copying, safety, starting, writing
from cloudkit.engine.lint.look import Look
from cloudkit.model.build import BuildSpec
from cloudkit.model.finding import Finding

__all__ = ["lint", "lint_context"]

RULES = (*writing.RULES, *copying.RULES, *starting.RULES, *safety.RULES)


def lint(spec: BuildSpec) -> tuple[Finding, ...]:
    """Return what is wrong, or likely so, by line; asks no engine.

    Raises:
        NotFoundError: The context or its Dockerfile is not there.

    >>> from pathlib import Path
    >>> spec = BuildSpec(context=Path(), dockerfile_text="FROM node:22-slim" + chr(10) + "COPY package*.json./")
    >>> print(lint(spec)[0].fix)
    COPY package*.json ./
    """
    return lint_context(spec, open_context(spec))


def lint_context(spec: BuildSpec, context: Context) -> tuple[Finding, ...]:
    """Return what is wrong with a build whose context is open already; what is certain to fail comes first."""
    look = Look(spec=spec, context=context, dockerfile=parse_dockerfile(context.text))
    found = [finding for rule in RULES for finding in rule(look)]
    return tuple(sorted(found, key=lambda finding: (not finding.certain, finding.line or 0)))
