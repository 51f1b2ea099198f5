#!/bin/sh
# Makes a fresh checkout ready to run: Debian's packages, npm's packages, Node 24. It installs only what is missing,
# says what it does, starts no system service, and takes about a second when there is nothing to do.
#
#   sh scripts/setup.sh [--with NAME]...    NAME: programs that only tests (apache, prometheus, cgi-programs,
#                                           python-port-host) and benches need
set -eu
cd "$(dirname "$0")/.."
mkdir -p .cache
exec 9>.cache/setup.lock
say() { printf 'setup: %s\n' "$*" >&2; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# Two of us at once would take each other's files away.
flock -n 9 || { say 'waiting for another set-up of this checkout'; flock 9; }

# npm puts node_modules/.bin first in PATH; while npm ci replaces that folder it must not be what it runs on.
PATH=$(printf %s "$PATH" | tr ':' '\n' | grep -v 'node_modules/\.bin$' | paste -s -d : -)
export PATH

with=''
while [ $# -gt 0 ]; do
  { [ "$1" = --with ] && [ $# -ge 2 ]; } || fail 'usage: setup.sh [--with NAME]...'
  with="$with $2"
  shift 2
done

# --- Debian's packages: "package check", one a line, where the check is cheap and true once the package is there
packages() {
  # What banyan is held against: the demo runs the scripts itself, and needs no web server.
  case "$with " in *' apache '*) echo 'apache2-bin test -x /usr/sbin/apache2' ;; esac
  # For docs/python-host: what a host of ports in Python reaches its database by.
  case "$with " in *' python-port-host '*) echo 'python3-pymysql test -e /usr/lib/python3/dist-packages/pymysql' ;; esac
  cat <<'LIST'
media-types test -e /etc/mime.types
mariadb-server-core test -x /usr/sbin/mariadbd
mariadb-client-core command -v mariadb
perl command -v perl
libcgi-pm-perl perl_module CGI
libcgi-session-perl perl_module CGI/Session
libdbi-perl perl_module DBI
libdbd-mysql-perl perl_module DBD/mysql
libyaml-perl perl_module YAML
libyaml-syck-perl perl_module YAML/Syck
libyaml-libyaml-perl perl_module YAML/XS
libfreezethaw-perl perl_module FreezeThaw
libapache-session-perl perl_module Apache/Session
libjson-perl perl_module JSON
python3 test -x /usr/bin/python3
git test -e /usr/share/gitweb/gitweb.cgi
util-linux command -v setpriv
LIST
}
perl_inc=$(perl -e 'print join "\n", @INC' 2>/dev/null || true)
perl_module() {
  printf '%s\n' "$perl_inc" | while read -r dir; do
    [ -e "$dir/$1.pm" ] && echo found && break
  done | grep -q found
}
missing=''
while read -r package check; do
  eval "$check" >/dev/null 2>&1 || missing="$missing $package"
done <<LIST
$(packages)
LIST

apt() {
  if [ "$(id -u)" = 0 ]; then DEBIAN_FRONTEND=noninteractive "$@"; else sudo -n DEBIAN_FRONTEND=noninteractive "$@"; fi
}
updated=''
apt_update() {
  [ -n "$updated" ] && return
  say 'apt-get update'
  apt apt-get update -qq
  updated=yes
}
if [ -n "$missing" ]; then
  by_hand="Install these Debian packages (or your system's equal of them) and run this again:$missing"
  command -v apt-get >/dev/null 2>&1 || fail "This is not a Debian system. $by_hand"
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || fail "Neither root nor able to use sudo without a password. $by_hand"
  apt_update
  say "apt-get install$missing"
  # shellcheck disable=SC2086  # a list of package names
  apt apt-get install -y -qq --no-install-recommends $missing >/dev/null || fail "apt-get failed. $by_hand"
fi

# --- programs whose packages would start a service, or change a web server: unpacked into .cache/, not installed
# unpack NAME PROGRAM [PACKAGE]...: into .cache/NAME; the packages are what it needs and is not everywhere
unpack() {
  name=$1 program=$2
  shift 2
  [ -e ".cache/$name$program" ] && return
  command -v apt-get >/dev/null 2>&1 || fail "This is not a Debian system; please put $program there by hand: .cache/$name$program"
  say "unpacking Debian's $name into .cache/$name (not installed)"
  mkdir -p .cache/download
  rm -rf ".cache/$name" ".cache/$name.part"
  for package in "$name" "$@"; do
    ( cd .cache/download && rm -f "${package}"_*.deb && apt-get download -qq "$package" 2>/dev/null ) || {
      { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; } || fail "apt-get download $package failed; please run: sudo apt-get update"
      apt_update
      ( cd .cache/download && apt-get download -qq "$package" )
    }
    dpkg-deb -x .cache/download/"${package}"_*.deb ".cache/$name.part"
    rm -f .cache/download/"${package}"_*.deb
  done
  mv ".cache/$name.part" ".cache/$name"
}
for name in $with; do
  case "$name" in
    apache | python-port-host) ;; # installed above
    prometheus) unpack prometheus /usr/bin/prometheus ;;
    nginx) unpack nginx /usr/sbin/nginx ;;
    haproxy) unpack haproxy /usr/sbin/haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 ;;
    caddy) unpack caddy /usr/bin/caddy ;;
    fcgiwrap) unpack fcgiwrap /usr/sbin/fcgiwrap libfcgi0ldbl ;;
    cgi-programs)
      unpack awstats /usr/lib/cgi-bin/awstats.pl
      unpack usemod-wiki /usr/lib/cgi-bin/wiki.pl
      unpack blosxom /usr/lib/cgi-bin/blosxom
      unpack mimetex /usr/bin/mimetex ;;
    libapache2-mod-perl2) unpack libapache2-mod-perl2 /usr/lib/apache2/modules/mod_perl.so ;;
    *) fail "unknown program '$name'" ;;
  esac
done

# --- npm's packages, Node 24 among them
if ! cmp -s package-lock.json node_modules/.banyan-lock || [ ! -x node_modules/.bin/node ]; then
  say 'npm ci (Node 24 comes with it)'
  npm ci --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json node_modules/.banyan-lock
fi
node_modules/.bin/node -e 'process.exit(parseInt(process.versions.node) >= 24 ? 0 : 1)' 2>/dev/null ||
  fail "node_modules/.bin/node is not Node 24. Its package has an install script: is npm's ignore-scripts set? Try: npm ci --ignore-scripts=false"
