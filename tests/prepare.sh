#!/bin/sh
# Makes sure that the programs the tests talk to are there: with apt as root, else it says which are missing.
set -eu

missing=""
wanted=""
browsers=""
need() { # command package
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
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
need ip iproute2
need nft nftables
need debootstrap debootstrap
need git git
# Ubuntu has browsers as snaps only, which see no folder of a test. There their tests fail and say what they need.
browser() { # command package place, if another one was named
  [ -n "$3" ] || command -v "$1" >/dev/null 2>&1 || browsers="$browsers $2"
}
browser chromium chromium "${CHROMIUM:-}"
browser firefox-esr firefox-esr "${FIREFOX:-}"
# Not every system has these; their tests are skipped then, and say why.
want() { # command package
  command -v "$1" >/dev/null 2>&1 || wanted="$wanted $2"
}
want WebKitWebDriver webkit2gtk-driver
want Xvfb xvfb
"${PYTHON:-python3}" -c "import ensurepip, venv" 2>/dev/null || missing="$missing python3-venv"

# Whether apt has it by this very name, not something else that promises to be it.
offered() { # package
  [ -n "$(apt-cache madison "$1")" ]
}

[ -z "$missing$browsers$wanted" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  for package in $browsers; do
    if offered "$package"; then missing="$missing $package"; else
      echo "apt has no $package here. Name another one in CHROMIUM or FIREFOX, or run with -m 'not browser'." >&2
    fi
  done
  for package in $wanted; do
    if offered "$package"; then missing="$missing $package"; fi
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
elif [ -n "$missing$browsers" ]; then
  echo "The tests need these programs, which are not here:$missing$browsers" >&2
  echo "Install them (on Debian or Ubuntu: sudo apt-get install$missing$browsers) and run this again." >&2
  exit 1
fi
