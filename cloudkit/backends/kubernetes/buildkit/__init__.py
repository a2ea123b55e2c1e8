"""A BuildKit in the cluster, for builds without an engine: made when first needed, kept, reached by the API server.

::

    with reached(client, builder, registry, listener=listener) as here:
        ...  # a Builder with an address on this machine's loopback
"""

from __future__ import annotations

from cloudkit.backends.kubernetes.buildkit.examine import examine_builder
from cloudkit.backends.kubernetes.buildkit.reaching import reached
from cloudkit.backends.kubernetes.buildkit.removing import remove_builder

__all__ = ["examine_builder", "reached", "remove_builder"]
