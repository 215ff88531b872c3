#!/usr/bin/env bash
# All tests, from a clean clone: installs what they need, then checks, builds, tests, and uses the product.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TERM_PROGRESS_WHEN=never

step() {
  printf '\n=== %s (%s s)\n' "$1" "$SECONDS"
}

step 'what the tests need'
scripts/need.sh chromium postgresql fonts-noto-cjk python3-venv dovecot-imapd
step 'web: install, types, lint, unit tests, build'
make --no-print-directory check-web web
step 'rust: format and lints'
make --no-print-directory check-rust
step 'rust: tests on SQLite and on a PostgreSQL of our own'
make --no-print-directory test-rust
step 'browser: the journey in Chinese and English, on desktop and phone'
make --no-print-directory test-e2e
step 'API: made-up calls at every operation'
make --no-print-directory fuzz
step 'dependencies: licences, sources, known weaknesses'
make --no-print-directory audit
step 'done'
