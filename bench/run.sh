#!/usr/bin/env bash
# All measurements, each beside its peer in one run. Prints the table; WRITE=1 also puts it into docs/performance.md.
# usage: bench/run.sh      CUSTOMERS=1000000 for the big base, SMALL=50000 for ingest, ONLY="evaluate simulate growth ingest serve ltv claim clock due tickets"
#                         GROWTH="100000 300000" for the smaller bases
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
customers=${CUSTOMERS:-1000000}
small=${SMALL:-50000}
only=${ONLY:-evaluate simulate growth ingest serve ltv claim clock due tickets}
growth=${GROWTH:-100000 300000}
tools=${ZUNKE_TOOLS:-.tools}/polars
work=${BENCH_DIR:-$(mktemp -d)}
mkdir -p "$work"
trap '[ -n "${BENCH_DIR:-}" ] || rm -rf "$work"' EXIT

# The PostgreSQL of the measurements is our own: this script runs itself again inside of it.
if [ -z "${ZUNKE_TEST_POSTGRES:-}" ]; then
  scripts/need.sh postgresql python3-venv
  BENCH_DIR=$work scripts/postgres-test.sh run "$0"
  exit
fi
[ -x "$tools/bin/python" ] || {
  python3 -m venv "$tools"
  "$tools/bin/pip" -q install 'polars==2.1.0'
}
[ -d web/dist ] || make --no-print-directory web
cargo build --release --locked --quiet -p zunke -p zunke-bench
bench=$CARGO_TARGET_DIR/release/zunke-bench
binary=$CARGO_TARGET_DIR/release/zunke
figures=$work/figures.jsonl
: >"$figures"

# A PostgreSQL database of its own for each measurement.
fresh_postgres() {
  psql -q "$ZUNKE_TEST_POSTGRES" -c "DROP DATABASE IF EXISTS $1" -c "CREATE DATABASE $1" >&2
  python3 -c 'import sys, urllib.parse as u; p = u.urlsplit(sys.argv[1]); print(p._replace(path="/" + sys.argv[2]).geturl())' \
    "$ZUNKE_TEST_POSTGRES" "$1"
}

case $only in *evaluate* | *simulate* | *growth* | *serve*)
  [ -f "$work/big.db" ] || "$bench" fill --database "sqlite:$work/big.db" --customers "$customers" ;;
esac
case $only in *evaluate*)
  [ -f "$work/orders.csv" ] || "$bench" csv "$work/orders.csv" --customers "$customers"
  as_of=2026-07-01
  "$tools/bin/python" bench/polars_peer.py "$work/orders.csv" $as_of >/dev/null # warms the file cache
  "$tools/bin/python" bench/polars_peer.py "$work/orders.csv" $as_of >"$work/peer.json"
  "$bench" evaluate --database "sqlite:$work/big.db" --customers "$customers" --peer "$work/peer.json" | tee -a "$figures" ;;
esac
case $only in *simulate*)
  # On two cores, both of them.
  [ -f "$work/orders.csv" ] || "$bench" csv "$work/orders.csv" --customers "$customers"
  POLARS_MAX_THREADS=2 taskset -c 0,1 "$tools/bin/python" bench/polars_peer.py "$work/orders.csv" 2026-07-01 scores \
    >"$work/scores.json"
  "$bench" simulate --database "sqlite:$work/big.db" --customers "$customers" --binary "$binary" \
    --peer "$work/scores.json" | tee -a "$figures" ;;
esac
case $only in *growth*)
  bases=()
  for size in $growth; do
    [ -f "$work/base$size.db" ] || "$bench" fill --database "sqlite:$work/base$size.db" --customers "$size"
    bases+=(--database "sqlite:$work/base$size.db")
  done
  "$bench" growth "${bases[@]}" --database "sqlite:$work/big.db" | tee -a "$figures" ;;
esac
case $only in *ingest*)
  for url in "sqlite:$work/small.db" "$(fresh_postgres zunke_bench)"; do
    rm -f "$work"/small.db*
    "$bench" fill --database "$url" --customers "$small"
    "$bench" ingest --database "$url" --customers "$small" | tee -a "$figures"
    "$bench" singles --database "$url" --customers "$small" --binary "$binary" | tee -a "$figures"
  done ;;
esac
case $only in *serve*)
  "$bench" pages --database "sqlite:$work/big.db" --customers "$customers" --binary "$binary" | tee -a "$figures"
  rm -f "$work"/demo.db*
  "$binary" demo --database "sqlite:$work/demo.db" --json >/dev/null
  "$bench" idle --database "sqlite:$work/demo.db" --binary "$binary" | tee -a "$figures"
  (cd web && node scripts/bundle-size.mjs) ;;
esac
case $only in *ltv*)
  lifetimes=${ZUNKE_LIFETIMES:-.tools/lifetimes}
  [ -x "$lifetimes/bin/python" ] || {
    python3 -m venv "$lifetimes"
    "$lifetimes/bin/pip" -q install 'lifetimes==0.11.3'
  }
  for count in ${LTV_CUSTOMERS:-100000 1000000}; do
    "$bench" ltv-csv "$work/ltv.csv" --customers "$count"
    "$lifetimes/bin/python" bench/lifetimes_peer.py "$work/ltv.csv" >"$work/ltv-peer.json"
    "$bench" ltv --customers "$count" --peer "$work/ltv-peer.json" | tee -a "$figures"
  done ;;
esac
case $only in *clock*)
  "$bench" clock | tee -a "$figures" ;;
esac
case $only in *claim*)
  rm -f "$work"/few.db* "$work"/many.db*
  "$bench" claim --few "sqlite:$work/few.db" --many "sqlite:$work/many.db" | tee -a "$figures"
  "$bench" claim --few "$(fresh_postgres zunke_few)" --many "$(fresh_postgres zunke_many)" | tee -a "$figures" ;;
esac
case $only in *due*)
  rm -f "$work"/due.db*
  "$bench" due --database "sqlite:$work/due.db" | tee -a "$figures"
  "$bench" due --database "$(fresh_postgres zunke_due)" | tee -a "$figures" ;;
esac
case $only in *tickets*)
  rm -f "$work"/tickets.db*
  "$bench" tickets --database "sqlite:$work/tickets.db" --binary "$binary" --count "${TICKETS:-1000000}" | tee -a "$figures" ;;
esac
python3 bench/table.py "$figures" ${WRITE:+docs/performance.md}
