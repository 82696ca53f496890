"""Who includes whom: the module table, and one owner per third-party library."""

import re

import modules
import repository

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def cases():
    problems = {}
    reachable = modules.reachable()
    for path in repository.files():
        placed = repository.place(path)
        if not placed:
            continue
        module, folder = placed
        found = problems.setdefault(module, [])
        if module not in modules.USES:
            found.append(f"{path}: there is no module {module} in tests/architecture/modules.py")
            continue
        for kind, name in INCLUDE.findall(repository.text(path) or ""):
            problem = wrong(module, folder, name, reachable)
            if problem:
                found.append(f"{path} includes {name}: {problem}")
    for module in sorted(problems):
        yield f"{module} includes only what the module table allows", problems[module]


def wrong(module: str, folder: str, name: str, reachable) -> str | None:
    first, _, rest = name.partition("/")
    if first == "relayna":
        used = rest.partition("/")[0]
        return None if used in reachable[module] else f"{module} may not use {used}"
    if first in modules.USES and rest:
        return None if first == module else f"private headers of {first} stay in {first}"
    for start, owners in modules.OWNERS:
        if name.startswith(start):
            return None if any(owns(owner, module, folder, reachable) for owner in owners) else \
                f"{start} belongs to {', '.join(owners) or 'the tests'}"
    return None  # the standard library and the system


def owns(owner: str, module: str, folder: str, reachable) -> bool:
    if owner == "*":
        return True
    if owner.startswith("+"):
        return owner[1:] in reachable[module]
    return folder == owner or folder.startswith(owner + "/")
