"""The dependency table of docs/architecture.md, once, as data. A module may use the modules on its row and what they use."""

USES = {
    "core": [],
    "telemetry": ["core"],
    "json": ["core"],
    "config": ["core", "json"],
    "runtime": ["telemetry"],
    "domain": ["json"],
    "net": ["runtime"],
    "http": ["net"],
    "dialect": ["domain"],
    "store": ["runtime", "domain"],
    "counters": ["net", "domain"],
    "catalog": ["store"],
    "otlp": ["http"],
    "identity": ["catalog", "http"],
    "guardrails": ["catalog", "http", "dialect"],
    "upstream": ["catalog", "http", "dialect"],
    "ledger": ["catalog", "counters", "dialect"],
    "pipeline": ["identity", "guardrails", "upstream", "ledger"],
    "proxy": ["pipeline"],
    "control": ["pipeline"],
    "declare": ["store", "catalog", "config"],
    "app": ["*"],
}

# Third-party headers by the start of their name, longest first, and the only folders that may include them. Folders are
# below src/ and include/relayna/; an owner may also be a single file.
OWNERS = [
    ("boost/beast", ["http"]),
    ("boost/asio/ssl", ["net"]),
    ("boost/", ["+runtime"]),  # "+m": module m and every module that may use it (Asio's types are runtime's vocabulary)
    ("openssl/ssl.h", ["net"]),
    ("openssl/err.h", ["net", "core"]),
    ("openssl/pem.h", ["net", "core"]),
    ("openssl/x509", ["net", "core"]),
    ("openssl/bio.h", ["net"]),
    ("openssl/evp.h", ["net", "core"]),  # net: the type of a certificate's key
    ("openssl/", ["core"]),
    ("fmt/", ["*"]),
    ("spdlog/", ["telemetry"]),
    ("prometheus/", ["telemetry"]),
    ("simdjson", ["json"]),
    ("nlohmann/", ["json"]),  # everybody else goes through relayna/json/document.hpp
    ("yaml-cpp/", ["config"]),
    ("re2/", ["domain"]),
    ("zlib.h", ["http", "ledger"]),  # http: compressed bodies; ledger: crc32
    ("brotli/", ["http"]),
    ("zstd.h", ["http"]),
    ("pqxx/", ["store/postgres"]),
    ("libpq", ["store/postgres"]),
    ("sqlite3.h", ["store/sqlite"]),
    ("hiredis/", ["counters"]),
    ("CLI/", ["app"]),
    ("mimalloc", ["app"]),
    ("gtest/", []),
    ("gmock/", []),
]


def reachable() -> dict[str, set[str]]:
    """Each module with everything it may include, itself among it."""

    def follow(module: str, seen: set[str]) -> set[str]:
        if module not in seen:
            seen.add(module)
            for used in USES if USES[module] == ["*"] else USES[module]:
                follow(used, seen)
        return seen

    return {module: follow(module, set()) for module in USES}
