"""Files are read where the call is made, and nowhere else; what cannot be one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudkit import App, Cloud
from cloudkit.command import Call
from cloudkit.command.grammar import Grammar
from cloudkit.errors import ConfigError, NotFoundError, UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.diff import changed_lines
from cloudkit.model.encode import decode, encode, flat, kept_apart
from cloudkit.model.files import LostText
from cloudkit.model.mount import Mount
from cloudkit.model.options import spec_changed
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret
from cloudkit.verbs import Catalogue

WEB = AppSpec(name="web", image=Reference.parse("web:1"))
WORDS = ["deploy", "web", "web:1", "--config", "/etc/web.toml=web.toml"]


def test_a_path_is_read(tmp_path: Path) -> None:
    """Of a file of configuration and of a secret one."""
    (tmp_path / "web.toml").write_text("a = 1\n")
    (tmp_path / "token").write_text("hunter2")

    spec = spec_changed(
        WEB, {"config": {"/etc/web.toml": tmp_path / "web.toml"}, "secrets": {"token": tmp_path / "token", "/k": "v"}}
    )

    assert spec.config == {"/etc/web.toml": "a = 1\n"}
    assert spec.secrets == {"/run/secrets/token": Secret("hunter2"), "/k": Secret("v")}


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (None, NotFoundError, "there is no file"),
        (b"x" * 600_000, UsageError, "more than 524288 bytes"),
        (b"\xff\xfe", UsageError, "no text in UTF-8"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, content: bytes | None, error: type[Exception], words: str) -> None:
    """Which file, what is wrong with it, and what helps; never what is in it."""
    file = tmp_path / "web.toml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(error, match=words) as told:
        spec_changed(WEB, {"config": {"/etc/web.toml": file}})

    assert "try:" in str(told.value)
    assert "xxx" not in str(told.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """Each file is named."""
    with pytest.raises(UsageError, match="is a folder"):
        spec_changed(WEB, {"secrets": {"token": tmp_path}})


def test_a_file_is_named_only_where_it_is() -> None:
    """A front end of another machine has no option that reads one."""
    catalogue = Catalogue(Cloud, App)

    here = Grammar(catalogue, files=True).parse(WORDS)

    assert isinstance(here, Call)
    assert here.arguments["config"] == {"/etc/web.toml": Path("web.toml")}
    with pytest.raises(UsageError, match="config"):
        Grammar(catalogue).parse(WORDS)


@pytest.mark.parametrize("word", ["/etc/web.toml", "/etc/web.toml=", "=web.toml"])
def test_an_option_without_a_file_is_refused(word: str) -> None:
    """Both sides are needed."""
    with pytest.raises(UsageError, match="PATH=FILE"):
        Grammar(Catalogue(Cloud, App), files=True).parse([*WORDS[:-1], word])


@pytest.mark.parametrize(
    "options",
    [
        {"config": {"etc/web.toml": "x"}},
        {"config": {"/": "x"}},
        {"config": {"/etc/a": "x", "/etc/a/b": "x"}},
        {"config": {"/run/secrets/a": "x"}, "secrets": {"a": "y"}},
        {"config": {"/data/a": "x"}, "mounts": (Mount(target="/data", source="data"),)},
        {"secrets": {"a": "1", "/run/secrets/a": "2"}},
    ],
)
def test_where_a_file_cannot_stand(options: dict[str, object]) -> None:
    """Twice at one path, as a folder of another, or in a mounted folder itself."""
    mounts = options.pop("mounts", ())

    with pytest.raises(UsageError):
        spec_changed(WEB.replace(mounts=mounts), options)  # type: ignore[arg-type]  # the cases are no literals


def test_contents_are_kept_apart() -> None:
    """What is stored of a spec holds digests; what is kept makes it whole again."""
    spec = WEB.replace(
        config={"/etc/a=b": "title"}, secrets={"/k": Secret("hunter2")}, env={"K": Secret("s3same"), "P": "plain"}
    )

    stored = encode(spec)

    assert "title" not in str(stored)
    assert kept_apart(spec) == {"/etc/a=b": "title", "/k": "hunter2", "K": "s3same"}
    assert decode(stored, kept_apart(spec)) == spec
    assert flat(spec)["secrets./k"] == "***"


def test_a_content_that_is_gone_is_lost() -> None:
    """It equals no content, but is stored as what it was; where nobody says what had it, it is an error."""
    stored = encode(WEB.replace(config={"/etc/a": "title"}))

    found = decode(stored, {"/etc/a": "changed by a hand"}, lost_config="ConfigMap 'web-config-1'")

    assert isinstance(found.config["/etc/a"], LostText)
    assert found != WEB.replace(config={"/etc/a": "title"})
    assert found == decode(stored, {}, lost_config="another")
    assert encode(found) == stored
    with pytest.raises(ConfigError, match="/etc/a"):
        decode(stored, {})


def test_a_long_difference_is_cut() -> None:
    """The first lines are shown."""
    before, after = ("".join(f"{word} {line}\n" for line in range(100)) for word in ("old", "new"))

    lines = changed_lines(WEB.replace(config={"/etc/a": before}), WEB.replace(config={"/etc/a": after}))

    assert "  -old 0" in lines
    assert lines[-1] == "  ..."
    assert len(lines) < 30
