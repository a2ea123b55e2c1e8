"""One fluent chain from a build context to a balanced, rolling, self-explaining app.

>>> from cloudkit import Cloud
>>> cloud = Cloud("memory")
>>> web = cloud.image("web:1").pull().deploy("web", port=3000).scale(3)
>>> web.status().ready
3
"""

from __future__ import annotations

from functools import partial
from importlib import import_module

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.config import Config
from cloudkit.errors import (
    AccessError,
    BackendError,
    BuildError,
    CloudkitError,
    ConfigError,
    ConflictError,
    JournalError,
    NotFoundError,
    RegistryError,
    RolloutError,
    UnsupportedError,
    UsageError,
)
from cloudkit.image import BuiltImage, Image
from cloudkit.model.app import AppSpec
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.caller import Caller, Origin
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.entry import Difference, Entry, Wanted
from cloudkit.model.job import Job, Schedule
from cloudkit.model.mount import Mount
from cloudkit.model.placement import Affinity, Placement, Spread, Toleration
from cloudkit.model.plan import Plan, Risk
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe, TcpProbe
from cloudkit.model.progress import Progress
from cloudkit.model.reference import Digest, Reference
from cloudkit.model.resources import Resources
from cloudkit.model.rollout import Rollout
from cloudkit.model.rows import Rows
from cloudkit.model.secret import Secret
from cloudkit.model.state import AppState
from cloudkit.model.workload import Workload
from cloudkit.plans import Plans
from cloudkit.telemetry import Telemetry

__all__ = [
    "AccessError",
    "Affinity",
    "App",
    "AppSpec",
    "AppState",
    "Autoscale",
    "BackendError",
    "BuildError",
    "BuiltImage",
    "Caller",
    "Cause",
    "CauseCode",
    "Cloud",
    "CloudkitError",
    "Config",
    "ConfigError",
    "ConflictError",
    "Difference",
    "Digest",
    "Entry",
    "ExecProbe",
    "HttpProbe",
    "Image",
    "Job",
    "JournalError",
    "Mount",
    "NotFoundError",
    "Origin",
    "Placement",
    "Plan",
    "Plans",
    "Port",
    "Progress",
    "Reference",
    "RegistryError",
    "Resources",
    "Risk",
    "Rollout",
    "RolloutError",
    "Schedule",
    "Secret",
    "Spread",
    "TcpProbe",
    "Telemetry",
    "Toleration",
    "UnsupportedError",
    "UsageError",
    "Wanted",
    "Workload",
]


def _draw(module: str, function: str, result: object, kind: type | None) -> str:
    """Draw a table with the shell's own renderer, loaded when a prompt first asks for one."""
    drawn: str = getattr(import_module(module), function)(result, kind)
    return drawn


Rows.draw_text = staticmethod(partial(_draw, "cloudkit.shell.plain", "plain"))
Rows.draw_html = staticmethod(partial(_draw, "cloudkit.shell.html", "html"))


def load_ipython_extension(shell: object) -> None:
    """Offer the verbs at an IPython prompt or in a notebook: ``%load_ext cloudkit``."""
    import_module("cloudkit.shell.prompt.extension").load(shell)


def unload_ipython_extension(shell: object) -> None:
    """Take away what ``%load_ext cloudkit`` has brought: ``%unload_ext cloudkit``."""
    import_module("cloudkit.shell.prompt.extension").unload(shell)


def __getattr__(name: str) -> str:
    """Give the version, read from the installed distribution when it is asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("cloudkit-sdk")
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """Show a prompt the public names, not what this file needs to offer them."""
    return [*__all__, "__version__"]
