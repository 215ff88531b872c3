#!/usr/bin/env bash
# Runs the fuzz targets of the parsers for so many minutes in all, each for its share, with fresh seeds; prints how
# many inputs each was given. What fails is printed with its smallest input. usage: scripts/fuzz-parsers.sh [MINUTES]
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-5}
# file of tests: number of targets in it
declare -A targets=([zunke-kernel/fuzz_conditions]=1 [zunke-customers/fuzz_readers]=4 [zunke-service/fuzz_mail]=1 [zunke-http/fuzz_json]=2)
all=0
for count in "${targets[@]}"; do all=$((all + count)); done
share=$((minutes * 60 / all))
echo "$minutes minutes, $all targets, $share s each, $(date -u +%F)"
for target in "${!targets[@]}"; do
  # Built first, so that the time is spent on inputs.
  cargo test --quiet -p "${target%/*}" --test "${target#*/}" --no-run
  RUST_BACKTRACE=0 ZUNKE_FUZZ_SECONDS=$share cargo test --quiet -p "${target%/*}" --test "${target#*/}" -- fuzz any_ damaged --nocapture --test-threads 1 |
    grep -E '^fuzz |panicked|FAILED|minimal failing input' || exit 1
done
