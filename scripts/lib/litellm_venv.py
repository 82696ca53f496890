"""A LiteLLM proxy in a virtual environment under build/tools, for the e2e suite that uses it as upstream."""

import os
import subprocess
import sys
from pathlib import Path

from suite_results import SuiteBroken

# What pip prints when the index cannot be reached, as opposed to when the installation itself is broken.
UNREACHABLE = ("Connection", "connection", "timed out", "Temporary failure", "Name or service", "ProxyError", "SSLError")


def prepare_litellm(root: Path, log: Path) -> tuple[Path | None, str]:
    """The `litellm` program, or None and why not. Raises when installing fails although PyPI answers."""
    requirements = root / "tests" / "e2e" / "litellm-requirements.txt"
    venv = root / "build" / "tools" / "litellm"
    program, stamp = venv / "bin" / "litellm", venv / ".installed-requirements"
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
    raise SuiteBroken(f"pip could not install LiteLLM, see {log}")
