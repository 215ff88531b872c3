#!/usr/bin/env bash
# Fits lifetime values on the CDNOW sample and compares every published figure.
# usage: scripts/check-ltv.sh FILE [BINARY]     FILE: cdnow-sample.txt (old id, new id, date, CDs, dollars; no header)
set -euo pipefail
cd "$(dirname "$0")/.."
file=${1:-}
binary=${2:-${CARGO_TARGET_DIR:-target}/release/zunke}
[ -n "$file" ] && [ -f "$file" ] || {
  echo "usage: make check-ltv FILE=path/to/cdnow-sample.txt" >&2
  exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk 'BEGIN { print "customer_id,date,amount" } NF == 5 { print $2 "," substr($3,1,4) "-" substr($3,5,2) "-" substr($3,7,2) "," $5 }' \
  "$file" >"$work/orders.csv"
"$binary" ltv fit --csv "$work/orders.csv" --until 1997-09-30 --unit week --horizon 39 --holdout 1998-06-30 --json \
  >"$work/fit.json"
python3 - "$work/fit.json" <<'PYTHON'
import json, sys

fit = json.load(open(sys.argv[1]))
buying, worth, holdout = fit['bg_nbd'], fit['gamma_gamma'], fit['holdout']
first = next(customer for customer in fit['customers'] if customer['customer_id'] == '0001')
known = [
    ('customers', str(fit['customer_count']), '2357'),
    ('customers with repeat purchases', str(fit['repeat_customers']), '946'),
    ('BG/NBD r', f"{buying['r']:.3f}", '0.243'),
    ('BG/NBD alpha', f"{buying['alpha']:.3f}", '4.414'),
    ('BG/NBD a', f"{buying['a']:.3f}", '0.793'),
    ('BG/NBD b', f"{buying['b']:.3f}", '2.426'),
    ('BG/NBD log-likelihood', f"{buying['log_likelihood']:.1f}", '-9582.4'),
    ('Gamma-Gamma p', f"{worth['p']:.2f}", '6.25'),
    ('Gamma-Gamma q', f"{worth['q']:.2f}", '3.74'),
    ('Gamma-Gamma v', f"{worth['v']:.2f}", '15.44'),
    ('first customer: purchases in 39 weeks', f"{first['expected_purchases']:.3f}", '1.226'),
]
wrong = 0
for name, found, wanted in known:
    wrong += found != wanted
    print(f"{'✓' if found == wanted else '✗'} {name:<40} {found:>10}" + ('' if found == wanted else f'   wanted {wanted}'))
print(f"\nholdout {holdout['from']} – {holdout['to']}: {holdout['expected']:.0f} purchases expected, {holdout['actual']:.0f} made"
      f" ({holdout['error']:+.1%}); evaluations: {buying['evaluations']} and {worth['evaluations']}")
print(f'{len(known) - wrong} of {len(known)} figures agree')
sys.exit(1 if wrong else 0)
PYTHON
