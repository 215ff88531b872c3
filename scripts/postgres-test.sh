#!/usr/bin/env bash
# A private PostgreSQL for the tests: its own folder, its own port, gone afterwards.
#
#   scripts/postgres-test.sh run COMMAND…   starts it, runs COMMAND with ZUNKE_TEST_POSTGRES set, stops it
#   scripts/postgres-test.sh start          starts it and prints the line that sets ZUNKE_TEST_POSTGRES
#   scripts/postgres-test.sh stop           stops what `start` started
#
# It never touches a server that it did not start itself. `run` within a `run` or after an exported `start`
# uses the server that is there.
set -euo pipefail

state="${ZUNKE_TEST_POSTGRES_STATE:-${XDG_RUNTIME_DIR:-/tmp}/zunke-postgres-test.$(id -u)}"

say() { echo "postgres-test: $*" >&2; }

# The folder with initdb and postgres, newest version first; 15 or later.
find_bin() {
    local folder
    for folder in $(ls -d /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin /usr/pgsql-*/bin 2>/dev/null | sort -rV) \
        "$(dirname "$(command -v initdb 2>/dev/null || echo /nowhere/initdb)")"; do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
            echo "$folder"
            return 0
        fi
    done
}

install() {
    command -v apt-get >/dev/null || { say "PostgreSQL 15 or later is needed; please install it"; exit 1; }
    local sudo=""
    [ "$(id -u)" = 0 ] || sudo="sudo"
    say "installing postgresql"
    $sudo apt-get update -qq >&2
    # Without a cluster of its own: we only want the programs.
    $sudo mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2
}

# PostgreSQL refuses to run as root.
as_owner() {
    if [ "$(id -u)" = 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

start() {
    bin="$(find_bin)"
    if [ -z "$bin" ]; then
        install
        bin="$(find_bin)"
        [ -n "$bin" ] || { say "PostgreSQL could not be installed"; exit 1; }
    fi
    folder="$(mktemp -d "${TMPDIR:-/tmp}/zunke-postgres.XXXXXX")"
    chmod 755 "$folder"
    [ "$(id -u)" != 0 ] || chown postgres "$folder"
    as_owner "$bin/initdb" -D "$folder/data" -U zunke --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1 ||
        { cat "$folder/initdb.log" >&2; exit 1; }
    # A port may be taken by somebody else between looking and starting: try a few.
    local try
    for try in 1 2 3 4 5 6 7 8; do
        port=$((20000 + (RANDOM + try) % 12000))
        # Nothing here has to survive a power cut.
        if (cd "$folder" && as_owner "$bin/pg_ctl" -D "$folder/data" -s -w -t 30 -l "$folder/server.log" \
            -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB -c deadlock_timeout=200ms" \
            start) >/dev/null 2>&1; then
            url="postgres://zunke@127.0.0.1:$port/postgres"
            return 0
        fi
    done
    tail -n 20 "$folder/server.log" >&2
    rm -rf "$folder"
    exit 1
}

stop_folder() {
    local folder="$1" bin
    bin="$(find_bin)"
    case "$folder" in */zunke-postgres.*) ;; *) say "not ours: $folder"; exit 1 ;; esac
    (cd / && as_owner "$bin/pg_ctl" -D "$folder/data" -s -m immediate stop) >/dev/null 2>&1 || true
    rm -rf "$folder"
}

case "${1:-}" in
start)
    if [ -e "$state" ]; then
        echo "export ZUNKE_TEST_POSTGRES=$(sed -n 2p "$state")"
        exit 0
    fi
    start
    printf '%s\n%s\n' "$folder" "$url" >"$state"
    echo "export ZUNKE_TEST_POSTGRES=$url"
    ;;
stop)
    [ -e "$state" ] || { say "not started"; exit 0; }
    stop_folder "$(sed -n 1p "$state")"
    rm -f "$state"
    ;;
run)
    shift
    [ $# -gt 0 ] || { say "run what?"; exit 2; }
    if [ -n "${ZUNKE_TEST_POSTGRES:-}" ]; then
        exec "$@"
    fi
    folder=""
    # Its own status must not end the trap before the server is stopped.
    trap 'set +e; [ -z "$folder" ] || stop_folder "$folder"' EXIT
    start
    # In a process group of its own, so that it can be ended as a whole when we are.
    set -m
    ZUNKE_TEST_POSTGRES="$url" "$@" <&0 &
    child=$!
    set +m
    trap 'kill -TERM -- "-$child" 2>/dev/null; exit 143' INT TERM HUP
    status=0
    wait "$child" || status=$?
    exit "$status"
    ;;
*)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
