"""Every verb of the handles is a command."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.backends.kubernetes.kubeconfig import kubeconfig

from cloudkit.command import Help
from cloudkit.shell.grammar import catalogue, cloud_of, grammar_of
from cloudkit.shell.settings import Settings
from cloudkit.verbs import Kind


@pytest.mark.parametrize("name", [*catalogue(), "completion"])
def test_a_verb_has_help(name: str) -> None:
    """All annotations resolve, and the options do not clash."""
    meant = grammar_of(Settings()).parse([name, "--help"], Settings())

    assert isinstance(meant, Help)
    assert meant.text.startswith(f"Usage: cloudkit {name}")


@pytest.mark.parametrize("name", catalogue())
def test_a_verb_explains_itself_and_its_parameters(name: str) -> None:
    """A summary, a result, and help for each parameter."""
    verb = catalogue()[name]

    assert verb.summary
    assert verb.result is not None
    assert [parameter.name for parameter in verb.parameters if not parameter.help] == []


@pytest.mark.parametrize("name", catalogue())
def test_what_a_verb_needs_can_be_given_as_text(name: str) -> None:
    """Only what has a default may be left to Python."""
    verb = catalogue()[name]

    needed = [parameter for parameter in verb.parameters if parameter.required or parameter.kind is Kind.POSITIONAL]

    assert [parameter.name for parameter in needed if parameter.shape is None] == []


@pytest.mark.parametrize("words", [["--json", "apps"], ["apps", "--json"]], ids=["before", "after"])
def test_global_options_stand_before_or_after_a_verb(words: list[str]) -> None:
    """And what stands after does not take back what stands before."""
    settings = Settings()

    grammar_of(settings).parse([*words, "--namespace", "team"], settings)

    assert (settings.json, settings.namespace, settings.plan) == (True, "team", False)


def test_the_registry_of_a_cluster_is_a_global_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes before what the environment says."""
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path, "https://cluster.example")))
    monkeypatch.setenv("CLOUDKIT_REGISTRY", "other.example")
    settings = Settings()

    grammar_of(settings).parse(["--backend", "kubernetes", "--registry", "localhost:5000", "apps"], settings)

    assert cloud_of(settings).config.registry == "localhost:5000"
