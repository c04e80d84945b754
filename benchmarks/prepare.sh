#!/bin/sh
# Makes sure that the peers and clients of the benchmarks are there: with apt as root, else it says what is left out.
set -eu
PATH="$PATH:/usr/sbin:/usr/local/sbin"

missing=""
need() { # command package
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need curl curl
need nginx nginx-light
need node nodejs
need npm npm
need chromium chromium
need ip iproute2
need redis-server redis-server

if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing for the benchmarks:$missing" >&2
  apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  case "$missing" in
    # The package starts a web server on port 80, which nobody asked for.
    *nginx*) systemctl disable --now nginx >/dev/null 2>&1 || true ;;
  esac
elif [ -n "$missing" ]; then
  echo "Not here:$missing (on Debian or Ubuntu: sudo apt-get install$missing)." >&2
fi

if ! command -v curl >/dev/null 2>&1; then
  echo "Without curl nothing can be measured." >&2
  exit 1
fi
if ! command -v nginx >/dev/null 2>&1; then
  echo "Left out: nginx, in the uploads and the downloads." >&2
elif ! nginx -V 2>&1 | grep -q http_dav_module; then
  echo "Left out: nginx in the uploads, since this one has no http_dav_module." >&2
fi
if ! command -v npm >/dev/null 2>&1 ||
  ! npm install --prefix "$(dirname "$0")" --no-package-lock --no-audit --no-fund --silent; then
  echo "Left out: @tus/server, which needs node and npm." >&2
fi
