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
# Runs the binary, keeps what it prints, and tells the seconds and the memory that it took.
step() { # NAME ARGUMENT…
  local name=$1
  shift
  python3 - "$work/$name.json" "$binary" "$@" <<'PYTHON'
import resource, subprocess, sys, time

began = time.monotonic()
with open(sys.argv[1], 'wb') as to:
    done = subprocess.run(sys.argv[2:], stdout=to, stderr=subprocess.PIPE)
seconds = time.monotonic() - began
if done.returncode:
    sys.exit(done.stderr.decode(errors='replace')[-2000:] or f'exit code {done.returncode}')
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"{' '.join(sys.argv[3:5]):<60.60} {seconds:>7.2f} s {memory:>7.0f} MB")
PYTHON
}
step organisation organisation set --time-zone Europe/London --currency GBP --json
step import import "$file" --mapping online-retail --json
step stats stats --json
step first evaluate --as-of 2011-12-10 --json
step after-first stats --fingerprint --json
step second evaluate --as-of 2011-12-10 --json
step after-second stats --fingerprint --json
# The same file once more: everything is here already.
step again import "$file" --mapping online-retail --json
step after-again stats --fingerprint --json
python3 - "$work" <<'PYTHON'
import json, sys
from decimal import Decimal

def read(name):
    with open(f'{sys.argv[1]}/{name}.json') as file:
        return json.load(file)

done, stats, first, second, again = read('import'), read('stats'), read('first'), read('second'), read('again')
pareto, skipped = stats['pareto'], done['skipped']
known = [
    ('data rows read', done['rows_read'], 541_909),
    ('rows with a customer, all accepted', done['accepted'], 406_829),
    ('rows without a customer, reported', skipped.get('no_customer'), 135_080),
    ('rows skipped for any other reason', sum(skipped.values()) - skipped.get('no_customer', 0), 0),
    ('rows settled', done['rows_settled'], 541_909),
    ('customers of the file', done['customers'], 4_372),
    ('customers in the database', stats['customers'], 4_372),
    ('orders and cancellations', stats['orders'] + stats['refunds'], 22_190),
    ('orders', stats['orders'], 18_536),
    ('cancellations (refunds)', stats['refunds'], 3_654),
    ('sum of orders', Decimal(stats['order_sum']), Decimal('8911407.904')),
    ('sum of cancellations', Decimal(stats['refund_sum']), Decimal('611342.09')),
    ('net sum', Decimal(stats['net_sum']), Decimal('8300065.814')),
    ('the import says the same: orders', done['orders'], 18_536),
    ('the import says the same: cancellations', done['refunds'], 3_654),
    ('the import says the same: sum of orders', Decimal(done['order_sum']), Decimal('8911407.904')),
    ('the import says the same: sum of cancellations', Decimal(done['refund_sum']), Decimal('611342.09')),
    ('customers with nothing but cancellations', stats['only_refunds'], 33),
    ('customers with a net of zero or less', stats['net_not_positive'], 55),
    ('best 20 %: customers', pareto['top20_customers'], 874),
    ('best 20 %: share of net', f"{pareto['top20_share']:.2%}", '73.82%'),
    ('best 5 %: customers', pareto['top5_customers'], 218),
    ('best 5 %: share of net', f"{pareto['top5_share']:.2%}", '48.52%'),
    ('customers evaluated', first['customers'], 4_372),
    ('customers over all levels', sum(level['customers'] for level in first['level_sums']), 4_372),
    ('revenue over all levels', sum(Decimal(level['revenue']) for level in first['level_sums']), Decimal('8300065.814')),
    ('second evaluation: levels changed', second['changed'], 0),
    ('second evaluation: rows written', second['written'], 0),
    ('second evaluation: fingerprint unchanged', read('after-second')['fingerprint'] == read('after-first')['fingerprint'], True),
    ('second import: activities recorded or replaced', again['recorded'] + again['replaced'], 0),
    ('second import: customers made', again['customers_created'], 0),
    ('second import: known already', again['duplicates'], 22_190),
    ('second import: fingerprint unchanged', read('after-again')['fingerprint'] == read('after-first')['fingerprint'], True),
]


def shown(value):
    if isinstance(value, bool):
        return 'yes' if value else 'no'
    return f'{value:,}' if isinstance(value, (int, Decimal)) else str(value)


wrong = 0
print()
for name, found, wanted in known:
    good = found == wanted
    wrong += not good
    print(f"{'✓' if good else '✗'} {name:<48} {shown(found):>16}" + ('' if good else f'   wanted {shown(wanted)}'))
print(f"\nVIPs as of {first['as_of']} (ladder: {first['published_template']}; evaluated in {first['took_ms']} ms)")
for level in reversed(first['level_sums']):
    print(f"  {level['name']['en']:<14} {level['customers']:>6,} customers {level['customer_share']:>7.1%} {Decimal(level['revenue']):>16,} {level['revenue_share']:>7.1%}")
for vip in first['vips']:
    print(f"  {vip['name']:<16} level {vip['rank']}  score {vip['score'] or 0:>5.1f}  orders {vip['orders']:>4}  net {Decimal(vip['net_spend']):>12,}")
print(f'\n{len(known) - wrong} of {len(known)} facts agree')
sys.exit(1 if wrong else 0)
PYTHON
