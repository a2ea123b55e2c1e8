"""What a type checker makes of the values: checked, never run. An ignore that is not needed is an error."""

from decimal import Decimal
from typing import assert_type

from cloudkit import AppSpec, Digest, HttpProbe, Plan, Port, Reference, Secret
from cloudkit.model.encode import decode, encode
from cloudkit.model.options import AppOptions, spec_changed, spec_from
from cloudkit.model.probe import Probe
from cloudkit.model.quantity import cpu_cores, memory_bytes

image = Reference.parse("web:1")
spec = spec_from(
    "web", image, {"port": [3000, "9229/tcp"], "env": {"TOKEN": Secret("hunter2")}, "readiness": HttpProbe()}
)

assert_type(image.pinned(Digest.parse("sha256:...")), Reference)
assert_type(image.digest, Digest | None)
assert_type(spec.replace(replicas=3), AppSpec)
assert_type(spec.template, AppSpec)
assert_type(spec.ports, tuple[Port, ...])
assert_type(spec.env["TOKEN"], str | Secret)
assert_type(spec.readiness, Probe | None)
assert_type(spec_changed(spec, {"cpu": 0.5, "memory": "256Mi"}, image=image), AppSpec)
assert_type(encode(spec), dict[str, object])
assert_type(decode(encode(spec), {}), AppSpec)
assert_type(cpu_cores("500m"), Decimal)
assert_type(memory_bytes("1Gi"), int)


def approve(plan: Plan) -> None:
    """Ask what a plan says of itself."""
    assert_type(plan.digest, str)
    assert_type(plan.downtime, bool)
    assert_type(plan.diff(), str)


Port(3000)  # type: ignore[call-arg] # values are made by keyword
spec.replicas = 3  # type: ignore[misc] # and never changed
options: AppOptions = {"replica": 3}  # type: ignore[typeddict-unknown-key] # a typo
