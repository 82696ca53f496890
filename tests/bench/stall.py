"""Redis accepts and never answers: what requests feel that need no limits, and when those that do are told. Both states in turn, a
few rounds in one run, with the same load beside."""

import http.client
import json
import signal
import statistics
import threading
import time

import measure
from processes import Stage

# Requests of this model need the counters; those of the benchmark's own do not.
LIMITED_MODEL = "limited"
LIMITED = f"""
limits:
  - {{name: one model, scope: global, model: {LIMITED_MODEL}, rpm_limit: 100000000, max_concurrent_requests: 100000}}
"""
PAUSE = 0.02  # seconds between the requests that need limits


def limited_request(gateway) -> tuple[int, float]:
    """Its status and how many milliseconds it took, on a connection of its own."""
    body = json.dumps(json.loads(measure.BODY) | {"model": LIMITED_MODEL})
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    began = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", body, {"Authorization": f"Bearer {gateway.key}", "Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - began) * 1000
    connection.close()
    return answer.status, took


class Beside:
    """Requests that need limits, one after the other, while something else is measured. All get `status`."""

    def __init__(self, gateway, status: int):
        self.gateway, self.status, self.times = gateway, status, []
        self.wrong: int | None = None
        self.enough = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.enough.wait(PAUSE):
            status, took = limited_request(self.gateway)
            if status != self.status:
                self.wrong = status
                return
            self.times.append(took)

    def __enter__(self) -> "Beside":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.enough.set()
        self.thread.join()


def one_state(gateway, connections: int, seconds: int, status: int) -> dict:
    with Beside(gateway, status) as beside:
        seen = measure.wrk(gateway.port, gateway.key, connections, seconds)
    if beside.wrong or not beside.times:
        raise RuntimeError(f"requests with limits were answered with {beside.wrong} instead of {status}")
    return {"p50_us": seen["p50_us"], "p99_us": seen["p99_us"], "limited_ms": beside.times}


def wait_until_it_serves(gateway) -> None:
    end = time.monotonic() + 30
    while limited_request(gateway)[0] != 200:
        if time.monotonic() > end:
            raise RuntimeError("the gateway does not reach Redis any more")
        time.sleep(0.1)


def summary(rounds: list[dict]) -> dict:
    times = sorted(time for seen in rounds for time in seen["limited_ms"])
    return {"p50_us": statistics.median(seen["p50_us"] for seen in rounds), "p99_us": statistics.median(seen["p99_us"] for seen in rounds),
            "p99_us_rounds": [seen["p99_us"] for seen in rounds], "limited": len(times), "limited_p50_ms": statistics.median(times),
            "limited_p99_ms": times[int(len(times) * 0.99)], "limited_max_ms": times[-1]}


def stalled_redis(stage: Stage, plan: dict) -> dict:
    gateway = stage.start_gateway("stall", stores=True, declared=LIMITED)
    redis = gateway.redis.process
    wait_until_it_serves(gateway)
    measure.wrk(gateway.port, gateway.key, plan["stall_connections"], 1)  # warm-up
    rounds: dict[str, list] = {"healthy": [], "stalled": []}
    for _ in range(plan["stall_rounds"]):
        rounds["healthy"].append(one_state(gateway, plan["stall_connections"], plan["stall"], 200))
        redis.send_signal(signal.SIGSTOP)
        try:
            rounds["stalled"].append(one_state(gateway, plan["stall_connections"], plan["stall"], 503))
        finally:
            redis.send_signal(signal.SIGCONT)
        wait_until_it_serves(gateway)
    gateway.stop()
    return {state: summary(seen) for state, seen in rounds.items()}
