"""The processes of the benchmark: the one that is measured alone on a core, everything else on the others."""

import os
import pwd
import re
import resource
import shutil
import signal
import socket
import string
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORES = sorted(os.sched_getaffinity(0))
MEASURED = str(CORES[0])
OTHERS = ",".join(str(core) for core in CORES[1:]) or MEASURED
TICKS = os.sysconf("SC_CLK_TCK")


HANDED_OUT: set[int] = set()


def free_port() -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in HANDED_OUT:
            HANDED_OUT.add(port)
            return port


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A server pinned to its core: what it costs and how to end it."""

    def __init__(self, name: str, command: list, *, measured: bool, log: Path, env: dict | None = None, cwd: Path | None = None):
        self.name = name
        self.out = log.open("wb")
        self.process = subprocess.Popen(["taskset", "-c", MEASURED if measured else OTHERS, *map(str, command)], cwd=cwd,
                                        stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.STDOUT,
                                        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **(env or {})})
        self.log = log

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu_seconds(self) -> float:
        """User and system time of the process so far, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self, field: str = "VmRSS") -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE).group(1)) / 1024

    def wait_for(self, ready, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.out.close()


class Stage:
    """A temporary folder, the mock upstream, nginx, and as many gateways as are asked for."""

    def __init__(self, programs: Path, gateway: Path):
        self.folder = Path(tempfile.mkdtemp(prefix="relayna-bench-"))
        self.folder.chmod(0o755)
        self.programs, self.gateway_binary = programs, gateway
        self.running: list[Process] = []
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.descriptors = hard

    def open(self) -> None:
        self.certificate()
        self.mock_port = free_port()
        self.mock = self.start("mock", [self.programs / "bench_mock_upstream", self.mock_port], measured=False)
        self.mock.wait_for(lambda: accepts(self.mock_port))
        self.start_nginx()

    def start(self, name: str, command: list, **options) -> Process:
        process = Process(name, command, log=self.folder / f"{name}.log", **options)
        self.running.append(process)
        return process

    def close(self) -> None:
        for process in reversed(self.running):
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def certificate(self) -> None:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.folder / "key.pem", "-out",
                        self.folder / "cert.pem"], check=True, capture_output=True)

    def start_nginx(self) -> None:
        self.nginx_port, self.tls_port = free_port(), free_port()
        template = string.Template((Path(__file__).parent / "nginx.conf.template").read_text())
        config = self.folder / "nginx.conf"
        config.write_text(template.substitute(folder=self.folder, port=self.nginx_port, tls_port=self.tls_port, mock_port=self.mock_port,
                                              descriptors=self.descriptors))
        self.nginx = self.start("nginx", [shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"), "-c", config], measured=True)
        self.nginx.wait_for(lambda: accepts(self.nginx_port))

    def start_stores(self, name: str) -> tuple[dict, Process]:
        """PostgreSQL and Redis of one gateway's own: the environment that leads it to them, and Redis to be measured."""
        postgres_port, redis_port = free_port(), free_port()
        data = self.folder / f"{name}-postgres"
        data.mkdir()
        programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        as_user = []
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(data, user.pw_uid, user.pw_gid)
            as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        subprocess.run([*as_user, programs / "initdb", "-D", data / "db", "-U", "bench", "--auth=trust", "-E", "UTF8", "--locale=C"],
                       check=True, capture_output=True, cwd=data)
        postgres = self.start(f"{name}-postgres", [*as_user, programs / "postgres", "-D", data / "db", "-p", postgres_port, "-c",
                                           "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"], measured=False, cwd=data)
        redis = self.start(f"{name}-redis", ["redis-server", "--port", redis_port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                                     "--dir", self.folder], measured=False)
        postgres.wait_for(lambda: "ready to accept connections" in postgres.log.read_text(errors="replace"))
        redis.wait_for(lambda: accepts(redis_port))
        return ({"DATABASE_URL": f"postgresql://bench@127.0.0.1:{postgres_port}/postgres", "REDIS_URL": f"redis://127.0.0.1:{redis_port}"},
                redis)

    def start_gateway(self, name: str, *, stores: bool = False, limits: bool = False, tls: bool = False,
                      declared: str = "") -> "Gateway":
        environment, redis = self.start_stores(name) if stores else (None, None)
        gateway = Gateway(self, name, environment, tls, POLICY + (LIMITS if limits else "") + declared)
        gateway.redis = redis
        return gateway


# Rules that every request of the benchmark passes, so that policy is merged and judged as in real life.
POLICY = """
policies:
  - {kind: global, max_tool_call_count: 64, max_request_body_bytes: 33554432}
  - {kind: route, scope: /v1/chat/completions, allowed_providers: [litellm]}
  - {kind: model, scope: gpt-4o-mini, max_output_tokens_per_request: 100000}
"""

# Every kind of limit on the key, the model and the gateway, none of which is ever reached.
_EVERY_KIND = """rpm_limit: 100000000, max_requests_per_day: 1000000000, tpm_limit: 1000000000000, max_tokens_per_day: 10000000000000,
    max_concurrent_requests: 100000, daily_budget_usd: 1000000, weekly_budget_usd: 1000000, monthly_budget_usd: 1000000,
    total_budget_usd: 1000000"""
LIMITS = f"""
limits:
  - {{name: everyone, scope: global, {_EVERY_KIND}}}
  - {{name: each key, scope: key, {_EVERY_KIND}}}
  - {{name: each key with the model, scope: key, model: gpt-4o-mini, {_EVERY_KIND}}}
"""


class Gateway:
    """The gateway with one virtual key and a few policy layers, in front of the mock upstream."""

    def __init__(self, stage: Stage, name: str, stores: dict | None, tls: bool, declared: str):
        self.stage, self.name, self.tls = stage, name, tls
        self.data = stage.folder / name
        self.data.mkdir(exist_ok=True)
        (self.data / "relayna-gateway.yaml").write_text(declared)  # its working directory: found by itself
        upstream = f"https://127.0.0.1:{stage.tls_port}" if tls else f"http://127.0.0.1:{stage.mock_port}"
        self.env = {
            "LITELLM_BASE_URL": upstream, "LITELLM_SERVICE_KEY": "sk-bench", "LOG_LEVEL": "access=off,warn",
            "GATEWAY_STATE_DIR": str(self.data), "GATEWAY_DRAIN_DELAY_SECONDS": "0", "GATEWAY_GRACEFUL_SECONDS": "1", **(stores or {}),
        }
        if tls:
            certificate, key = str(stage.folder / "cert.pem"), str(stage.folder / "key.pem")
            self.env |= {"GATEWAY_TLS_CERT_FILE": certificate, "GATEWAY_TLS_KEY_FILE": key, "GATEWAY_UPSTREAM_CA_FILE": certificate}
        self.storage = [] if stores else ["--embedded", "--data-dir", str(self.data)]
        self.key = ""
        self.start()

    def start(self) -> float:
        """Starts it and returns the seconds until /readyz answered 200."""
        self.port, self.control_port = free_port(), free_port()
        began = time.monotonic()
        self.process = self.stage.start(self.name, [self.stage.gateway_binary, "start", *self.storage, "--port", self.port, "--control-port",
                                                    self.control_port, "--pid-file", self.data / "pid"], measured=True, env=self.env,
                                        cwd=self.data)
        while not self.ready():
            if self.process.process.poll() is not None or time.monotonic() > began + 30:
                raise RuntimeError(f"{self.name} did not start:\n{self.process.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.002)
        self.start_seconds = time.monotonic() - began
        if not self.key:
            self.create_key()
        return self.start_seconds

    def ready(self) -> bool:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.control_port}/readyz", timeout=2).status == 200
        except (urllib.error.URLError, OSError):
            return False

    def create_key(self) -> None:
        told = subprocess.run([self.stage.gateway_binary, "keys", "create", "--name", "bench", "--json", *self.storage], cwd=self.data,
                              env={"PATH": os.environ["PATH"], **self.env}, capture_output=True, text=True, timeout=60)
        found = re.search(r"rk_live_[0-9a-f]{64}", told.stdout)
        if told.returncode or not found:
            raise RuntimeError(f"keys create failed: {told.stdout}{told.stderr}")
        self.key = found.group()

    def metrics(self) -> str:
        return urllib.request.urlopen(f"http://127.0.0.1:{self.control_port}/metrics", timeout=10).read().decode()

    def stop(self) -> None:
        self.process.stop()
        self.stage.running.remove(self.process)
