#!/bin/sh
# Runs inside a mount namespace of its own: puts the root's /usr over the machine's and runs Bazel. What is mounted here is
# seen by nobody else and is gone when the last process of it ends.
#
#   enter.sh HOW ROOT GOROOT UID GID COMMAND...       HOW: root, userns or sudo (namespace.sh)
#
# Paths stay what they are outside, so that bazel-bin, the output base and `bazel run` work as usual.
set -eu
how=$1 root=$2 goroot=$3 uid=$4 gid=$5
shift 5

# The machine's own things under /usr that stay visible: /usr/local, where people put Go, and source trees in /usr/src.
for dir in /usr/local /usr/src; do
  [ ! -d "$dir" ] || mount --rbind "$dir" "$root$dir"
done
# A Go from a package is elsewhere under /usr; Debian splits it over two folders.
case "$goroot" in
/usr/local/* | /usr/src/*) ;;
/usr/*)
  for dir in "$goroot" "/usr/share/$(basename "$goroot")"; do
    [ ! -d "$dir" ] || { mkdir -p "$root$dir" && mount --rbind "$dir" "$root$dir"; }
  done
  ;;
esac
mount --rbind "$root/usr" /usr

# The loader's cache names the libraries of the machine's /usr, so it goes under one that names the new ones.
if [ -e /etc/ld.so.cache ]; then
  if [ ! -e "$root/etc/ld.so.cache" ]; then
    ldconfig -C "$root/etc/ld.so.cache.$$"
    mv "$root/etc/ld.so.cache.$$" "$root/etc/ld.so.cache"
  fi
  mount --bind "$root/etc/ld.so.cache" /etc/ld.so.cache
fi

# Give up what was only needed for mounting: the user is again who they were.
case "$how" in
userns) exec unshare --user --map-user="$uid" --map-group="$gid" -- "$@" ;;
sudo) exec setpriv --reuid="$uid" --regid="$gid" --init-groups --inh-caps=-all -- "$@" ;;
*) exec "$@" ;;
esac
