"""Builds what the suites need, runs them and adds up their test cases. Called by scripts/test."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from python_programs import prepare_program
from suite_results import Result, SuiteBroken, read_counts, read_ctest, tail

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "test-results"
JOBS = str(os.cpu_count() or 2)

# Modules with threads or an event loop of their own: what a data race can live in.
TSAN_MODULES = ("telemetry", "runtime", "net", "http", "store", "counters", "catalog", "identity", "upstream", "ledger",
                "pipeline", "proxy")
FUZZ_SECONDS = 20


def show(text: str) -> None:
    print(text, flush=True)


def run(command: list, log: Path, *, timeout: int, env: dict | None = None, cwd: Path = ROOT) -> int:
    """Runs with its output in `log`; a command that outlives its time is ended with everything it started."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen([str(part) for part in command], cwd=cwd, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}, start_new_session=True)
        try:
            return process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            out.write(f"\nended after {timeout} s\n".encode())
            return 124


def build(preset: str, targets: tuple[str, ...] = ()) -> Path:
    """Configures and builds a preset once per run (per set of targets)."""
    folder = ROOT / "build" / preset
    key = (preset, targets)
    if key in build.done:
        return folder
    log = RESULTS / f"build-{preset}.log"
    log.unlink(missing_ok=True)
    began = time.monotonic()
    show(f"Building preset {preset} …")
    command = ["cmake", "--build", "--preset", preset, "-j", JOBS]
    if targets:
        command += ["--target", *targets]
    if run(["cmake", "--preset", preset], log, timeout=600) or run(command, log, timeout=5400):
        errors = [line for line in log.read_text(errors="replace").splitlines() if "error:" in line][:20]
        raise SuiteBroken(f"preset {preset} does not build, see {log.relative_to(ROOT)}\n" + "\n".join(errors or
                          [tail(log.read_text(errors="replace"), 20)]))
    show(f"  built in {time.monotonic() - began:.0f} s")
    build.done.add(key)
    return folder


build.done = set()


def ctest(suite: str, folder: Path, select: list[str], jobs: str) -> Result:
    out = RESULTS / suite
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    env = {
        "GTEST_OUTPUT": f"json:{out}/",
        "GTEST_COLOR": "no",
        "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
    }
    junit = out / "ctest.xml"
    run(["ctest", "--test-dir", folder, *select, "-j", jobs, "--output-junit", junit, "--test-output-size-failed", "200000"],
        out / "ctest.log", timeout=1800, env=env)
    return read_ctest(junit, out) if junit.exists() else Result()


def by_label(suite: str, jobs: str):
    return lambda: ctest(suite, build("dev"), ["-L", f"^{suite}$"], jobs)


def architecture() -> Result:
    binary = build("dev") / "relayna-gateway"
    summary = RESULTS / "architecture" / "summary.json"
    summary.parent.mkdir(parents=True, exist_ok=True)
    summary.unlink(missing_ok=True)
    log = summary.with_name("log.txt")
    log.unlink(missing_ok=True)
    run([sys.executable, ROOT / "tests/architecture/run.py", "--json", summary, "--binary", binary], log, timeout=300)
    if not summary.exists():
        raise SuiteBroken(tail(log.read_text(errors="replace"), 30))
    for line in log.read_text().splitlines():
        if line.startswith("note: "):
            show("  " + line)
    return read_counts(summary)


def install_e2e_packages(folder: Path) -> None:
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / ".installed-lock"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return
    log = RESULTS / "e2e" / "npm.log"
    if run(["npm", "ci", "--no-audit", "--no-fund"], log, timeout=600, cwd=folder):
        raise SuiteBroken("npm ci failed in tests/e2e\n" + tail(log.read_text(errors="replace"), 20))
    stamp.write_text(lock.read_text())


def node_suite(suite: str, binary: Path, files: list[Path], *, jobs: int, seconds: int, timeout: int, env: dict | None = None) -> Result:
    """Runs test files of Node against the built gateway; `seconds` is for one test, `timeout` for all of them."""
    folder, out = ROOT / "tests" / suite, RESULTS / suite
    summary = out / "summary.json"
    summary.unlink(missing_ok=True)
    reporter = os.path.relpath(ROOT / "tests" / "e2e" / "reporter.mjs", folder)
    run(["node", "--test", f"--test-concurrency={jobs}", f"--test-timeout={seconds * 1000}", f"--test-reporter=./{reporter}",
         "--test-reporter-destination=stdout", *[file.name for file in files]],
        out / "log.txt", timeout=timeout, cwd=folder,
        env={"RELAYNA_BINARY": str(binary), "RELAYNA_E2E_LOGS": str(out), "RELAYNA_E2E_SUMMARY": str(summary), **(env or {})})
    if not summary.exists():
        raise SuiteBroken(tail((out / "log.txt").read_text(errors="replace"), 40))
    return read_counts(summary)


def fresh_results(suite: str) -> Path:
    out = RESULTS / suite
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    return out


def test_files(suite: str) -> list[Path]:
    return sorted((ROOT / "tests" / suite).glob("*.test.mjs"))


def e2e() -> Result:
    """Against the release binary: what is shipped is what is tested."""
    binary = build("release", ("relayna-gateway",)) / "relayna-gateway"
    out, files, env = fresh_results("e2e"), test_files("e2e"), {}
    install_e2e_packages(ROOT / "tests" / "e2e")
    litellm, reason = prepare_program(ROOT, "litellm", ROOT / "tests/e2e/litellm-requirements.txt", out / "litellm-install.log")
    result = Result()
    if litellm:
        env["RELAYNA_LITELLM"] = str(litellm)
    else:
        files = [file for file in files if file.name != "litellm.test.mjs"]
        result.skipped.append(("e2e/litellm.test.mjs", reason))
    result.add(node_suite("e2e", binary, files, jobs=2, seconds=120, timeout=1200, env=env))
    return result


def integration() -> Result:
    """Against the binary with sanitizers: outages and faults take the paths where memory is handled wrongly."""
    binary = build("dev", ("relayna-gateway",)) / "relayna-gateway"
    out, files, env = fresh_results("integration"), test_files("integration"), {}
    install_e2e_packages(ROOT / "tests" / "e2e")  # the admin API's answers are held against its OpenAPI document
    schemathesis, reason = prepare_program(ROOT, "schemathesis", ROOT / "tests/integration/schemathesis-requirements.txt",
                                           out / "schemathesis-install.log")
    result = Result()
    if schemathesis:
        env["RELAYNA_SCHEMATHESIS"] = str(schemathesis)
    else:
        files = [file for file in files if file.name != "admin_schemathesis.test.mjs"]
        result.skipped.append(("integration/admin_schemathesis.test.mjs", reason))
    result.add(node_suite("integration", binary, files, jobs=2, seconds=300, timeout=1200, env=env))
    return result


def tsan() -> Result:
    folder = ROOT / "build" / "tsan"
    log = RESULTS / "configure-tsan.log"
    log.unlink(missing_ok=True)
    if run(["cmake", "--preset", "tsan"], log, timeout=600):
        raise SuiteBroken(tail(log.read_text(errors="replace"), 20))
    listed = json.loads(subprocess.run(["ctest", "--test-dir", str(folder), "--show-only=json-v1"], capture_output=True,
                                       text=True, check=True).stdout)
    chosen = []
    for test in listed["tests"]:
        labels = next((p["value"] for p in test["properties"] if p["name"] == "LABELS"), [])
        module = test["name"].removesuffix("_test")
        if "unit" in labels and module in TSAN_MODULES:
            chosen.append(test["name"])
    if not chosen:
        return Result()
    build("tsan", tuple(sorted(chosen)))
    return ctest("tsan", folder, ["-R", f"^({'|'.join(chosen)})$"], "1")


def fuzz() -> Result:
    """A short run of every fuzz target, from its corpus. The corpora themselves are replayed by the unit suite."""
    folder = ROOT / "build" / "fuzz"
    log = RESULTS / "configure-fuzz.log"
    if run(["cmake", "--preset", "fuzz"], log, timeout=600):
        raise SuiteBroken(tail(log.read_text(errors="replace"), 20))
    known = subprocess.run(["ninja", "-C", str(folder), "-t", "targets", "all"], capture_output=True, text=True, check=True).stdout
    names = sorted({line.split(":")[0] for line in known.splitlines() if re.match(r"\w+_fuzz: phony", line)})
    if not names:
        return Result()
    build("fuzz", tuple(names))
    result = Result()
    targets = sorted(path for path in folder.glob("tests/fuzz/*_fuzz") if os.access(path, os.X_OK))
    for target in targets:
        name = target.name.removesuffix("_fuzz")
        work = RESULTS / "fuzz" / name
        work.mkdir(parents=True, exist_ok=True)
        log = work / "log.txt"
        log.unlink(missing_ok=True)
        corpus = ROOT / "tests" / "fuzz" / "corpus" / name
        command = [target, work, *([corpus] if corpus.is_dir() else []), f"-max_total_time={FUZZ_SECONDS}",
                   f"-artifact_prefix={work}/", "-rss_limit_mb=4096", "-timeout=10"]
        if run(command, log, timeout=FUZZ_SECONDS + 120, cwd=work):
            result.fail(f"fuzz {name}", tail(log.read_text(errors="replace"), 60))
        else:
            result.passed += 1
    return result


SUITES = {
    "unit": by_label("unit", JOBS),
    "contract": by_label("contract", "1"),
    "architecture": architecture,
    "integration": integration,
    "e2e": e2e,
    "tsan": tsan,
    "fuzz": fuzz,
}
NOT_BY_DEFAULT = {"fuzz"}


def run_suite(name: str) -> Result:
    began = time.monotonic()
    try:
        result = SUITES[name]()
        if result.ran_nothing:
            result.fail(name, "the suite executed nothing")
    except SuiteBroken as problem:
        result = Result()
        result.fail(name, str(problem))
    for case, text in result.failures:
        show(f"\nFAILED {name}: {case}")
        if text:
            show("    " + text.replace("\n", "\n    "))
    for case, reason in result.skipped:
        show(f"SKIPPED {name}: {case}: {reason}")
    show(f"{name}: {result.passed} passed, {len(result.failures)} failed in {time.monotonic() - began:.0f} s")
    return result


def main(arguments: list[str]) -> int:
    unknown = [name for name in arguments if name not in SUITES]
    if unknown:
        print(f"unknown suite {unknown[0]}; suites: {' '.join(SUITES)}", file=sys.stderr)
        return 2
    RESULTS.mkdir(parents=True, exist_ok=True)
    total = Result()
    for name in SUITES:
        if name in arguments or (not arguments and name not in NOT_BY_DEFAULT):
            total.add(run_suite(name))
    line = f"{total.passed} passed, {len(total.failures)} failed"
    if total.skipped:
        line += f", {len(total.skipped)} skipped"
    show(line)
    return 1 if total.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
