#!/usr/bin/env bash
# Imports the whole Online Retail file into a fresh database and compares every figure that is known of it.
# usage: scripts/check-real.sh FILE [BINARY]     FILE: online-retail.csv or .csv.gz (UCI, doi 10.24432/C5BW33)
#        ZUNKE_CHECK_DATABASE=postgres://…/EMPTY_DATABASE checks there instead of in a new SQLite file
set -euo pipefail
cd "$(dirname "$0")/.."
file=${1:-}
binary=${2:-${CARGO_TARGET_DIR:-target}/release/zunke}
[ -n "$file" ] && [ -f "$file" ] || {
  echo "usage: make check-real FILE=path/to/online-retail.csv.gz" >&2
  exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ZUNKE_DATABASE="${ZUNKE_CHECK_DATABASE:-sqlite:$work/zunke.db}" ZUNKE_DATA="$work" ZUNKE_LANG=en
"$binary" organisation set --time-zone Europe/London --currency GBP >/dev/null
"$binary" import "$file" --mapping online-retail --json >"$work/import.json"
"$binary" stats --json >"$work/stats.json"
"$binary" evaluate --as-of 2011-12-10 --json >"$work/first.json"
"$binary" stats --fingerprint --json >"$work/after-first.json"
"$binary" evaluate --as-of 2011-12-10 --json >"$work/second.json"
"$binary" stats --fingerprint --json >"$work/after-second.json"
# The same file once more: everything is here already.
"$binary" import "$file" --mapping online-retail --json >"$work/again.json"
"$binary" stats --fingerprint --json >"$work/after-again.json"
python3 - "$work" <<'PYTHON'
import json, sys
from decimal import Decimal

def read(name):
    with open(f'{sys.argv[1]}/{name}.json') as file:
        return json.load(file)

done, stats, first, second = read('import'), read('stats'), read('first'), read('second')
skipped = done['skipped']
print('skipped by reason:', ', '.join(f'{reason} {rows:,}' for reason, rows in skipped.items()))
known = [
    ('data rows', done['rows_read'], 541_909),
    ('rows without a customer', sum(rows for reason, rows in skipped.items() if 'customer' in reason), 135_080),
    ('rows with a customer', done['accepted'], 406_829),
    ('customers', stats['customers'], 4_372),
    ('orders', stats['orders'], 18_536),
    ('cancellations (refunds)', stats['refunds'], 3_654),
    ('sum of orders', Decimal(stats['order_sum']), Decimal('8911407.904')),
    ('sum of cancellations', Decimal(stats['refund_sum']), Decimal('611342.09')),
    ('net sum', Decimal(stats['net_sum']), Decimal('8300065.814')),
    ('best 20 %: customers', stats['pareto']['top20_customers'], 874),
    ('best 20 %: share of net', f"{stats['pareto']['top20_share']:.2%}", '73.82%'),
    ('best 5 %: customers', stats['pareto']['top5_customers'], 218),
    ('best 5 %: share of net', f"{stats['pareto']['top5_share']:.2%}", '48.52%'),
    ('levels changed by the second evaluation', second['changed'], 0),
    ('rows written by the second evaluation', second['written'], 0),
    ('same after the second evaluation', read('after-second')['fingerprint'] == read('after-first')['fingerprint'], True),
    ('same after the second import', read('after-again')['fingerprint'] == read('after-first')['fingerprint'], True),
]
wrong = 0
for name, found, wanted in known:
    good = found == wanted
    wrong += not good
    number = lambda value: f'{value:,}' if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else str(value)
    print(f"{'ok   ' if good else 'WRONG'} {name:<42} {number(found):>16}" + ('' if good else f'   wanted {number(wanted)}'))
print(f"\nVIPs as of {first['as_of']} (ladder: {first['published_template']})")
for level in reversed(first['level_sums']):
    print(f"  {level['name']['en']:<12} {level['customers']:>6,} customers {level['customer_share']:>7.1%} {Decimal(level['revenue']):>16,} {level['revenue_share']:>7.1%}")
for vip in first['vips']:
    print(f"  {vip['name']:<16} level {vip['rank']}  score {vip['score'] or 0:>5.1f}  orders {vip['orders']:>4}  net {Decimal(vip['net_spend']):>12,}")
sys.exit(1 if wrong else 0)
PYTHON
