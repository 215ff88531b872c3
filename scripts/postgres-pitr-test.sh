#!/usr/bin/env bash
# Tries docs/backup.md: back to a moment on PostgreSQL, with a server of its own that is gone afterwards.
#
#   scripts/postgres-pitr-test.sh [PATH_OF_ZUNKE]
set -euo pipefail

zunke="$(realpath "${1:-target/debug/zunke}")"
bin="$(ls -d /usr/lib/postgresql/*/bin | sort -rV | head -1)"
folder="$(mktemp -d "${TMPDIR:-/tmp}/zunke-pitr.XXXXXX")"
port="${ZUNKE_PITR_PORT:-54329}"
chmod 755 "$folder"
mkdir "$folder/wal" "$folder/house"
[ "$(id -u)" != 0 ] || chown -R postgres "$folder"

as_owner() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
stop() { as_owner "$bin/pg_ctl" -D "$1" -m fast -w stop >/dev/null 2>&1 || true; }
trap 'stop "$folder/data"; stop "$folder/again"; rm -rf "$folder"' EXIT
say() { as_owner "$bin/psql" -h "$folder" -p "$port" -U zunke -d postgres -Atqc "$1"; }
house() { (cd "$folder/house" && ZUNKE_LANG=en ZUNKE_DATA="$folder/house" "$zunke" --database "postgres://zunke@127.0.0.1:$port/postgres" "$@"); }
start() { as_owner "$bin/pg_ctl" -D "$1" -w -l "$folder/log" -o "-p $port -k $folder -c listen_addresses=127.0.0.1" start >/dev/null; }

as_owner "$bin/initdb" -D "$folder/data" -U zunke --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
cat >>"$folder/data/postgresql.conf" <<CONF
archive_mode = on
archive_command = 'test ! -f $folder/wal/%f && cp %p $folder/wal/%f'
CONF
start "$folder/data"
house migrate >/dev/null
as_owner "$bin/pg_basebackup" -h "$folder" -p "$port" -U zunke -D "$folder/again" -X stream -c fast
house organisation set --name "before" >/dev/null
sleep 1
moment="$(say 'SELECT clock_timestamp()')"
sleep 1
house organisation set --name "the mistake" >/dev/null
say 'SELECT pg_switch_wal()' >/dev/null
for _ in $(seq 50); do [ "$(say "SELECT last_archived_wal IS NOT NULL AND failed_count = 0 FROM pg_stat_archiver")" = t ] && break; sleep 0.2; done
sleep 1
stop "$folder/data"

cat >>"$folder/again/postgresql.auto.conf" <<CONF
restore_command = 'cp $folder/wal/%f %p'
recovery_target_time = '$moment'
recovery_target_action = 'promote'
CONF
as_owner touch "$folder/again/recovery.signal"
start "$folder/again"
for _ in $(seq 50); do [ "$(say 'SELECT pg_is_in_recovery()')" = f ] && break; sleep 0.2; done
name="$(house organisation show --json | grep '"name"')"
echo "at $moment: $name"
case "$name" in *before*) ;; *) echo "not the moment that was asked for" >&2; exit 1 ;; esac
house doctor
