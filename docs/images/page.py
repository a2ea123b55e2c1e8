"""Make ``page.png``, the Express example in a real browser; run it with an engine and chromium at hand."""

from __future__ import annotations

import sys
from pathlib import Path

from cloudkit import Cloud

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from scenario.browser.chromium import screenshot  # noqa: E402  the tests' own browser, found on the path above

if __name__ == "__main__":
    with Cloud(namespace="docs-page") as cloud:
        web = cloud.image(ROOT / "examples" / "express").build(tag="docs-page:1").deploy("web", port=3000, publish=0)
        screenshot(web.url, Path(__file__).with_name("page.png"))
        web.delete()
        cloud.remove_image("docs-page:1")
