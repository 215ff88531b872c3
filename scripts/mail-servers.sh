#!/usr/bin/env bash
# Real mail servers for the tests: Dovecot (IMAP) and aiosmtpd (SMTP), in a folder of their own, on ports of their own.
# Starts both, prints one line `IMAP_PORT SMTP_PORT FOLDER`, and ends with its standard input.
#   FOLDER/mail/USER  the Maildir of a user of the IMAP server; any user name, the password is "secret"
#   FOLDER/sent       the Maildir of what was sent through the SMTP server
# With `tls` as its argument both take STARTTLS as well, each listens encrypted on a port of its own, and the line is
# `IMAP_PORT SMTP_PORT FOLDER IMAPS_PORT SMTPS_PORT CERTIFICATE`: made for localhost, and signed by itself.
# It never touches a server that it did not start itself.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/need.sh dovecot-imapd python3-venv >&2
tools=${ZUNKE_TOOLS:-.tools}/aiosmtpd
mkdir -p "$(dirname "$tools")"
(
  # Two tests at once: one installs, the other waits.
  flock 9
  [ -x "$tools/bin/aiosmtpd" ] || { python3 -m venv "$tools" && "$tools/bin/pip" -q install 'aiosmtpd==1.4.6' >&2; }
) 9>"$tools.lock"
folder=$(mktemp -d "${TMPDIR:-/tmp}/zunke-mail.XXXXXX")
chmod 755 "$folder"
read -r imap smtp imaps smtps < <(python3 -c 'import socket
held = [socket.socket() for _ in range(4)]
for one in held: one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in held])')
user=$(id -un)
owner=$user
# Dovecot serves no mail as root.
if [ "$(id -u)" = 0 ]; then owner=dovenull; fi
mkdir -p "$folder/mail" "$folder/run" "$folder/sent"/{new,cur,tmp}
chown "$owner" "$folder/mail"
ssl="ssl = no"
starttls=()
if [ "${1:-}" = tls ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "subjectAltName=DNS:localhost" \
    -addext "basicConstraints=critical,CA:FALSE" -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
  ssl="ssl = yes
ssl_cert = <$folder/cert.pem
ssl_key = <$folder/key.pem"
  starttls=(--tlscert "$folder/cert.pem" --tlskey "$folder/key.pem" --no-requiretls)
else
  imaps=0
fi
cat >"$folder/dovecot.conf" <<CONF
base_dir = $folder/run
log_path = $folder/dovecot.log
protocols = imap
listen = 127.0.0.1
$ssl
disable_plaintext_auth = no
mail_location = maildir:$folder/mail/%u
first_valid_uid = 1
default_internal_user = $([ "$user" = root ] && echo dovecot || echo "$user")
default_internal_group = $([ "$user" = root ] && echo dovecot || id -gn)
default_login_user = $([ "$user" = root ] && echo dovenull || echo "$user")
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=$owner gid=$(id -gn "$owner") home=$folder/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = $imaps
    ssl = $([ "$imaps" = 0 ] && echo no || echo yes)
  }
}
service anvil {
  chroot =
}
CONF
dovecot -F -c "$folder/dovecot.conf" >&2 &
dovecot=$!
"$tools/bin/aiosmtpd" -n -l "127.0.0.1:$smtp" "${starttls[@]}" -c aiosmtpd.handlers.Mailbox "$folder/sent" >&2 &
servers=("$dovecot" $!)
if [ "$imaps" != 0 ]; then
  "$tools/bin/aiosmtpd" -n -l "127.0.0.1:$smtps" --smtpscert "$folder/cert.pem" --smtpskey "$folder/key.pem" \
    -c aiosmtpd.handlers.Mailbox "$folder/sent" >&2 &
  servers+=($!)
fi
trap 'kill "${servers[@]}" 2>/dev/null; wait "${servers[@]}" 2>/dev/null; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
  (exec 3<>"/dev/tcp/127.0.0.1/$imap" && exec 4<>"/dev/tcp/127.0.0.1/$smtp") 2>/dev/null &&
    { [ "$imaps" = 0 ] || (exec 3<>"/dev/tcp/127.0.0.1/$smtps") 2>/dev/null; } && break
  kill -0 "${servers[@]}" || { cat "$folder/dovecot.log" >&2; exit 1; }
  sleep 0.1
done
if [ "$imaps" = 0 ]; then echo "$imap $smtp $folder"; else echo "$imap $smtp $folder $imaps $smtps $folder/cert.pem"; fi
cat >/dev/null
