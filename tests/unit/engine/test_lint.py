"""Each finding is made on a Dockerfile that has the fault, not on one that has not; errors only where certain."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cloudkit.engine.lint import lint
from cloudkit.model.build import BuildSpec
from cloudkit.model.finding import Finding, Severity

GOOD = """\
FROM node:22-bookworm-slim
WORKDIR /app
COPY package*.json ./
RUN npm ci
COPY index.js ./
USER node
EXPOSE 3000
CMD ["npm", "start"]
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """The folder of a small web program."""
    (tmp_path / "package.json").write_text(json.dumps({"scripts": {"start": "node index.js"}}))
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "index.js").write_text("const port = process.env.PORT || 3000;\napp.listen(port)\n")
    return tmp_path


def found(context: Path, text: str, **options: str) -> dict[str, Finding]:
    """Return the findings by code."""
    spec = BuildSpec(context=context, dockerfile_text=text, target=options.get("target"))
    return {finding.code: finding for finding in lint(spec)}


def test_a_good_dockerfile_has_no_finding(context: Path) -> None:
    """What is right is not talked about."""
    assert found(context, GOOD) == {}


CERTAIN = [
    ("copy-one-argument", "COPY package*.json./", "COPY package*.json ./"),
    ("copy-one-argument", "COPY package.json.", "COPY package.json ."),
    ("copy-one-argument", "COPY --chown=node index.js/app/", "COPY --chown=node index.js /app/"),
    ("copy-one-argument", "COPY index.js", "COPY index.js ./"),
    ("copy-missing", "COPY indx.js ./", "COPY index.js ..."),
    ("copy-missing", "COPY Index.js ./", "COPY index.js ..."),
    ("copy-outside", "COPY ../secret.txt ./", "build the folder above, and COPY from there"),
    ("unknown-instruction", "COPI index.js ./", "COPY index.js ./"),
    ("unknown-instruction", "&& echo", "'\\' at the end of line 1, when it should go on"),
]


@pytest.mark.parametrize(("code", "line", "fix"), CERTAIN)
def test_what_cannot_be_built_is_certain_and_has_its_fix(context: Path, code: str, line: str, fix: str) -> None:
    """On its line, as an error."""
    finding = found(context, f"FROM node:22\n{line}\nUSER node")[code]

    assert (finding.line, finding.fix, finding.certain, finding.severity) == (2, fix, True, Severity.ERROR)


LIKELY = [
    ("unpinned", "FROM node", "FROM node:22-bookworm-slim"),
    ("unpinned", "FROM node:latest AS a", "FROM node:22-bookworm-slim AS a"),
    ("unpinned", "FROM registry.example:5000/web", "FROM registry.example:5000/web:<version>"),
    ("secret-in-layer", "FROM node:22\nARG NPM_TOKEN", "RUN --mount=type=secret,id=npm_token ..."),
    ("secret-in-layer", "FROM node:22\nENV DB_PASSWORD=x", "RUN --mount=type=secret,id=db_password ..."),
    ("secret-in-layer", f"FROM node:22\nENV A=AKIA{'A' * 16}", "RUN --mount=type=secret,id=a ..."),
    ("secret-in-layer", "FROM node:22\nCOPY .env ./", "RUN --mount=type=secret,id=env ..."),
    ("root-user", "FROM node:22", "USER node"),
    ("root-user", "FROM debian:12\nUSER root", "RUN useradd --system app, and USER app"),
    ("apt-no-update", "FROM debian:12\nRUN apt-get install -y curl", "RUN apt-get update && apt-get install -y curl"),
    (
        "apt-not-cleaned",
        "FROM debian:12\nRUN apt-get update && apt-get install -y curl",
        "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*",
    ),
    ("apt-no-yes", "FROM debian:12\nRUN apt-get install curl", "RUN apt-get install -y curl"),
    ("add-local", "FROM node:22\nADD index.js ./", "COPY index.js ./"),
    ("shell-form", "FROM node:22\nCMD npm start", 'CMD ["npm", "start"]'),
    ("shell-form", "FROM node:22\nCMD echo $HOME", 'CMD ["sh", "-c", "exec echo $HOME"]'),
    ("single-quotes", "FROM node:22\nCMD ['npm', 'start']", 'CMD ["npm", "start"]'),
    ("several-commands", 'FROM node:22\nCMD ["a"]\nCMD ["b"]', ""),
]


@pytest.mark.parametrize(("code", "text", "fix"), LIKELY)
def test_what_is_likely_wrong_is_a_warning_with_its_fix(context: Path, code: str, text: str, fix: str) -> None:
    """The build goes on."""
    (context / ".env").write_text("TOKEN=1")

    finding = found(context, text)[code]

    assert finding.fix.startswith(fix)
    assert (finding.certain, finding.severity) == (False, Severity.WARNING)


FINE = [
    ("unpinned", "FROM node@sha256:" + "0" * 64),
    ("unpinned", "ARG V\nFROM node:$V"),
    ("unpinned", "FROM scratch"),
    ("unpinned", "FROM node:22 AS base\nFROM base"),
    ("secret-in-layer", "FROM node:22\nENV PUBLIC_KEY=x TOKEN_FILE=/run/secrets/t AUTHOR=me KEYBOARD=de"),
    ("root-user", "FROM node:22 AS base\nUSER node\nFROM base"),
    ("root-user", "FROM node:22\nUSER 1000:1000"),
    ("apt-no-update", "FROM debian:12\nRUN <<EOF\napt-get update\napt-get install -y curl\nEOF"),
    ("apt-not-cleaned", "FROM debian:12\nRUN --mount=type=cache,target=/var/lib/apt apt-get install -y curl"),
    ("add-local", "FROM node:22\nADD https://example.org/x.bin files.tar.gz /x/"),
    ("several-commands", 'FROM node:22 AS a\nCMD ["a"]\nFROM node:22\nCMD ["b"]'),
    ("copy-one-argument", "FROM node:22\nCOPY <<EOF /x\nhello\nEOF"),
    ("copy-missing", "FROM node:22 AS a\nRUN x\nFROM node:22\nCOPY --from=a /built /x"),
    ("copy-missing", "FROM node:22\nCOPY $NAME no*such [ab].txt ./"),
    ("copy-missing", "FROM node:22 AS never\nCOPY nope /\nFROM node:22\nRUN x"),
    ("unknown-instruction", "# syntax=example/own\nFROM node:22\nINCLUDE other"),
    ("shell-form", 'FROM node:22\nCMD ["npm", "start"]'),
]


@pytest.mark.parametrize(("code", "text"), FINE)
def test_what_only_looks_wrong_is_left_alone(context: Path, code: str, text: str) -> None:
    """A finding that is wrong costs more than one that is missing."""
    assert code not in found(context, text)


@pytest.mark.parametrize("text", ["", "# nothing", "RUN x", "FROM"])
def test_a_dockerfile_begins_with_from(context: Path, text: str) -> None:
    """Without it nothing can be built."""
    assert found(context, text)["no-from"].certain


def test_a_target_that_is_not_there_names_those_that_are(context: Path) -> None:
    """With the last one as the fix."""
    finding = found(context, "FROM node:22 AS deps\nFROM node:22 AS web", target="wbe")["unknown-target"]

    assert "there are deps, web" in finding.text
    assert finding.fix == "target='web'"


def test_copying_what_is_ignored_cannot_work(context: Path) -> None:
    """The line of .dockerignore that helps is the fix."""
    (context / ".dockerignore").write_text("*.js\n")

    finding = found(context, "FROM node:22\nCOPY index.js ./")["copy-ignored"]

    assert finding.certain
    assert finding.fix == "!index.js in .dockerignore"


def test_a_folder_of_which_a_part_is_taken_back_can_be_copied(context: Path) -> None:
    """``build`` is ignored, ``!build/keep`` is not."""
    (context / "build").mkdir()
    (context / "build" / "keep").write_text("")
    (context / ".dockerignore").write_text("build\n!build/keep\n")

    assert "copy-ignored" not in found(context, "FROM node:22\nCOPY build /b")


@pytest.mark.parametrize("name", ["node_modules", ".git", ".venv", ".env"])
def test_the_whole_folder_without_an_ignore_file_is_told(context: Path, name: str) -> None:
    """For what should stay out, and only while it does not."""
    (context / name).mkdir()
    text = "FROM node:22\nCOPY . .\nUSER node"

    before = found(context, text)
    (context / ".dockerignore").write_text(name)
    after = found(context, text)

    assert name in before["not-ignored"].text
    assert "not-ignored" not in after


def test_npm_start_of_a_file_that_no_copy_brings_is_told(context: Path) -> None:
    """The classic: package.json is copied, the program is not."""
    text = GOOD.replace("COPY index.js ./\n", "")

    finding = found(context, text)["start-not-copied"]

    assert finding.text == "npm start runs node index.js, but no COPY brings index.js"
    assert finding.fix == "COPY index.js ./"
    assert finding.line == 7


@pytest.mark.parametrize("copy", ["COPY . .", "COPY *.js ./", "COPY index.js /app/", "COPY . /app", "ADD . ."])
def test_any_way_of_bringing_the_file_counts(context: Path, copy: str) -> None:
    """By name, by pattern, with its folder."""
    codes = found(context, GOOD.replace("COPY index.js ./", copy))

    assert "start-not-copied" not in codes


def test_a_file_that_is_copied_elsewhere_does_not_count(context: Path) -> None:
    """The program is looked for in the working folder."""
    assert "start-not-copied" in found(context, GOOD.replace("COPY index.js ./", "COPY index.js /srv/"))


@pytest.mark.parametrize(
    "more", ["RUN npm run build", "COPY --from=other /built ./", "RUN curl -O https://example.org/index.js"]
)
def test_where_files_may_come_from_elsewhere_nothing_is_claimed(context: Path, more: str) -> None:
    """A step that makes files may make this one."""
    text = GOOD.replace("COPY index.js ./", more)

    assert "start-not-copied" not in found(context, f"FROM node:22 AS other\n{text}")


def test_a_script_that_package_json_lacks_is_told(context: Path) -> None:
    """With the line to write."""
    (context / "package.json").write_text(json.dumps({"main": "index.js"}))

    assert found(context, GOOD)["npm-no-script"].fix == '"scripts": {"start": "node index.js"} in package.json'


def test_npm_start_without_package_json_is_told(context: Path) -> None:
    """No COPY brings it."""
    assert "npm-no-package" in found(context, GOOD.replace("COPY package*.json ./\n", ""))


def test_a_program_that_is_not_written_is_told(context: Path) -> None:
    """``node server.js`` with no server.js."""
    text = GOOD.replace('["npm", "start"]', '["node", "server.js"]')

    assert found(context, text)["start-no-file"].text == "node server.js, but server.js is not in the build context"


def test_npm_ci_without_a_lock_is_told(context: Path) -> None:
    """It refuses to run."""
    (context / "package-lock.json").unlink()

    assert found(context, GOOD)["npm-no-lock"].fix == "RUN npm install"


def test_a_port_other_than_the_programs_is_told(context: Path) -> None:
    """The program's text says 3000, EXPOSE says 8080; with ENV PORT the environment decides."""
    text = GOOD.replace("EXPOSE 3000", "EXPOSE 8080")

    assert found(context, text)["other-port"].fix == "EXPOSE 3000"
    assert "other-port" not in found(context, text.replace("EXPOSE", "ENV PORT=8080\nEXPOSE"))


def test_errors_come_first_then_by_line(context: Path) -> None:
    """What stops the build is what a reader sees first."""
    spec = BuildSpec(context=context, dockerfile_text="FROM node\nCMD npm start\nCOPY x.js./")

    findings = lint(spec)

    assert findings[0].code == "copy-one-argument"
    assert [finding.line or 0 for finding in findings[1:]] == sorted(finding.line or 0 for finding in findings[1:])


@pytest.mark.parametrize(
    "text", ["FROM a\nCMD", "FROM a\nCOPY", "FROM a\nENV", "FROM a\nRUN", "FROM a\nCMD []", "ONBUILD"]
)
def test_what_is_half_written_is_read_without_failing(context: Path, text: str) -> None:
    """The lint tells, it does not fall over."""
    lint(BuildSpec(context=context, dockerfile_text=text))
