"""Two apps that find each other by name: ``shop`` is published and asks ``prices``, which nobody else can reach."""

from pathlib import Path

import httpx

from cloudkit import Cloud, Image

HERE = Path(__file__).parent


def node(cloud: Cloud, program: str) -> Image:
    """Describe an image that runs one of the programs of this folder."""
    image = cloud.image("node:22-bookworm-slim").context(HERE).copy(program, "/app/")
    return image.user("1000").cmd("node", f"/app/{program}")


with Cloud() as cloud:
    prices = node(cloud, "prices.js").build(tag="example-prices:1")
    prices.deploy("prices", port=8080, publish=False, replicas=2)

    shop = node(cloud, "shop.js").build(tag="example-shop:1")
    app = shop.deploy("shop", port=3000, publish=0, env={"PRICES": "http://prices:8080"})

    answers = [httpx.get(app.url).text for _ in range(10)]
    print(answers[0])
    print(f"asked {len({answer.split()[-1] for answer in answers})} replicas of prices")

    app.delete()
    cloud.app("prices").delete()
