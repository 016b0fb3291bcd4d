#!/usr/bin/env bash
# Restricted mode's promises: failures say what to do, an interrupted first run does no harm, two at once build once.
# The slow parts are replaced by functions; the real ones run whenever the cache is empty.
# shellcheck source=testing.sh
. "$(dirname "${BASH_SOURCE[0]}")/testing.sh"

if [ "$(uname -s)" != Linux ]; then
  echo "restricted mode is for Linux only: nothing to test here"
  exit 0
fi

# The programs of a Debian machine that is restricted, without Go.
machine() {
  only bash sh dirname sed head id find mkdir cut uname awk flock sha256sum xargs cat cmp mv rm ls tail grep sort df mktemp sleep
  local name
  for name in apt-get dpkg-deb dpkg tar xz unshare; do fake "$name"; done
}

# load: the parts of restricted mode in this shell, with a cache in $tmp and fakes for what takes minutes.
load() {
  here=$top/tools workspace=$top cache=$tmp/cache goproxy=https://proxy.example
  local part
  for part in say restricted; do . "$top/tools/wrapper/$part.sh"; done
  mkdir -p "$cache"
  root=$cache/root-key overlay=$cache/overlay-key
  root_download() { echo one >>"$tmp/downloads"; }
  root_unpack() { touch "$1/unpacked"; }
  root_finish() { :; }
  overlay_build() { touch "$1/built"; }
}

test_without_go() {
  machine
  fails wrapper info
  wants 'there is no go on PATH'
  wants 'install Go'
}

test_without_package_tools() {
  machine
  rm "$tmp/bin/apt-get"
  fake go
  fails wrapper info
  wants "needs Debian's package tools, and this machine lacks: apt-get"
  wants 'install Bazelisk'
}

test_when_go_is_too_old() {
  machine
  fake go 'echo "go: go.mod requires go >= 1.26.0" >&2; exit 1'
  fails wrapper info
  wants 'go.mod requires go'
  wants 'install that or later'
}

test_when_the_cache_folder_cannot_be_made() {
  machine
  fake go 'for i in 1 2 3 4 5 6 7 8 9 10; do echo x; done'
  touch "$tmp/home/.cache"
  fails wrapper info
  wants 'cannot make the cache folder'
  wants 'XDG_CACHE_HOME'
}

test_when_no_namespace_may_be_made() {
  machine
  fake go 'for i in 1 2 3 4 5 6 7 8 9 10; do echo x; done'
  fake unshare 'exit 1'
  rm "$tmp/bin/id"
  fake id 'if [ "$1" = -un ]; then echo dev; else echo 1000; fi'
  load
  # shellcheck source=namespace.sh
  ( PATH=$tmp/bin; namespace_choose; namespace_ask_for_sudo ) >"$tmp/out" 2>&1 </dev/null && return 1
  wants 'there is no sudo'
  wants 'sysctl'
  fake sudo
  ( PATH=$tmp/bin; namespace_choose; namespace_ask_for_sudo ) >"$tmp/out" 2>&1 </dev/null && return 1
  wants 'no terminal to ask'
  fake id 'echo 0'
  ( PATH=$tmp/bin; namespace_choose ) >"$tmp/out" 2>&1 && return 1
  wants 'CAP_SYS_ADMIN'
}

test_a_failed_download_says_what_to_do() {
  load
  root_download() { echo "the mirror's own words"; return 1; }
  ( restricted_build ) >"$tmp/out" 2>&1 && return 1
  wants "the mirror's own words"
  wants 'GATEWAY_DEBIAN_MIRROR'
  [ ! -e "$root" ]
}

test_other_content_than_was_pinned_is_refused() {
  load
  fake go "echo '{ \"Dir\": \"$tmp\", \"Sum\": \"h1:other=\" }' | tr ',{}' '\n\n\n' | sed 's/^ *\"/\t\"/; s/\" *\$/\",/'"
  mkdir -p "$tmp/overlay"
  ( PATH=$tmp/bin:$PATH; overlay_copy "$overlay_gazelle" "$tmp/overlay/gazelle" ) >"$tmp/out" 2>&1 && return 1
  wants 'h1:other='
  wants 'not what this repository was made with'
}

test_a_full_disk_is_noticed_before() {
  load
  fake df 'printf "Filesystem 1024-blocks Used Available Capacity Mounted\nx 1 1 102400 1%% /\n"'
  ( PATH=$tmp/bin:$PATH; restricted_build ) >"$tmp/out" 2>&1 && return 1
  wants 'only 100 MB are free'
  [ ! -e "$tmp/downloads" ]
}

test_an_interrupted_run_leaves_nothing_half_made() {
  load
  # As if the power went: nothing gets a chance to tidy up.
  ( root_unpack() { touch "$1/half"; kill -9 "$(sh -c 'echo $PPID')" "$victim"; }
    victim=$BASHPID; restricted_build ) >"$tmp/out" 2>&1 && return 1
  [ -e "$root.partial/half" ]
  [ ! -e "$root" ]
  restricted_build 2>"$tmp/out"
  [ -e "$root/unpacked" ]
  [ ! -e "$root/half" ]
  [ ! -e "$root.partial" ]
  [ -e "$overlay/built" ]
}

test_two_first_runs_build_once() {
  load
  mkfifo "$tmp/started" "$tmp/go" "$tmp/waiting"
  root_unpack() { echo here >"$tmp/started"; read -r _ <"$tmp/go"; touch "$1/unpacked"; }
  ( restricted_build ) 2>/dev/null &
  local first=$!
  read -r _ <"$tmp/started"
  ( say() { case "$1" in *waiting*) echo "$1" >"$tmp/waiting" ;; esac; }; restricted_build ) 2>/dev/null &
  local second=$!
  read -r line <"$tmp/waiting"
  echo on >"$tmp/go"
  wait "$first"
  wait "$second"
  [ -e "$root/unpacked" ]
  equal "$(cat "$tmp/downloads")" one
}

test_the_key_follows_the_content() {
  load
  local before
  before=$(restricted_key root.sh forky)
  equal "$(restricted_key root.sh forky)" "$before"
  [ "$(restricted_key root.sh sid)" != "$before" ]
  [ "$(restricted_key overlay.sh forky)" != "$before" ]
}

test_clean_ends_only_its_own_server() {
  load
  cache_top=$tmp/cache-top
  . "$top/tools/wrapper/clean.sh"
  mkdir -p "$cache_top/v1/out/base/server" "$cache_top/v1/out/other/server" "$cache_top/v1/locked"
  chmod a-w "$cache_top/v1/locked"
  mkfifo "$tmp/never"
  # A process with the server's argument, and one that only has the number of an old server.
  bash -c 'exec 3<>"$1"; read -r _ <&3' x "$tmp/never" "--output_base=$cache_top/v1/out/base" &
  local mine=$!
  bash -c 'exec 3<>"$1"; read -r _ <&3' x "$tmp/never" &
  local foreign=$!
  echo "$mine" >"$cache_top/v1/out/base/server/server.pid.txt"
  echo "$foreign" >"$cache_top/v1/out/other/server/server.pid.txt"
  clean_all 2>"$tmp/out"
  fails kill -0 "$mine" 2>/dev/null
  kill -0 "$foreign"
  kill "$foreign"
  [ ! -e "$cache_top" ]
}

run_tests
