"""References and digests are read as docker reads them."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from unit.model.outcome import outcome
from unit.model.strategies import digests, references

from cloudkit.errors import UsageError
from cloudkit.model.reference import Digest, Reference

HEX = "0123456789abcdef" * 4

WHOLE = {
    "node": "docker.io/library/node:latest",
    "node:22": "docker.io/library/node:22",
    "library/node": "docker.io/library/node:latest",
    "index.docker.io/node": "docker.io/library/node:latest",
    "index.docker.io/acme/web:1": "docker.io/acme/web:1",
    "docker.io/node": "docker.io/library/node:latest",
    "acme/web": "docker.io/acme/web:latest",
    "localhost/web": "localhost/web:latest",
    "localhost:5000/web:1": "localhost:5000/web:1",
    "localhost:5000": "docker.io/library/localhost:5000",
    "registry.example/a/b/c:1": "registry.example/a/b/c:1",
    "Upper/web": "Upper/web:latest",
    "[::1]:5000/web": "[::1]:5000/web:latest",
    "[2001:db8::1]/web": "[2001:db8::1]/web:latest",
    f"web@sha256:{HEX}": f"docker.io/library/web@sha256:{HEX}",
    f"web:1@sha256:{HEX}": f"docker.io/library/web:1@sha256:{HEX}",
    f"{HEX}:latest": f"docker.io/library/{HEX}:latest",
    f"web@sha512:{HEX}{HEX}": f"docker.io/library/web@sha512:{HEX}{HEX}",
    "a__b/c-d.e---f": "docker.io/a__b/c-d.e---f:latest",
    "web:1.": "docker.io/library/web:1.",
}
FAMILIAR = {
    "docker.io/library/node:22": "node:22",
    "docker.io/acme/web:1": "acme/web:1",
    "docker.io/library/a/b:1": "library/a/b:1",
    "registry.example/library/node:22": "registry.example/library/node:22",
    "docker.io/localhost/web:1": "docker.io/localhost/web:1",
    "docker.io/registry.example/web:1": "docker.io/registry.example/web:1",
}
REFUSED = {
    "": "1 to 1024 characters",
    "w" * 1025: "1 to 1024 characters",
    "web:": "tag is ''",
    "web@": "digest is ''",
    ":1": "repository",
    "/web": "repository",
    "web/": "repository",
    "a//b": "repository",
    "a..b": "repository",
    "a___b": "repository",
    "-rf": "repository",
    "web:-x": "tag is '-x'",
    f"web:{'t' * 129}": "tag is",
    "a:b/web": "registry is 'a:b'",
    "../../etc/passwd": "registry is '..'",
    "-host.example/web": "registry",
    "[::1/web": "registry",
    "[fe80::1%eth0]/web": "registry",
    "web@sha256:abc": "64 lower-case hexadecimal digits",
    f"web@sha256:{HEX.upper()}": "64 lower-case hexadecimal digits",
    f"web@md5:{HEX}": "64 lower-case hexadecimal digits",
    "a/" * 127 + "b": "at most 255 characters",
    "w\u0435b": "repository",  # a Cyrillic letter
    "\uff57eb": "repository",
    "$(reboot)": "repository",
    "{{web}}": "repository",
    "web\0": "repository",
    "web\n": "has a blank in it",
    "web .": "has a blank in it",
}
MENDED = {
    "my-express-app.": "my-express-app",
    "my-express-app.:1": "my-express-app:1",
    "acme/web...": "acme/web",
    "Node": "node",
    "Node:22": "node:22",
    "registry.example/Acme/Web:V1": "registry.example/acme/web:V1",
    "https://registry.example/web": "leave out https://",
    HEX: f"{HEX}:latest, when it is a name",
    f"sha256:{HEX}": f"NAME@sha256:{HEX}",
}


@pytest.mark.parametrize(("text", "whole"), WHOLE.items())
def test_what_is_left_out_is_what_docker_means(text: str, whole: str) -> None:
    """A name without registry is Docker Hub's, one without path is official, one without tag is latest."""
    reference = Reference.parse(text)

    assert str(reference) == whole


@pytest.mark.parametrize(("whole", "familiar"), FAMILIAR.items())
def test_the_familiar_form_leaves_out_what_docker_adds(whole: str, familiar: str) -> None:
    """The familiar form is the shortest that still means the same reference."""
    reference = Reference.parse(whole)

    assert reference.familiar == familiar


@pytest.mark.parametrize(("text", "why"), REFUSED.items())
def test_what_is_no_reference_is_refused_with_the_part_that_is_wrong(text: str, why: str) -> None:
    """The error names the part of the reference that breaks the grammar."""
    with pytest.raises(UsageError) as caught:
        Reference.parse(text)

    assert why in caught.value.summary


@pytest.mark.parametrize(("text", "hint"), MENDED.items())
def test_a_classic_mistake_is_answered_with_the_right_form(text: str, hint: str) -> None:
    """Upper case, the dot that slipped from the build context, a URL and a lone id each get their mend."""
    with pytest.raises(UsageError) as caught:
        Reference.parse(text)

    assert caught.value.hint == hint


@given(references())
def test_a_reference_reads_back_from_each_of_its_forms(reference: Reference) -> None:
    """The whole form, the familiar form and the repr all mean the same reference."""
    forms = [Reference.parse(str(reference)), Reference.parse(reference.familiar), eval(repr(reference))]

    assert forms == [reference] * 3


@given(digests)
def test_a_digest_reads_back_from_its_text(digest: Digest) -> None:
    """Digests survive being written and read."""
    assert Digest.parse(str(digest)) == digest


@given(st.text(max_size=200) | st.text("aA0._-/:@[]", max_size=300))
@example("a." * 5000)
@example("a-" * 5000)
@example("/" * 10_000)
@example("a:" * 5000 + "/")
@example("[" + ":" * 9999)
@example("@" * 10_000)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever is given, the answer is a reference that reads back, or a UsageError."""
    found = outcome(lambda: Reference.parse(text))

    assert len(str(found)) < 2000
    assert isinstance(found, UsageError) or Reference.parse(str(found)) == found


@pytest.mark.parametrize("value", [None, 5, b"web", ["web"], 3.5])
def test_what_is_no_text_is_refused(value: object) -> None:
    """A prompt does not check types, so parse does."""
    with pytest.raises(UsageError):
        Reference.parse(value)  # type: ignore[arg-type] # that is the point


@pytest.mark.parametrize(
    "parts",
    [
        {"domain": "docker.io", "path": "node", "tag": "1"},
        {"domain": "index.docker.io", "path": "library/node", "tag": "1"},
        {"domain": "acme", "path": "web", "tag": "1"},
        {"domain": "localhost", "path": "web"},
        {"domain": "localhost", "path": "web", "tag": "1", "digest": f"sha256:{HEX}"},
    ],
)
def test_parts_that_would_not_read_back_are_refused(parts: dict[str, str]) -> None:
    """A reference made of parts obeys the same grammar, or it would change on its way through text."""
    with pytest.raises(UsageError):
        Reference(**parts)  # type: ignore[arg-type] # one of them has the wrong type


def test_pinning_keeps_the_tag() -> None:
    """A pinned reference still says which tag it came from."""
    digest = Digest.parse(f"sha256:{HEX}")

    pinned = Reference.parse("web:1").pinned(digest)

    assert str(pinned) == f"docker.io/library/web:1@sha256:{HEX}"
    assert pinned.brief == "web:1@0123456789ab"
