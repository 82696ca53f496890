"""The measurements: load by wrk and the SSE client, and what the measured process spent on it."""

import http.client
import json
import os
import re
import subprocess
import threading
import time
from pathlib import Path

import processes

BODY = json.dumps({"model": "gpt-4o-mini", "temperature": 0.7, "messages": [
    {"role": "system", "content": "You are a helpful assistant that answers briefly."},
    {"role": "user", "content": "What is the weather like in the mountains today, and what should I wear for a day of hiking?"}]})


def on_other_cores(command: list) -> list[str]:
    return ["taskset", "-c", processes.OTHERS, *map(str, command)]


def wrk(port: int, key: str, connections: int, seconds: int, process=None, redis=None) -> dict:
    """Closed-loop POSTs; with `process` and `redis`, also their CPU µs per request."""
    before = process.cpu_seconds() if process else 0
    redis_before = redis.cpu_seconds() if redis else 0
    told = subprocess.run(on_other_cores(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s",
                                          Path(__file__).parent / "post.lua", f"http://127.0.0.1:{port}/v1/chat/completions"]),
                          env={**os.environ, "BENCH_KEY": key, "BENCH_BODY": BODY}, capture_output=True, text=True, check=True)
    spent = (process.cpu_seconds() if process else 0) - before
    result = json.loads(re.search(r"^RESULT (.*)$", told.stdout, re.MULTILINE).group(1))
    result["per_second"] = result["requests"] / result["seconds"]
    if process:
        result["cpu_us"] = spent * 1e6 / max(result["requests"], 1)
    if redis:
        result["redis_us"] = (redis.cpu_seconds() - redis_before) * 1e6 / max(result["requests"], 1)
    if result["failed"]:
        raise RuntimeError(f"{result['failed']} of {result['requests']} requests to port {port} failed")
    return result


def sse_command(programs: Path, port: int, key: str, options: list) -> list[str]:
    return on_other_cores([programs / "bench_sse_client", "--port", port, "--key", key, *options])


def streams(programs: Path, port: int, key: str, concurrency: int, total: int, process=None) -> dict:
    """Streams of 64 deltas one after the other on each of `concurrency` connections."""
    before = process.cpu_seconds() if process else 0
    told = subprocess.run(sse_command(programs, port, key, ["--concurrency", concurrency, "--total", total]), capture_output=True, text=True)
    spent = (process.cpu_seconds() if process else 0) - before
    if told.returncode:
        raise RuntimeError(f"streams to port {port} failed: {told.stdout} {told.stderr}")
    result = json.loads(told.stdout.splitlines()[0])
    result |= {f"{name}_us": value for name, value in result.pop("first_event_us").items()}
    result["per_second"] = result["streams"] / result["seconds"]
    if process:
        result["cpu_us"] = spent * 1e6 / result["streams"]
    return result


def open_streams(programs: Path, gateway, count: int, hold_seconds: float) -> dict:
    """Memory of the gateway with `count` open streams, each with a 20 kB prompt and a delta every second."""
    options = ["--concurrency", count, "--prompt-bytes", 20_000, "--hold", "--header", "x-mock-interval-ms: 1000", "--header",
               "x-mock-deltas: 1000000", *(["--tls"] if gateway.tls else [])]
    client = subprocess.Popen(sse_command(programs, gateway.port, gateway.key, options), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    opened = json.loads(client.stdout.readline() or "{}")
    client.stdout.readline()  # holding
    time.sleep(hold_seconds)
    memory, peak = gateway.process.memory_mb(), gateway.process.memory_mb("VmHWM")
    rest, errors = client.communicate(timeout=30)
    broken = json.loads(rest.splitlines()[-1])["broken_while_held"] if rest else None
    if opened.get("streams") != count or broken:
        raise RuntimeError(f"only {opened.get('streams')} of {count} streams opened, {broken} broke: {errors}")
    return {"streams": count, "rss_mb": memory, "peak_mb": peak}


def histogram(text: str, name: str) -> dict[float, float]:
    """Cumulative counts by upper bound, summed over all series."""
    counts: dict[float, float] = {}
    for labels, value in re.findall(rf"^{name}_bucket\{{(.*?)\}} (\S+)$", text, re.MULTILINE):
        bound = float(re.search(r'le="([^"]+)"', labels).group(1).replace("+Inf", "inf"))
        counts[bound] = counts.get(bound, 0) + float(value)
    return counts


def quantile_bound(before: dict, after: dict, share: float) -> tuple[float, int]:
    """The upper bound of the bucket that holds the quantile, and how many observations there were in between."""
    counts = {bound: after[bound] - before.get(bound, 0) for bound in sorted(after)}
    total = max(counts.values(), default=0)
    for bound, count in counts.items():
        if total and count >= share * total:
            return bound, int(total)
    return float("inf"), int(total)


def loop_lag(gateway, seconds: float) -> dict:
    """30 MB JSON bodies one after the other, while one connection sends small requests: the loop lag the gateway itself saw in that
    time, and what the small requests felt."""
    text = "word " * 200
    message = json.dumps({"role": "user", "content": text})
    messages = ",".join([message] * (30_000_000 // (len(message) + 1)))
    body = ('{"model":"gpt-4o-mini","messages":[' + messages + "]}").encode()
    before = histogram(gateway.metrics(), "gateway_loop_lag_seconds")
    end, sent = time.monotonic() + seconds, 0
    small: dict = {}
    beside = threading.Thread(target=lambda: small.update(wrk(gateway.port, gateway.key, 1, int(seconds))))
    beside.start()
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
    while time.monotonic() < end:
        connection.request("POST", "/v1/chat/completions", body, {"Authorization": f"Bearer {gateway.key}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"a 30 MB body was answered with {answer.status}")
        sent += 1
    beside.join()
    after = histogram(gateway.metrics(), "gateway_loop_lag_seconds")
    p99, observed = quantile_bound(before, after, 0.99)
    return {"bodies": sent, "body_bytes": len(body), "lag_p99_at_most_s": p99, "lag_observations": observed,
            "beside_p50_us": small.get("p50_us"), "beside_p99_us": small.get("p99_us"), "beside_max_us": small.get("max_us")}
