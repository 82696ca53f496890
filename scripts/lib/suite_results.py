"""What a suite found, and the readers that turn the result files of GoogleTest, ctest and Node into it."""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path


class SuiteBroken(Exception):
    """The suite could not be run at all; the text says why."""


@dataclass
class Result:
    """Individual test cases, not executables. A failure is (name, text to show)."""

    passed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def fail(self, name: str, text: str = "") -> None:
        self.failures.append((name, text))

    def add(self, other: "Result") -> None:
        self.passed += other.passed
        self.failures += other.failures
        self.skipped += other.skipped

    @property
    def ran_nothing(self) -> bool:
        return not (self.passed or self.failures or self.skipped)


def tail(text: str, lines: int) -> str:
    kept = text.rstrip().splitlines()
    return "\n".join(kept[-lines:])


def read_googletest(file: Path) -> Result:
    """One executable's --gtest_output=json file. A skipped case counts as failed: nothing here may skip silently."""
    result = Result()
    for suite in json.loads(file.read_text())["testsuites"]:
        for case in suite["testsuite"]:
            name = f"{suite['name']}.{case['name']}"
            if case.get("value_param"):
                name += f" [{case['value_param']}]"
            if case["status"] == "NOTRUN":
                continue  # DISABLED_, or filtered out by the caller
            if case.get("failures"):
                result.fail(name, "\n".join(failure["failure"] for failure in case["failures"]))
            elif case["result"] == "SKIPPED":
                result.fail(name, "skipped itself: what it needs is missing on this machine")
            else:
                result.passed += 1
    return result


def read_ctest(junit: Path, googletest: Path) -> Result:
    """A ctest run: cases from each executable's JSON; an executable that failed without a failing case (crash, leak,
    data race, time-out, not built) is one failure of its own, shown with the end of its output."""
    result = Result()
    for case in ElementTree.parse(junit).getroot().iter("testcase"):
        name = case.get("name", "?")
        cases_file = googletest / f"{name}.json"
        cases = Result()
        if cases_file.exists():
            cases = read_googletest(cases_file)
        elif case.get("status") == "run":
            cases.passed = 1  # not a GoogleTest program: the executable is the case
        if case.get("status") != "run" and not cases.failures:
            output = case.findtext("system-out") or case.get("status") or ""
            cases.fail(name, tail(output, 80))
        for failed_name, text in cases.failures:
            result.fail(f"{name}: {failed_name}" if failed_name != name else name, text)
        result.passed += cases.passed
    return result


def read_counts(file: Path) -> Result:
    """The summary our own runners write: {"passed": n, "failures": [{"name", "text"}], "skipped": [{"name", "reason"}]}."""
    document = json.loads(file.read_text())
    result = Result(passed=document["passed"])
    for failure in document["failures"]:
        result.fail(failure["name"], failure.get("text", ""))
    for skipped in document.get("skipped", []):
        result.fail(skipped["name"], "skipped itself: " + skipped.get("reason", ""))
    return result
