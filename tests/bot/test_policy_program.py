"""The rules are checked, tried and explained from a shell, without Slack."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cedarpy
import pytest

from cloudkit import ConfigError
from cloudkit_bot.main import main
from cloudkit_bot.policy.cases import cases_in, outcome
from cloudkit_bot.policy.file import policy_in
from cloudkit_bot.words.grammar import chat_catalogue, chat_grammar

EXAMPLE = Path(__file__).parents[2] / "examples" / "policy"
CATALOGUE = chat_catalogue()
GRAMMAR = chat_grammar(CATALOGUE, "/cloud")
PEOPLE = """
[people]
mia = { user = "U0MIA" }
ops = { user = "U0OPS", groups = ["S0OPS"] }
[places]
here = { channel = "C0HERE", backend = "memory", namespace = "cloudkit" }
[cases]
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A policy of two rules."""
    path = tmp_path / "policy.cedar"
    path.write_text(
        '@id("look") permit(principal, action in Action::"viewer", resource);\n'
        'permit(principal in Group::"S0OPS", action, resource) when { context.channel == "C0HERE" };\n'
    )
    return path


def cases(tmp_path: Path, *lines: str) -> Path:
    """Write a file of cases."""
    path = tmp_path / "cases.toml"
    path.write_text(PEOPLE + "\n".join(lines))
    return path


@pytest.mark.parametrize("case", cases_in(EXAMPLE / "cases.toml", GRAMMAR), ids=lambda case: case.name)
def test_the_example_policy_decides_its_cases(case: object) -> None:
    """It is the one that the how-to page shows."""
    found = outcome(policy_in(EXAMPLE / "policy.cedar", CATALOGUE), case)  # type: ignore[arg-type]  # a Case

    assert found.ok, "\n".join(found.lines())


def test_cases_that_hold_end_well(tmp_path: Path, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line each, and how many."""
    file = cases(tmp_path, '"mia in here: apps" = "allowed: look"', '"mia in here: scale web 3" = "refused"')

    code = main(["policy", "test", str(file), "--policy", str(rules)])

    assert code == 0
    assert capsys.readouterr().out.splitlines() == [
        "ok      mia in here: apps",
        "ok      mia in here: scale web 3",
        "2 cases, 0 failed",
    ]


def test_a_case_that_fails_is_told_with_the_reason(
    tmp_path: Path, rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was expected, what is there, which rule would; the exit code is 1."""
    file = cases(tmp_path, '"mia in here: scale web 3" = "allowed: operators"', '"ops in here: apps" = "allowed"')

    code = main(["policy", "test", str(file), "--policy", str(rules)])

    assert code == 1
    assert capsys.readouterr().out.splitlines() == [
        "FAILED  mia in here: scale web 3",
        "        expected: allowed: operators",
        "        found: refused: no rule allows it",
        '        rule 2 would permit it if you are in Group::"S0OPS"',
        "ok      ops in here: apps",
        "2 cases, 1 failed",
    ]


def test_another_rule_than_the_one_that_was_meant_fails(tmp_path: Path, rules: Path) -> None:
    """A policy that refuses for a wrong reason refuses by accident."""
    (case,) = cases_in(cases(tmp_path, '"mia in here: apps" = "allowed: rule 2"'), GRAMMAR)

    assert not outcome(policy_in(rules, CATALOGUE), case).ok


WRONG = {
    "nobody of that name": '"eve in here: apps" = "allowed"',
    "no place of that name": '"mia in there: apps" = "allowed"',
    "no answer": '"mia in here: apps" = "perhaps"',
    "no verb": '"mia in here: explode web" = "refused"',
    "no line": '"mia in here" = "refused"',
    "help": '"mia in here: scale --help" = "allowed"',
    "a case twice": '"mia in here: apps" = "allowed"\n"mia in here: apps" = "refused"',
    "a field that there is not": '"mia in here: apps" = "allowed"\n[people.bob]\nname = "bob"',
    "a part that there is not": '"mia in here: apps" = "allowed"\n[rules]\n',
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_says_nothing_is_refused(tmp_path: Path, what: str) -> None:
    """It would test nothing, and nobody would know."""
    file = cases(tmp_path, WRONG[what])

    with pytest.raises(ConfigError, match=r"cases\.toml"):
        cases_in(file, GRAMMAR)


def test_a_file_without_cases_is_refused(tmp_path: Path) -> None:
    """None fail, and none hold."""
    with pytest.raises(ConfigError, match=r"no \[cases\]"):
        cases_in(cases(tmp_path), GRAMMAR)


def test_a_reason_is_asked_for_from_a_shell(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For anybody, anywhere."""
    asked = ["policy", "explain", "--policy", str(rules), "--group", "S0OPS", "--channel"]

    codes = [main([*asked, channel, "scale", "web", "3"]) for channel in ("C0HERE", "C0THERE")]

    assert codes == [0, 0]
    assert capsys.readouterr().out.splitlines() == [
        "allowed",
        "rule 2 permits it",
        "refused: no rule allows it",
        'rule 2 would permit it if context.channel == "C0HERE"',
    ]


def test_a_policy_is_checked_from_a_shell(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it names, and what has no name."""
    code = main(["policy", "check", "--policy", str(rules)])
    out = capsys.readouterr().out.splitlines()

    assert (code, out[0]) == (0, "ok: 2 rules; user groups: S0OPS")
    assert out[1].startswith("rule 2 has no name")


def test_a_wrong_policy_is_refused_from_a_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what is wrong in it."""
    path = tmp_path / "policy.cedar"
    path.write_text('permit(principal, action == Action::"explode", resource);')

    code = main(["policy", "check", "--policy", str(path)])

    assert code != 0
    assert "explode" in capsys.readouterr().err


def test_without_a_policy_the_built_in_one_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The settings name none."""
    for name in [name for name in os.environ if name.startswith("CLOUDKIT_BOT")]:
        monkeypatch.delenv(name)

    main(["policy", "explain", "scale", "web", "3"])

    assert "no policy file that allows changes" in capsys.readouterr().out


def test_the_schema_is_one_that_editors_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Cedar takes it, each verb is an action in it, and each argument has its type."""
    main(["policy", "schema"])
    printed = capsys.readouterr().out

    cedarpy.Schema.from_json_str(printed)
    actions = json.loads(printed)[""]["actions"]
    arguments = actions["deploy"]["appliesTo"]["context"]["attributes"]["arguments"]["attributes"]
    assert set(CATALOGUE) <= set(actions)
    assert arguments["deadline"] == {"type": "Extension", "name": "duration", "required": False}
    assert arguments["labels"] == {"type": "Set", "element": {"type": "String"}, "required": False}
