# The Debian 12 packages Relayna Gateway needs, and what for. Nothing else in this repository lists packages;
# docs/dependencies.md gives the reason for each library.

# Compilers, build tools and libraries: what `cmake --preset release` needs.
packages_build=(
  clang-19 lld-19 cmake ninja-build ccache pkg-config git ca-certificates curl
  libboost1.81-dev libssl-dev libfmt-dev libspdlog-dev prometheus-cpp-dev nlohmann-json3-dev libsimdjson-dev
  libyaml-cpp-dev libsqlite3-dev zlib1g-dev libbrotli-dev libzstd-dev libcli11-dev libpqxx-dev libhiredis-dev
  libre2-dev libmimalloc-dev
)

# What the suites and the benchmark run on top: sanitizers, the formatter, GoogleTest, the stores, a peer to compare
# with, a load generator.
packages_test=(
  libclang-rt-19-dev llvm-19 clang-format-19 libgtest-dev libgmock-dev
  postgresql redis-server nginx wrk openssl
  python3 python3-venv
)

# Only where no node is on PATH yet: a machine may have a newer one that does not come from Debian.
packages_node=(nodejs npm)

# scripts/format and scripts/lint.
packages_lint=(clang-format-19 clang-tidy-19)
