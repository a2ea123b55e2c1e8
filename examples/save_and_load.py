"""An image that travels as a file: saved, removed, loaded again, and the same to the last byte."""

from pathlib import Path
from tempfile import TemporaryDirectory

from cloudkit import Cloud

NAME = "example-saved:1"

with Cloud() as cloud, TemporaryDirectory() as folder:
    built = cloud.image("debian:bookworm-slim").run("echo 'I travelled' > /luggage").build(tag=NAME)

    for layout in ("oci", "docker"):
        file = built.save(Path(folder) / f"{layout}.tar", layout=layout)
        cloud.remove_image(NAME)

        [loaded] = cloud.load(file)

        words = cloud.run(NAME, "cat", "/luggage").output.strip()
        print(f"{layout}: {words}, {'unchanged' if loaded.digest == built.state.digest else loaded.digest}")

    cloud.remove_image(NAME)
