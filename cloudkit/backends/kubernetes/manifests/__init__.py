"""A spec as the objects that an API server is given: pure, and the same for the same spec."""

from __future__ import annotations

from cloudkit.backends.kubernetes.manifests.app import Manifest, kept_keys, key_of, manifests, surplus_keys
from cloudkit.backends.kubernetes.manifests.service import published_name
from cloudkit.backends.kubernetes.manifests.variables import secret_name
from cloudkit.backends.kubernetes.manifests.ways import Ways, port_name

__all__ = [
    "Manifest",
    "Ways",
    "kept_keys",
    "key_of",
    "manifests",
    "port_name",
    "published_name",
    "secret_name",
    "surplus_keys",
]
