"""What a type checker makes of the chain: checked, never run. An ignore that is not needed is an error."""

from collections.abc import Iterator
from typing import assert_type

from cloudkit import (
    App,
    AppState,
    BuiltImage,
    Cloud,
    Difference,
    Entry,
    Image,
    Plan,
    Plans,
    RolloutError,
    Secret,
    Wanted,
)
from cloudkit.model.log import Event, LogLine
from cloudkit.model.rows import Rows
from cloudkit.model.state import Revision
from cloudkit.model.task import TaskResult, Usage

cloud = Cloud()

assert_type(cloud.image("examples/express"), Image)
assert_type(cloud.image("examples/express").build(), BuiltImage)
assert_type(cloud.image("node:22").pull().push(), BuiltImage)
assert_type(cloud.image("python:3.13-slim").run("pip install flask").cmd("python", "app.py"), Image)
assert_type(cloud.build().deploy("web", port=3000).scale(3), App)
assert_type(cloud.build().run("npm", "test"), TaskResult)
assert_type(cloud.app("web").restart().rollback().wait(), App)
assert_type(cloud.apps(), Rows[AppState])
assert_type(cloud.app("web").status(), AppState)
assert_type(cloud.app("web").logs(tail=20), Iterator[LogLine])
assert_type(cloud.app("web").events(), Iterator[Event])
assert_type(cloud.app("web").revisions(), Rows[Revision])
assert_type(cloud.app("web").stats(), Rows[Usage])
assert_type(cloud.app("web").url, str)
assert_type(cloud.history("web", last=5), Rows[Entry])
assert_type(cloud.at("14:05"), Rows[Wanted])
assert_type(cloud.diff("1h ago", "now"), Rows[Difference])
assert_type(cloud.undo(), App | None)
assert_type(Secret("hunter2").reveal(), str)

with cloud.planning() as plans:
    assert_type(plans, Plans)
    assert_type(plans[0], Plan)
assert_type(plans.apply(), Rows[AppState])
assert_type(cloud.load_plans("plan.json").only("web"), Plans)

cloud.image("web").deploy("web")  # type: ignore[attr-defined]
cloud.build().scale(3)  # type: ignore[attr-defined]
cloud.app("web").scale("3")  # type: ignore[arg-type]
cloud.build().deploy("web", prot=3000)  # type: ignore[call-arg]
cloud.app("web").delete().scale(3)  # type: ignore[attr-defined]
RolloutError("web did not become ready")  # type: ignore[call-arg]
