"""The labels that say on every engine whose an object is; the names are those that Kubernetes recommends.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
"""

from __future__ import annotations

__all__ = [
    "COMPONENT",
    "GENERATION",
    "INSTANCE",
    "MANAGED_BY",
    "NAME",
    "OWNER",
    "PART_OF",
    "REVISION",
    "SPEC",
    "VERSION",
]

OWNER = "cloudkit"
MANAGED_BY = "app.kubernetes.io/managed-by"
NAME = "app.kubernetes.io/name"
INSTANCE = "app.kubernetes.io/instance"
COMPONENT = "app.kubernetes.io/component"
VERSION = "app.kubernetes.io/version"
PART_OF = "app.kubernetes.io/part-of"

SPEC = "cloudkit/spec"
"""The wanted spec, as ``encode`` writes it."""
GENERATION = "cloudkit/generation"
"""Counts the changes of the spec; the precondition of the next one."""
REVISION = "cloudkit/revision"
"""Counts the changes of what runs."""
