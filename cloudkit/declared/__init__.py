"""Apps as they are declared: in Python, in files of our own, of compose and of Kubernetes; read and written.

>>> from cloudkit.declared import app
>>> app("web", "web:1", port=3000).spec.ports[0].number
3000
"""

from __future__ import annotations

from cloudkit.declared.declaration import Declaration, Declared, app
from cloudkit.declared.secrets import secret

__all__ = ["Declaration", "Declared", "app", "secret"]
