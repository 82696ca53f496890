"""The side-by-side benchmark in one go: the mock upstream directly, nginx, and the gateway in both of its modes, interleaved on one
machine. Usage: run.py --programs build/bench [--gateway build/release/relayna-gateway] [--quick] [--json FILE]"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

import measure
import report
from processes import CORES, Stage
from stall import stalled_redis

FULL = {"rounds": 5, "c1": 2, "c32": 4, "s1": 1500, "s32": 6000, "streams": 2000, "hold": 4, "lag": 12,
        "stall_rounds": 5, "stall": 4, "stall_connections": 4}
QUICK = {"rounds": 2, "c1": 1, "c32": 2, "s1": 500, "s32": 1500, "streams": 2000, "hold": 2, "lag": 6,
         "stall_rounds": 2, "stall": 2, "stall_connections": 4}


def one_round(stage: Stage, target: dict, plan: dict) -> dict:
    port, key, process = target["port"], target["key"], target["process"]
    redis = target.get("redis")
    return {
        "c1": measure.wrk(port, key, 1, plan["c1"], process, redis),
        "c32": measure.wrk(port, key, 32, plan["c32"], process, redis),
        "s1": measure.streams(stage.programs, port, key, 1, plan["s1"], process),
        "s32": measure.streams(stage.programs, port, key, 32, plan["s32"], process),
    }


def median(rounds: list[dict]) -> dict:
    return {load: {field: statistics.median(seen[load][field] for seen in rounds) for field in rounds[0][load]} for load in rounds[0]}


def load(stage: Stage, targets: dict, plan: dict) -> dict:
    for target in targets.values():  # warm-up
        measure.wrk(target["port"], target["key"], 32, 1)
    rounds: dict[str, list] = {name: [] for name in targets}
    for number in range(plan["rounds"]):
        for name, target in targets.items():
            print(f"round {number + 1} of {plan['rounds']}: {report.NAMES[name]}", file=sys.stderr, flush=True)
            rounds[name].append(one_round(stage, target, plan))
    return {name: median(seen) for name, seen in rounds.items()}


def states(stage: Stage, plan: dict) -> dict:
    """What is measured on gateways of their own: memory, start and loop lag."""
    print("start, memory and loop lag", file=sys.stderr, flush=True)
    fresh = stage.start_gateway("fresh")
    first = fresh.start_seconds
    time.sleep(1)
    memory = {"idle": fresh.process.memory_mb()}
    memory["open"] = measure.open_streams(stage.programs, fresh, plan["streams"], plan["hold"])
    fresh.stop()
    again = fresh.start()
    lag = measure.loop_lag(fresh, plan["lag"])
    fresh.stop()
    tls = stage.start_gateway("tls", tls=True)
    memory["open_tls"] = measure.open_streams(stage.programs, tls, plan["streams"], plan["hold"])
    tls.stop()
    return {"memory": memory, "start": {"first": first, "again": again}, "lag": lag}


def machine() -> str:
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    return f"{model or platform.machine()}, {len(CORES)} cores"


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--programs", type=Path, required=True)
    options.add_argument("--gateway", type=Path, help="without it only the mock upstream and nginx are measured")
    options.add_argument("--quick", action="store_true")
    options.add_argument("--json", type=Path)
    options.add_argument("--only-stall", action="store_true", help="only what a Redis that hangs does")
    chosen = options.parse_args()
    plan = QUICK if chosen.quick else FULL

    busy = os.getloadavg()[0]
    if busy > 0.5:
        print(f"note: the machine was busy before the benchmark began (load {busy:.1f}); its figures are worth less", file=sys.stderr)
    stage = Stage(chosen.programs.resolve(), chosen.gateway.resolve() if chosen.gateway else None)
    try:
        stage.open()
        if chosen.only_stall:
            print(report.stall_table(stalled_redis(stage, plan)))
            return 0
        targets = {"direct": {"port": stage.mock_port, "key": "none", "process": None},
                   "nginx": {"port": stage.nginx_port, "key": "none", "process": stage.nginx}}
        gateways = {}
        if chosen.gateway:
            gateways = {"embedded": stage.start_gateway("embedded"), "stores": stage.start_gateway("stores", stores=True),
                        "limits": stage.start_gateway("limits", stores=True, limits=True)}
            targets |= {name: {"port": gateway.port, "key": gateway.key, "process": gateway.process,
                               "redis": gateway.redis if name == "limits" else None} for name, gateway in gateways.items()}
        time.sleep(1)
        idle_stores = gateways["stores"].process.memory_mb() if gateways else None
        result = {"machine": machine(), "rounds": plan["rounds"], "quick": chosen.quick, "load_before": busy, "load": load(stage, targets, plan)}
        if gateways:
            after = {name: gateway.process.memory_mb() for name, gateway in gateways.items()}
            for gateway in gateways.values():
                gateway.stop()
            result |= states(stage, plan)
            print("Redis stalled", file=sys.stderr, flush=True)
            result["stall"] = stalled_redis(stage, plan)
            result["memory"] |= {"idle_stores": idle_stores, "after_load": after["embedded"], "after_load_stores": after["stores"]}
    finally:
        stage.close()
    if chosen.json:
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        chosen.json.write_text(json.dumps(result, indent=1))
    print(report.render(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
