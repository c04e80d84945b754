#!/bin/sh
# Makes sure that the programs the tests talk to are there: with apt as root, else it says which are missing.
set -eu

missing=""
wanted=""
need() { # command package
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need chromium chromium
need curl curl
need wget wget
need aria2c aria2
need node nodejs
need npm npm
need redis-server redis-server
need nginx nginx-light
need caddy caddy
need turnserver coturn
need busybox busybox
need openssl openssl
need firefox-esr firefox-esr
need ip iproute2
need nft nftables
need debootstrap debootstrap
need git git
# Not every system has these; their tests are skipped then, and say why.
want() { # command package
  command -v "$1" >/dev/null 2>&1 || wanted="$wanted $2"
}
want WebKitWebDriver webkit2gtk-driver
want Xvfb xvfb
"${PYTHON:-python3}" -c "import ensurepip, venv" 2>/dev/null || missing="$missing python3-venv"

[ -z "$missing$wanted" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  for package in $wanted; do
    apt-cache show "$package" >/dev/null 2>&1 && missing="$missing $package"
  done
  [ -z "$missing" ] && exit 0
  echo "Installing for the tests:$missing"
  # Debian starts the servers that it installs; the tests start their own. RUNLEVEL=1 keeps SysV's from starting
  # (invoke-rc.d, "RUNLEVEL"); systemd does not look at it, so what was installed just now is stopped again there.
  # shellcheck disable=SC2086
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  for package in redis-server nginx-light caddy coturn; do
    case " $missing " in
      *" $package "*) [ ! -d /run/systemd/system ] || systemctl --quiet disable --now "${package%-light}" ;;
    esac
  done
elif [ -n "$missing" ]; then
  echo "The tests need these programs, which are not here:$missing" >&2
  echo "Install them (on Debian or Ubuntu: sudo apt-get install$missing) and run this again." >&2
  exit 1
fi
