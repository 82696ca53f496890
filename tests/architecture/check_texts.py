"""What must not stand in any file, and documents that must agree with what they describe."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import repository

# Spelled in parts, so that this file does not contain what it looks for.
REGISTRY_HOSTS = [".".join(parts) for parts in (
    ("registry", "npmjs", "org"), ("registry", "yarnpkg", "com"), ("pypi", "org"), ("files", "pythonhosted", "org"),
    ("deb", "debian", "org"), ("crates", "io"), ("proxy", "golang", "org"), ("repo", "maven", "apache", "org"))]
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|root|home/[a-z][\w-]*)/")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
LINK = re.compile(r"\[[^\]\n]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
NAMED_FILE = re.compile(r"`((?:src|include|tests|scripts|migrations|docs|deploy)/[\w./-]+\.\w+)`")


def cases(binary: Path | None):
    texts = {path: repository.text(path) for path in repository.files()}
    texts = {path: text for path, text in texts.items() if text is not None}
    yield "no file names a package registry's host", [
        f"{path}: {host}" for path, text in texts.items() for host in REGISTRY_HOSTS if host in text]
    yield "no file names a path of one machine", matches(texts, MACHINE_PATH)
    yield "no file carries unfinished marks", matches(texts, UNFINISHED)
    yield "package-lock.json records no download addresses", [
        str(path) for path, text in texts.items() if path.name == "package-lock.json" and '"resolved": "http' in text]
    yield "links between documents lead somewhere", [
        f"{path}: {target}" for path, text in texts.items() if path.suffix == ".md" for target in LINK.findall(text)
        if "://" not in target and not target.startswith("mailto:")
        and not (repository.ROOT / path.parent / target).exists()]
    yield "files named in documents exist", [
        f"{path}: {name}" for path, text in texts.items() if path.suffix == ".md" for name in NAMED_FILE.findall(text)
        if not (repository.ROOT / name).exists()]
    yield "CHANGELOG.md's newest release is the version CMake builds", changelog()
    yield "the scripts are valid bash", [
        problem for path, text in texts.items() if text.startswith("#!/usr/bin/env bash") for problem in bash_syntax(path)]
    yield "C++ files are as scripts/format leaves them", unformatted(texts)
    yield "what the sources log to is what a log level can name", log_targets(texts)
    for page in ("configuration", "errors"):
        yield f"docs/{page}.md is what the binary generates", generated(page, binary)


def matches(texts, pattern) -> list[str]:
    found = []
    for path, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path}:{number}: {line.strip()[:120]}")
    return found



def unformatted(texts) -> list[str]:
    """Those that clang-format would change, each with the first place it objects to."""
    sources = [str(path) for path in texts if path.suffix in (".cpp", ".hpp")]
    batches = [sources[at:at + 32] for at in range(0, len(sources), 32)]

    def objections(batch):
        try:
            told = subprocess.run(["clang-format-19", "--dry-run", *batch], cwd=repository.ROOT, capture_output=True, text=True)
        except FileNotFoundError:
            return ["clang-format-19 is missing; scripts/install-deps test installs it"]
        if told.returncode:
            return [f"clang-format-19: {told.stderr.strip()[:300]}"]
        return re.findall(r"^(\S+:\d+):\d+: ", told.stderr, re.MULTILINE)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        places = [place for found in pool.map(objections, batches) for place in found]
    return list({place.split(":")[0]: place for place in reversed(places)}.values())

def changelog() -> list[str]:
    built = re.search(r"project\(relayna-gateway VERSION (\d+\.\d+\.\d+)", (repository.ROOT / "CMakeLists.txt").read_text())
    page = repository.ROOT / "CHANGELOG.md"
    headings = re.findall(r"^## (\S+)(?: - (\d{4}-\d{2}-\d{2}))?$", page.read_text() if page.exists() else "", re.MULTILINE)
    headings = [heading for heading in headings if heading[0] != "Unreleased"]
    if not headings:
        return ["CHANGELOG.md has no heading `## <version> - <date>`"]
    version, date = headings[0]
    if version != built.group(1) or not date:
        return [f"CHANGELOG.md's newest release is {version} {date}, CMake builds {built.group(1)}"]
    return []


def log_targets(texts) -> list[str]:
    """`access` has no logger of its own in the sources: its lines are built by hand."""
    used = {name for path, text in texts.items() if path.parts[0] == "src" for name in re.findall(r"\blog\(\"(\w+)\"\)", text)}
    table = texts[Path("src/telemetry/log_targets.cpp")].split("kTargets{", 1)[1].split("}", 1)[0]
    named = set(re.findall(r"\"(\w+)\"", table))
    return [f"{name} is logged to but not named" for name in sorted(used - named)] + [
        f"{name} is named but not logged to" for name in sorted(named - used - {"access"})]


def bash_syntax(path: Path) -> list[str]:
    check = subprocess.run(["bash", "-n", path], cwd=repository.ROOT, capture_output=True, text=True)
    return [check.stderr.strip()] if check.returncode else []


def generated(page: str, binary: Path | None) -> list[str]:
    if not binary or not binary.exists():
        return [f"the binary {binary} is missing"]
    told = subprocess.run([binary, "docs", page], cwd=repository.ROOT, capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL)
    if told.returncode:
        return [f"relayna-gateway docs {page} ended with {told.returncode}: {told.stderr.strip()[:400]}"]
    file = repository.ROOT / "docs" / f"{page}.md"
    if not file.exists() or file.read_text() != told.stdout:
        return [f"docs/{page}.md differs: run `{binary.name} docs {page} > docs/{page}.md`"]
    return []
