#!/usr/bin/env bash
# Real mail servers for the tests: Dovecot (IMAP) and aiosmtpd (SMTP), in a folder of their own, on ports of their own.
# Starts both, prints one line `IMAP_PORT SMTP_PORT FOLDER`, and ends with its standard input.
#   FOLDER/mail/USER  the Maildir of a user of the IMAP server; any user name, the password is "secret"
#   FOLDER/sent       the Maildir of what was sent through the SMTP server
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
read -r imap smtp < <(python3 -c 'import socket
held = [socket.socket() for _ in range(2)]
for one in held: one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in held])')
user=$(id -un)
owner=$user
# Dovecot serves no mail as root.
if [ "$(id -u)" = 0 ]; then owner=dovenull; fi
mkdir -p "$folder/mail" "$folder/run" "$folder/sent"/{new,cur,tmp}
chown "$owner" "$folder/mail"
cat >"$folder/dovecot.conf" <<CONF
base_dir = $folder/run
log_path = $folder/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
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
    port = 0
  }
}
service anvil {
  chroot =
}
CONF
dovecot -F -c "$folder/dovecot.conf" >&2 &
dovecot=$!
"$tools/bin/aiosmtpd" -n -l "127.0.0.1:$smtp" -c aiosmtpd.handlers.Mailbox "$folder/sent" >&2 &
aiosmtpd=$!
trap 'kill $dovecot $aiosmtpd 2>/dev/null; wait $dovecot $aiosmtpd 2>/dev/null; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
  (exec 3<>"/dev/tcp/127.0.0.1/$imap" && exec 4<>"/dev/tcp/127.0.0.1/$smtp") 2>/dev/null && break
  kill -0 "$dovecot" "$aiosmtpd" || { cat "$folder/dovecot.log" >&2; exit 1; }
  sleep 0.1
done
echo "$imap $smtp $folder"
cat >/dev/null
