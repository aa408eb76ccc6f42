"""The issuing day whose order is to be found: entries drawn from a desk's pool on an ext4 image.

Runs by itself as root in a mount namespace (`ground.play`). Leaves `noon.img` and `night.img`, the pool as
provisioning made it (`provisioned.json`, which the attacker has as well), and `issued.json`: the entries in the order
of their issue.
"""

import base64
import json
import os
import random
import sys
from pathlib import Path

from kiosk.desk.pool import Pool
from tests.attack.ground import make_image, mounted, take_image
from tests.attack.polling_day import NOON

IMAGE_BYTES = 16 << 20
STYLES = ("A", "B")
NAME = "pool.json"


class RewrittenPool:
    """A pool as one would build it at first: the file is written anew, without the entry, at each draw."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def draw(self, style: str) -> bytes:
        """A random entry of `style`."""
        pool = json.loads(self._path.read_text())
        drawn = pool["styles"][style].pop(random.SystemRandom().randrange(len(pool["styles"][style])))
        making = self._path.with_suffix(".making")
        _write(making, pool)
        making.rename(self._path)
        return base64.b64decode(drawn)


def _write(path: Path, pool: object) -> None:
    with path.open("w") as file:
        json.dump(pool, file, separators=(",", ":"))
        file.flush()
        os.fsync(file.fileno())


def play(kind: str, folder: Path, issues: int) -> None:
    """The whole day; every second card is of the other style, and a third of the pool is left."""
    image = folder / "desk.img"
    make_image(image, IMAGE_BYTES)
    issued: list[str] = []
    with mounted(image) as place:
        path = place / NAME
        styles = {
            style: [base64.b64encode(os.urandom(73)).decode() for _ in range(issues * 3 // 4)] for style in STYLES
        }
        _write(path, {"place": "0112", "styles": styles})
        (folder / "provisioned.json").write_bytes(path.read_bytes())
        for number in range(issues):
            # Opened each time, as a desk that is restarted does.
            pool = Pool(path) if kind == "real" else RewrittenPool(path)
            issued.append(base64.b64encode(pool.draw(STYLES[number % 2])).decode())
            if number + 1 == round(issues * NOON):
                take_image(image, folder / "noon.img")
    take_image(image, folder / "night.img")
    (folder / "issued.json").write_text(json.dumps(issued))


if __name__ == "__main__":
    plan = json.loads(sys.argv[1])
    play(plan["kind"], Path(plan["folder"]), plan["issues"])
