"""The result as tables for people; docs/benchmarks.md shows one."""

NAMES = {"direct": "mock upstream, directly", "nginx": "nginx reverse proxy", "embedded": "gateway, embedded",
         "stores": "gateway, PostgreSQL + Redis", "limits": "the same, every limit on"}


def table(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) if index == 0 else cell.rjust(width)
                               for index, (cell, width) in enumerate(zip(row, widths))) + " |" for row in rows]
    rule = "|" + "|".join("-" * (width + 1) + ("-" if index == 0 else ":") for index, width in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def number(value, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def load_table(result: dict) -> str:
    rows = [["non-streaming", "requests/s (32)", "CPU µs/request", "added p50 µs (1)", "added p99 µs (1)", "added p50 µs (32)", "added p99 µs (32)", "redis-server CPU µs/request"]]
    base = result["load"]["direct"]
    for name, seen in result["load"].items():
        added = (lambda load, field: None) if name == "direct" else (lambda load, field: seen[load][field] - base[load][field])
        rows.append([NAMES[name], number(seen["c32"]["per_second"]), number(seen["c32"].get("cpu_us"), 1), number(added("c1", "p50_us")),
                     number(added("c1", "p99_us")), number(added("c32", "p50_us")), number(added("c32", "p99_us")),
                     number(seen["c32"].get("redis_us"), 1)])
    return table(rows)


def stream_table(result: dict) -> str:
    rows = [["streaming, 64 events", "streams/s (32)", "CPU µs/stream", "added first event p50 µs (1)", "p99 µs (1)", "p50 µs (32)", "p99 µs (32)"]]
    base = result["load"]["direct"]
    for name, seen in result["load"].items():
        added = (lambda load, field: None) if name == "direct" else (lambda load, field: seen[load][field] - base[load][field])
        rows.append([NAMES[name], number(seen["s32"]["per_second"]), number(seen["s32"].get("cpu_us"), 1), number(added("s1", "p50_us")),
                     number(added("s1", "p99_us")), number(added("s32", "p50_us")), number(added("s32", "p99_us"))])
    return table(rows)


def state_table(result: dict) -> str:
    rows = [["state", "figure"]]
    memory = result.get("memory", {})
    for key, label in (("idle", "idle, embedded"), ("idle_stores", "idle, PostgreSQL + Redis"), ("after_load", "after the load, embedded"),
                       ("after_load_stores", "after the load, PostgreSQL + Redis")):
        if key in memory:
            rows.append([f"RSS {label}", f"{memory[key]:.1f} MB"])
    for key, label in (("open", "plain"), ("open_tls", "TLS on both legs")):
        if key in memory:
            rows.append([f"RSS with {memory[key]['streams']:,} open streams and 20 kB prompts, {label}",
                         f"{memory[key]['rss_mb']:.1f} MB (peak {memory[key]['peak_mb']:.1f})"])
    for key, label in (("first", "empty data directory"), ("again", "existing data directory")):
        if key in result.get("start", {}):
            rows.append([f"start to ready, embedded, {label}", f"{result['start'][key] * 1000:.0f} ms"])
    if lag := result.get("lag"):
        rows.append([f"p99 loop lag while {lag['bodies']} bodies of 30 MB pass ({lag['lag_observations']} observations)",
                     f"at most {lag['lag_p99_at_most_s'] * 1000:g} ms"])
        rows.append(["small requests meanwhile, p50 / p99 / max",
                     f"{lag['beside_p50_us'] / 1000:.2f} / {lag['beside_p99_us'] / 1000:.2f} / {lag['beside_max_us'] / 1000:.2f} ms"])
    return table(rows)


def stall_table(stall: dict) -> str:
    rows = [["Redis", "p50 µs, no limits", "p99 µs, no limits", "p99 of each round", "with limits: p50 ms", "p99 ms", "max ms", "requests"]]
    for state, label in (("healthy", "answers"), ("stalled", "accepts and never answers")):
        seen = stall[state]
        rows.append([label, number(seen["p50_us"]), number(seen["p99_us"]), " ".join(number(p99) for p99 in seen["p99_us_rounds"]),
                     number(seen["limited_p50_ms"], 1), number(seen["limited_p99_ms"], 1), number(seen["limited_max_ms"], 1),
                     number(seen["limited"])])
    return table(rows)


def targets(result: dict) -> list[tuple[str, str, bool]]:
    """(what is wanted, what was seen, whether it holds)."""
    found = []

    def want(label: str, value, limit: float, unit: str, digits: int = 1) -> None:
        if value is not None:
            found.append((f"{label} below {limit:g} {unit}", f"{value:.{digits}f} {unit}", value < limit))

    load, memory = result["load"], result.get("memory", {})
    if "embedded" in load:
        ratio = load["embedded"]["c32"]["cpu_us"] / load["nginx"]["c32"]["cpu_us"]
        found.append(("CPU per request at most 2.2 × nginx's, embedded", f"{ratio:.2f} ×", ratio <= 2.2))
        want("added p50 at one connection, embedded", load["embedded"]["c1"]["p50_us"] - load["direct"]["c1"]["p50_us"], 60, "µs", 0)
    if "limits" in load:
        ratio = load["limits"]["c32"]["cpu_us"] / load["nginx"]["c32"]["cpu_us"]
        found.append(("CPU per request at most 2.8 × nginx's, every limit on", f"{ratio:.2f} ×", ratio <= 2.8))
        want("added p50 at one connection, every limit on", load["limits"]["c1"]["p50_us"] - load["direct"]["c1"]["p50_us"], 200, "µs", 0)
    want("RSS with 2,000 open streams", memory.get("open", {}).get("rss_mb"), 60, "MB")
    want("idle RSS", memory.get("idle"), 30, "MB")
    want("embedded start to ready", result.get("start", {}).get("first"), 0.5, "s", 2)
    if lag := result.get("lag"):
        found.append(("p99 loop lag below 5 ms during 30 MB bodies", f"at most {lag['lag_p99_at_most_s'] * 1000:g} ms", lag["lag_p99_at_most_s"] <= 0.005))
    if stall := result.get("stall"):
        healthy, stalled = stall["healthy"]["p99_us"], stall["stalled"]["p99_us"]
        found.append(("p99 without limits within 1 ms or 5 % while Redis hangs", f"{stalled - healthy:+.0f} µs of {healthy:.0f}",
                      stalled - healthy <= max(1000, healthy * 0.05)))
        want("503 of requests with limits while Redis hangs", stall["stalled"]["limited_max_ms"], 100, "ms")
    return found


def render(result: dict) -> str:
    parts = [f"{result['machine']} · gateway on one core, load and stores on the other(s) · {result['rounds']} interleaved rounds, medians",
             load_table(result), stream_table(result)]
    if "memory" in result:
        parts.append(state_table(result))
    if "stall" in result:
        parts.append(stall_table(result["stall"]))
    if wanted := targets(result):
        parts.append("\n".join(f"{'met   ' if holds else 'MISSED'} {label}: {seen}" for label, seen, holds in wanted))
    return "\n\n".join(parts)
