"""What BuildKit has beyond the engine's own builder, and how its absence is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine.build.conftest import BASE, Built

from cloudkit.errors import BuildError, UnsupportedError
from cloudkit.model.progress import Progress
from cloudkit.model.secret import Secret

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]

Folder = Callable[..., Path]
VALUE = "correct-horse-battery"


def command_lines() -> str:
    """Return the command lines of all processes of this machine."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(entry.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(found)


@pytest.mark.usefixtures("buildx")
def test_a_secret_is_there_in_its_step_and_nowhere_else(built: Built, folder: Folder, tmp_path: Path) -> None:
    """Not in the image, its history, a process list, a file, or what is told, even when the step prints it."""
    mounts = "--mount=type=secret,id=a --mount=type=secret,id=b"
    text = f"FROM {BASE}\nRUN {mounts} cat /run/secrets/* && wc -c /run/secrets/*\n"
    (tmp_path / "file").write_text(f"{VALUE}-file\n")
    seen: list[str] = []
    events: list[Progress] = []

    def watch(event: Progress) -> None:
        events.append(event)
        if event.log:
            seen.append(command_lines())

    secrets = {"a": Secret(VALUE), "b": tmp_path / "file"}
    image = built(folder(Dockerfile=text), secrets=secrets, no_cache=True, listener=watch)

    assert seen
    assert not any(VALUE in lines for lines in seen)
    assert VALUE not in repr(events)
    assert any("***" in event.log for event in events)
    assert built.run(image, "sh", "-c", f"ls -A /run/secrets; grep -rl {VALUE} /run /tmp /etc || true").strip() == ""
    assert VALUE not in repr(built.engine.client.images.get(str(image.digest)).history())


@pytest.mark.usefixtures("buildx")
def test_a_failed_step_that_prints_a_secret_is_masked(built: Built, folder: Folder) -> None:
    """In the error's log too."""
    text = f"FROM {BASE}\nRUN --mount=type=secret,id=a cat /run/secrets/a; false\n"

    with pytest.raises(BuildError) as error:
        built(folder(Dockerfile=text), secrets={"a": Secret(VALUE)})

    assert VALUE not in str(error.value)
    assert error.value.log == ("***",)


@pytest.mark.usefixtures("buildx")
def test_sent_bytes_are_counted(built: Built, folder: Folder) -> None:
    """The context's size is what was sent, in the end."""
    context = folder(Dockerfile=f"FROM {BASE}\nCOPY big /big\n")
    (context / "big").write_bytes(os.urandom(3_000_000))

    built(context, no_cache=True)

    sent = [event for event in built.events if event.item.endswith("transferring context") and event.unit == "bytes"]
    assert max(event.current or 0 for event in sent) >= 3_000_000
    assert sent[-1].done


@pytest.mark.usefixtures("buildx")
def test_several_platforms_are_built_or_refused_by_name(built: Built, folder: Folder) -> None:
    """A containerd store holds them; an older store keeps one, and says so before the build."""
    context = folder(Dockerfile="FROM scratch\nCOPY Dockerfile /\n")
    platforms = ("linux/amd64", "linux/arm64")

    if built.engine.features.containerd_store:
        image = built(context, platforms=platforms)
        assert str(image.digest).startswith("sha256:")
    else:
        with pytest.raises(UnsupportedError) as error:
            built(context, platforms=platforms)
        assert error.value.capability == "build_platforms"


@pytest.mark.usefixtures("buildx")
def test_a_cache_in_a_folder_is_written_and_read_or_refused_by_name(
    built: Built, folder: Folder, tmp_path: Path
) -> None:
    """An old engine's builder cannot, and its own words are the error."""
    context = folder(Dockerfile=f"FROM {BASE}\nRUN echo cached-elsewhere\n")
    cache = tmp_path / "cache"

    if built.engine.features.containerd_store:
        built(context, cache_to=(f"type=local,dest={cache}",))
        assert (cache / "index.json").is_file()
        built(context, cache_from=(f"type=local,src={cache}",))
    else:
        with pytest.raises(UnsupportedError, match="not supported"):
            built(context, cache_to=(f"type=local,dest={cache}",))


LACKING: list[tuple[str, str, dict[str, Any]]] = [
    ("secrets", f"FROM {BASE}\n", {"secrets": {"a": Secret(VALUE)}}),
    ("ssh", f"FROM {BASE}\n", {"ssh": ("default",)}),
    ("cache export (cache_to)", f"FROM {BASE}\n", {"cache_to": ("type=local,dest=x",)}),
    ("RUN --mount", f"FROM {BASE}\nRUN --mount=type=cache,target=/x true\n", {}),
    ("COPY --link", f"FROM {BASE}\nCOPY --link Dockerfile /\n", {}),
    ("RUN <<HEREDOC", f"FROM {BASE}\nRUN <<EOF\ntrue\nEOF\n", {}),
]


@pytest.mark.parametrize("lacking", LACKING, ids=[feature for feature, _, _ in LACKING])
def test_what_the_own_builder_lacks_is_named_before_the_build(
    built: Built, folder: Folder, monkeypatch: pytest.MonkeyPatch, lacking: tuple[str, str, dict[str, Any]]
) -> None:
    """With what to install."""
    feature, text, options = lacking
    monkeypatch.setenv("PATH", os.devnull)

    with pytest.raises(UnsupportedError) as error:
        built(folder(Dockerfile=text), **options)

    assert error.value.capability == feature
    assert "buildx" in error.value.hint
    assert VALUE not in str(error.value)
