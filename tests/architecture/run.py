"""The house rules as failing checks. Usage: run.py [--binary relayna-gateway] [--json summary.json]"""

import argparse
import json
import sys
from pathlib import Path

import check_includes
import check_modules
import check_texts


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--binary", type=Path, help="compares the generated documents with what this binary prints")
    options.add_argument("--json", type=Path, help="where the summary goes")
    chosen = options.parse_args()

    passed, failures = 0, []
    for name, problems in [*check_includes.cases(), *check_modules.cases(), *check_texts.cases(chosen.binary)]:
        if problems:
            failures.append({"name": name, "text": "\n".join(problems)})
            print(f"FAILED {name}\n    " + "\n    ".join(problems))
        else:
            passed += 1
    for note in check_modules.notes():
        print(f"note: {note}")
    if chosen.json:
        chosen.json.write_text(json.dumps({"passed": passed, "failures": failures}))
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
