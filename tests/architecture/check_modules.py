"""What every module folder looks like, and how large things have become."""

import re

import modules
import repository

README_LINES = 60
MAIN_LINES = 40
LARGE_FILE_LINES = 450


def cases():
    for module in repository.module_folders():
        yield f"{module} is in the module table", [] if module in modules.USES else [
            f"src/{module} is missing in tests/architecture/modules.py"]
        yield f"{module} has a README of at most a page", readme(module)
        yield f"{module} builds every source it holds", unlisted_sources(module)
    yield "docs/architecture.md names every module", undocumented_modules()
    yield f"main.cpp has at most {MAIN_LINES} lines", main_size()


def notes():
    for path in repository.files():
        if path.suffix in (".cpp", ".hpp", ".py", ".mjs") or path.parts[0] == "scripts":
            count = lines(path)
            if count > LARGE_FILE_LINES:
                yield f"{path} has {count} lines: a file that keeps growing is a module that has not been found yet"


def lines(path) -> int:
    return len((repository.text(path) or "").splitlines())


def readme(module: str) -> list[str]:
    path = repository.ROOT / "src" / module / "README.md"
    if not path.exists():
        return [f"src/{module}/README.md is missing"]
    count = len(path.read_text().splitlines())
    return [f"src/{module}/README.md has {count} lines; a page is {README_LINES}"] if count > README_LINES else []


def unlisted_sources(module: str) -> list[str]:
    folder = repository.ROOT / "src" / module
    listed = "".join(file.read_text() for file in folder.rglob("CMakeLists.txt"))
    found = []
    for path in repository.files():
        if path.parts[:2] == ("src", module) and path.suffix == ".cpp":
            if not re.search(rf"(^|[\s/]){re.escape(path.name)}(\s|\)|$)", listed, re.MULTILINE):
                found.append(f"{path} is in no CMakeLists.txt")
    return found


def undocumented_modules() -> list[str]:
    page = repository.ROOT / "docs" / "architecture.md"
    if not page.exists():
        return ["docs/architecture.md is missing"]
    told = page.read_text()
    return [f"docs/architecture.md has no row for {module}" for module in modules.USES if f"| {module} |" not in told]


def main_size() -> list[str]:
    mains = [path for path in repository.files() if path.parts[0] == "src" and path.name == "main.cpp"]
    if not mains:
        return ["src/app/main.cpp is missing"]
    return [f"{path} has {lines(path)} lines" for path in mains if lines(path) > MAIN_LINES]
