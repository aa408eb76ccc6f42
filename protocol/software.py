"""The digest of the installed program, which papers print and the election package approves.

SHA-256 over one line a file, sorted by name: the file's SHA-256 in hex, two spaces, its path from the top of the
tree with `/`, a line feed. That is the output of `sha256sum` over the sorted files, so that a shell can check it.
"""

import hashlib
from pathlib import Path

TREES = ("assets", "drivers", "kiosk", "protocol", "texts")
"""The folders that make the terminal's program."""


def software_digest(top: Path) -> str:
    """The digest of the program under `top`, the folder that holds the packages. Raises OSError."""
    total = hashlib.sha256()
    for name, digest in software_files(top):
        total.update(f"{digest}  {name}\n".encode())
    return total.hexdigest()


def software_files(top: Path) -> list[tuple[str, str]]:
    """Every file of the program as (path from `top`, SHA-256 hex), sorted by path. Raises OSError."""
    paths = (path for tree in TREES for path in (top / tree).rglob("*"))
    files = [(path.relative_to(top).as_posix(), path) for path in paths if path.is_file() and not _made(path)]
    return [(name, hashlib.sha256(path.read_bytes()).hexdigest()) for name, path in sorted(files)]


def installed_top() -> Path:
    """The folder from which this very program runs."""
    return Path(__file__).resolve().parent.parent


def _made(path: Path) -> bool:
    """Files that Python and tools make while running are not part of the program."""
    return path.suffix in {".pyc", ".pyo"} or any(part in {"__pycache__", ".git"} for part in path.parts)
