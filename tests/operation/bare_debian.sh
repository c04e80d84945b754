#!/bin/sh
# Tries README's two commands in a bare Debian or Ubuntu: `bare_debian.sh SUITE FOLDER`, as root. FOLDER is made, and
# removed at the end.
# What it runs lives in namespaces of its own, so that nothing of it is left, however it ends.
set -eu
suite=$1
folder=$2
root=$folder/root
here=$(cd "$(dirname "$0")/../.." && pwd)

trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$folder"

# Ubuntu has Node.js in `universe`. Debian 12 knows none that is younger than itself, but all are made alike.
components=main
recipe=$suite
if [ "$suite" = noble ]; then
  keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg
  [ -e "$keyring" ] || { echo "there is no ubuntu-keyring here, by which Ubuntu's packages are checked" >&2; exit 77; }
  components=main,universe
  [ -e /usr/share/debootstrap/scripts/noble ] || recipe=jammy
fi
debootstrap --variant=minbase --components="$components" "$suite" "$root" "" "$recipe" >"$folder/log" 2>&1 ||
  { tail -5 "$folder/log" >&2; exit 77; }

# A clean clone, and what this machine trusts and goes through to reach package registries.
git -C "$here" archive --prefix=packetpost/ HEAD | tar -x -C "$root/root"
mkdir -p "$root/root/trusted"
cat "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" >"$root/root/trusted/all.pem"
cp /etc/resolv.conf /etc/hosts "$root/etc/"

inside() { # command
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PIP_CERT=/root/trusted/all.pem NODE_EXTRA_CA_CERTS=/root/trusted/all.pem PORT="${PORT:-8000}" \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} \
    unshare --mount --pid --fork --kill-child --mount-proc="$root/proc" chroot "$root" sh -euc "cd /root/packetpost; $1"
}

echo "== make run, without python3-venv"
inside 'apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 make >/dev/null 2>&1'
if inside 'make run' >"$folder/said" 2>&1; then
  echo "make run did not mind that there is no python3-venv" >&2
  exit 1
fi
grep 'apt-get install python3-venv' "$folder/said"
inside 'test ! -e .venv'

echo "== make run"
inside 'apt-get install -y -qq --no-install-recommends python3-venv >/dev/null 2>&1'
inside '
  make run >/root/run.log 2>&1 &
  server=$!
  for try in $(seq 240); do
    kill -0 $server || { cat /root/run.log >&2; exit 1; }
    python3 -c "import urllib.request as r; print(r.urlopen(\"http://127.0.0.1:$PORT/healthz\").read().decode())" 2>/dev/null && exit 0
    sleep 0.5
  done
  cat /root/run.log >&2
  exit 1'

# The slow ones there make the same steps thousands of times: they count guesses, and say nothing of the machine.
echo "== make test"
inside 'make test ARGS="-q -m \"not slow\" tests/js tests/house"' >"$folder/said" 2>&1 || { tail -90 "$folder/said" >&2; exit 1; }
inside 'echo "Python $(python3 --version), Node $(node --version)"'
tail -1 "$folder/said"
