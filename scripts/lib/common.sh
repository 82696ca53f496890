# Shared by the scripts: where the repository is, how to speak, how to become root. Source it, do not run it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
jobs=$(nproc)

say() { printf '%s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Runs a command with its output in a log, which is shown only when the command fails.
quietly() {
  local what=$1 log status
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null && { rm -f "$log"; return 0; }
  status=$?
  cat "$log" >&2
  rm -f "$log"
  note "$what failed (exit $status)"
  return "$status"
}

# As root directly, otherwise through sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; return; fi
  command -v sudo >/dev/null || die "root rights are needed to install packages: run as root, or install sudo"
  sudo "$@"
}

# Succeeds when something accepts connections on 127.0.0.1:$1.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The first port from $1 on that nobody listens on.
free_port() {
  local port=$1
  while port_taken "$port"; do port=$((port + 1)); done
  printf '%s\n' "$port"
}

# The newer node that install-deps fetched wins over an old one on PATH.
use_node() {
  local fetched="$root/build/tools/node20/node_modules/node/bin"
  [ -x "$fetched/node" ] && PATH="$fetched:$PATH"
  export PATH
}
