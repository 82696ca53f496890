"""Programs from PyPI that suites use, each in a virtual environment of its own under build/tools."""

import os
import subprocess
import sys
from pathlib import Path

from suite_results import SuiteBroken

# What pip prints when the index cannot be reached, as opposed to when the installation itself is broken.
UNREACHABLE = ("Connection", "connection", "timed out", "Temporary failure", "Name or service", "ProxyError", "SSLError")


def prepare_program(root: Path, name: str, requirements: Path, log: Path) -> tuple[Path | None, str]:
    """The program of this name, or None and why not. Raises when installing fails although PyPI answers."""
    venv = root / "build" / "tools" / name
    program, stamp = venv / "bin" / name, venv / ".installed-requirements"
    if program.exists() and stamp.exists() and stamp.read_text() == requirements.read_text():
        return program, ""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        options = {"stdout": out, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL, "timeout": 900}
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, **options)
        try:
            code = subprocess.run([str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "-r",
                                   str(requirements)], env={**os.environ, "PIP_NO_INPUT": "1"}, **options).returncode
        except subprocess.TimeoutExpired:
            return None, "PyPI is unreachable (pip timed out)"
    if code == 0:
        stamp.write_text(requirements.read_text())
        return program, ""
    said = log.read_text(errors="replace")
    if any(sign in said for sign in UNREACHABLE):
        return None, "PyPI is unreachable"
    raise SuiteBroken(f"pip could not install {name}, see {log}")
