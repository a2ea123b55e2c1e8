"""An image described in Python: each step is a new value, and nothing is built before ``build``."""

import httpx

from cloudkit import Cloud

SERVER = 'require("http").createServer((_, response) => response.end(process.env.GREETING)).listen(3000)'

with Cloud() as cloud:
    base = cloud.image("node:22-bookworm-slim").workdir("/app").run(f"echo '{SERVER}' > index.js")
    image = base.env(GREETING="Hello from Python!").expose(3000).user("1000").cmd("node", "index.js")
    print(image.dockerfile)

    app = image.build(tag="example-described:1").deploy("described", port=3000, publish=0)
    print(httpx.get(app.url).text)

    app.delete()
