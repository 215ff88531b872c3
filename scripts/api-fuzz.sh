#!/usr/bin/env bash
# Throws made-up calls at every operation of the OpenAPI document and fails where one answers 5xx.
# usage: scripts/api-fuzz.sh [BINARY]     EXAMPLES=15 calls per operation, SEED=1
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${1:-${CARGO_TARGET_DIR:-target}/debug/zunke}
work=$(mktemp -d)
tools=${ZUNKE_TOOLS:-.tools}/schemathesis
[ -x "$tools/bin/schemathesis" ] || {
  python3 -m venv "$tools"
  "$tools/bin/pip" -q install 'schemathesis==4.32.5'
}
server=
stop() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT
export ZUNKE_DATABASE="sqlite:$work/zunke.db"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$binary" demo --customers 200 --json >"$work/demo.json"
"$binary" serve --listen "127.0.0.1:$port" >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
  curl -fsS "http://127.0.0.1:$port/readyz" >/dev/null 2>&1 && break
  sleep 0.2
done
token=$("$binary" token create --login admin --name fuzz --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])')
# The caller's own token must live, and the pinned time zone must stay known, for the run to mean anything.
"$tools/bin/schemathesis" run "http://127.0.0.1:$port/api/v1/openapi.json" \
  --header "Authorization: Bearer $token" \
  --checks not_a_server_error --max-examples "${EXAMPLES:-15}" --seed "${SEED:-1}" --workers 4 \
  --exclude-path-regex '/tokens/' --request-timeout 30 --no-color || {
  tail -n 40 "$work/server.log"
  exit 1
}
if grep -qiE 'panicked' "$work/server.log"; then
  grep -iE 'panicked' "$work/server.log"
  exit 1
fi
