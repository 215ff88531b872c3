#!/usr/bin/env bash
# Throws made-up calls at every operation of the OpenAPI document, as an administrator and as nobody, and fails where one
# answers 5xx, or answers nobody with anything but a fault.
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
# The administrator's one-time password has to be changed before his token may do anything.
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
once=$("$binary" user password --login admin --json | field one_time_password)
api=http://127.0.0.1:$port/api/v1
call() { curl -fsS -b "$work/jar" -c "$work/jar" -H 'X-Zunke: 1' -H 'content-type: application/json' "$@" >/dev/null; }
call "$api/session" -d "{\"login\":\"admin\",\"password\":\"$once\"}"
call "$api/session/password" -d "{\"current\":\"$once\",\"new\":\"only-for-this-run-7\"}"
token=$("$binary" token create --login admin --name fuzz --json | field token)
# run REPORT SECONDS arguments…: a run that is cut off when its time is up is good as far as it came, and says so.
run() {
  local report=$1 seconds=$2 code=0
  shift 2
  timeout --signal INT --kill-after 20 "$seconds" "$tools/bin/schemathesis" run "$api/openapi.json" "$@" --no-color >"$report" || code=$?
  if [ "$code" = 124 ] && ! grep -qE '^=+ FAILURES' "$report"; then
    echo "cut off after $seconds s, without a fault until then"
    code=0
  fi
  return "$code"
}
# One worker: what is tried stays the same for a seed. The caller's own token and login must live on, and a
# stream of news has no end to wait for.
run "$work/report.txt" "${SECONDS_INSIDE:-220}" --header "Authorization: Bearer $token" \
  --checks not_a_server_error --max-examples "${EXAMPLES:-10}" --seed "${SEED:-1}" --workers 1 \
  --exclude-path-regex '/tokens/|/service/stream' --request-timeout 30 || {
  cut -c 1-400 "$work/report.txt" | grep -v '^ *File' | tail -n 80
  tail -n 20 "$work/server.log"
  exit 1
}
tail -n 25 "$work/report.txt"
# A run whose every call was refused at the door would prove nothing.
refused=$(grep -oE '[0-9]+ operations returned only 401/403' "$work/report.txt" | grep -oE '^[0-9]+' | head -n 1 || true)
[ "${refused:-0}" -lt 10 ] || {
  echo "$refused operations were never reached"
  exit 1
}
# The same as nobody: no fault of ours, and no answer that holds anything of the company's.
export ZUNKE_OPEN_PATHS='/public/|/hooks/[^/]*$|/session$|^/api/v1/(sso|login)'
export PYTHONPATH=scripts SCHEMATHESIS_HOOKS=api_fuzz_hooks
run "$work/outside.txt" "${SECONDS_OUTSIDE:-60}" \
  --checks not_a_server_error,no_leak --max-examples "${EXAMPLES_OUTSIDE:-3}" --seed "${SEED:-1}" --workers 1 --phases fuzzing \
  --exclude-path-regex '/service/stream' --request-timeout 30 || {
  cut -c 1-400 "$work/outside.txt" | grep -v '^ *File' | tail -n 80
  exit 1
}
tail -n 12 "$work/outside.txt"
if grep -qiE 'panicked' "$work/server.log"; then
  grep -iE 'panicked' "$work/server.log"
  exit 1
fi
