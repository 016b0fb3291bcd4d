# Where the wrapper keeps things: one folder in the user's cache folder, so that a fresh clone finds what another made.
#
#   $cache/root-KEY       restricted mode: the programs from Debian, Bazel among them
#   $cache/overlay-KEY    restricted mode: rules_go and Gazelle from the Go module proxy
#   $cache/disk           Bazel's disk cache: the compiled standard library survives a new clone
#   $cache/out            Bazel's output user root
#   $cache/*.partial.*    being built; whatever holds no lock is swept at the next start
#
# The layout's version is part of the path: a change of layout starts anew beside the old one.
place_layout=v1

place_init() {
  local user
  # cron, systemd units and minimal containers have no HOME; Go and Bazel both need one.
  if [ -z "${HOME-}" ]; then
    user=$(id -u)
    HOME=$(getent passwd "$user" 2>/dev/null | cut -d: -f6) || HOME=
    [ -n "$HOME" ] || { [ "$user" = 0 ] && HOME=/root; }
    [ -n "$HOME" ] || die "HOME is not set and user $user has no home directory" "set HOME to a folder you can write to"
    export HOME
  fi
  # The XDG specification says to ignore a relative path here.
  case "${XDG_CACHE_HOME-}" in
  /*) cache_home=$XDG_CACHE_HOME ;;
  *) cache_home=$HOME/.cache ;;
  esac
  cache_top=$cache_home/gateway-bazel
  cache=$cache_top/$place_layout
}

place_make() {
  mkdir -p "$cache" 2>/dev/null ||
    die "cannot make the cache folder $cache" "set XDG_CACHE_HOME to a folder you can write to, or free the disk"
}
