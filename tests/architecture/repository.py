"""The repository as the checks see it: which files belong to it, and which module a file stands in."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def files() -> list[Path]:
    """Tracked files and new ones that are not ignored, relative to the root."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, check=True).stdout.decode()
    return sorted(Path(name) for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


def text(path: Path) -> str | None:
    """The file's text, or None when it is binary."""
    data = (ROOT / path).read_bytes()
    return None if b"\0" in data else data.decode("utf-8", errors="replace")


def place(path: Path) -> tuple[str, str] | None:
    """(module, folder inside src/ or include/relayna/) of a C++ file of the product, else None."""
    parts = path.parts
    if path.suffix not in (".cpp", ".hpp"):
        return None
    if len(parts) > 3 and parts[:2] == ("include", "relayna"):
        return parts[2], "/".join(parts[2:-1])
    if len(parts) > 2 and parts[0] == "src" and parts[1] != "build":
        return parts[1], "/".join(parts[1:-1])
    return None


def module_folders() -> list[str]:
    """Modules that have files, by folder name below src/."""
    return sorted({path.parts[1] for path in files()
                   if path.parts[0] == "src" and len(path.parts) > 2 and path.parts[1] != "build"})
