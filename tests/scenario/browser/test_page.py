"""The tutorial's page in a real browser: over a deployment, a roll and a rollback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import absent  # type: ignore[import-not-found]  # the tests' own, found on their path
from scenario.browser import chromium

from cloudkit import App, Cloud

pytestmark = [pytest.mark.scenario, pytest.mark.engine, pytest.mark.browser]

EXPRESS = Path(__file__).parents[3] / "examples" / "express"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def web(request: pytest.FixtureRequest, namespace: str, free_port: int) -> Iterator[App]:
    """The Express example as an app of two replicas."""
    if chromium.program() is None:
        absent(request.config, "chromium", "there is no chromium: apt-get install chromium")
    name = f"express-{namespace}:1"
    with Cloud("docker", namespace=namespace) as cloud:
        built = cloud.image(EXPRESS).build(tag=name)
        yield built.deploy("web", port=3000, publish=free_port, replicas=2)
        cloud.app("web").delete()
        cloud.remove_image(name)


def test_the_page_says_hello(web: App, tmp_path: Path, free_port: int) -> None:
    """A browser shows what the tutorial promises, at the address that the app tells."""
    page = chromium.dom(web.url)
    chromium.screenshot(web.url, tmp_path / "page.png")

    assert web.url == f"http://localhost:{free_port}"
    assert "<body>Hello World!</body>" in page
    assert (tmp_path / "page.png").read_bytes().startswith(PNG)


def test_the_page_changes_with_a_roll_and_comes_back(web: App) -> None:
    """What is rolled out is what a reload shows, and a rollback shows the first page again."""
    web.deploy(env={"GREETING": "Hello Moon!"})
    rolled = chromium.dom(web.url)

    web.rollback()

    assert "Hello Moon!" in rolled
    assert "Hello World!" in chromium.dom(web.url)
