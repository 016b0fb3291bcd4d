# Which Bazel runs: sets $mode (connected or restricted) and $mode_bazel (the program, connected mode only).

# The registry that Bazel itself asks by default. A company's own one is found in the user's .bazelrc, as Bazel does.
mode_registry() {
  local file line
  for file in "$workspace/user.bazelrc" "$HOME/.bazelrc"; do
    [ -r "$file" ] || continue
    line=$(sed -n 's/^[a-z:]*[[:space:]]*--registry[= ]//p' "$file" | head -n 1)
    [ -z "$line" ] || { printf '%s\n' "$line"; return; }
  done
  printf 'https://bcr.bazel.build\n'
}

# Asks for one small file that every registry has, and keeps the answer for an hour: a blocked network makes each question
# take as long as the time limit.
mode_reaches_registry() {
  local registry stamp=$cache/registry answer
  registry=$(mode_registry)
  if [ -n "$(find "$stamp" -mmin -60 2>/dev/null)" ] && [ "$(sed -n 1p "$stamp")" = "$registry" ]; then
    [ "$(sed -n 2p "$stamp")" = yes ]
    return
  fi
  case "$registry" in
  file://*) [ -d "${registry#file://}" ] && return 0 || return 1 ;;
  esac
  answer=no
  if command -v curl >/dev/null 2>&1; then
    curl -fsS --max-time 5 -o /dev/null "$registry/bazel_registry.json" >/dev/null 2>&1 && answer=yes
  elif command -v wget >/dev/null 2>&1; then
    wget -q -T 5 -t 1 -O /dev/null "$registry/bazel_registry.json" >/dev/null 2>&1 && answer=yes
  fi
  mkdir -p "$cache" 2>/dev/null && printf '%s\n%s\n' "$registry" "$answer" >"$stamp" 2>/dev/null
  [ "$answer" = yes ]
}

# A plain bazel must be of the series that .bazelversion names and not older; Bazelisk fetches the right one by itself.
mode_bazel_fits() {
  local have want
  have=$("$1" --version 2>/dev/null | sed -n 's/^bazel \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  want=$(sed -n 1p "$workspace/.bazelversion")
  [ -n "$have" ] || return 1
  [ "${have%%.*}" = "${want%%.*}" ] || return 1
  have=${have#*.} want=${want#*.}
  [ "${have%%.*}" -ge "${want%%.*}" ]
}

# Finds a program on PATH that is not this file under another name (some people put tools/ on PATH).
mode_find() {
  local dir IFS=:
  for dir in $PATH; do
    [ -x "$dir/$1" ] && [ ! -d "$dir/$1" ] && [ ! "$dir/$1" -ef "$here/bazel" ] && { printf '%s\n' "$dir/$1"; return; }
  done
  return 0
}

mode_choose() {
  local found why wanted=${GATEWAY_BAZEL_MODE-}
  mode= mode_bazel=
  case "$wanted" in
  "" | connected | restricted) ;;
  *) die "GATEWAY_BAZEL_MODE is \"$wanted\"" "set it to connected or to restricted, or unset it to let tools/bazel choose" ;;
  esac

  if [ "$wanted" != restricted ]; then
    if [ -n "${BAZEL_REAL-}" ]; then
      mode=connected mode_bazel=$BAZEL_REAL
      say "connected mode: $mode_bazel (BAZEL_REAL)"
      return
    fi
    why="no bazelisk and no bazel on PATH"
    found=$(mode_find bazelisk)
    if [ -z "$found" ]; then
      found=$(mode_find bazel)
      if [ -n "$found" ] && ! mode_bazel_fits "$found"; then
        why="$found is not a Bazel of the series in .bazelversion ($(sed -n 1p "$workspace/.bazelversion"))"
        found=
      fi
    fi
    if [ -n "$found" ]; then
      why="$found is there, but the module registry $(mode_registry) is out of reach"
      if [ "$wanted" = connected ] || mode_reaches_registry; then
        mode=connected mode_bazel=$found
        say "connected mode: $mode_bazel"
        return
      fi
    fi
    [ "$wanted" != connected ] || die "connected mode was asked for, but: $why" \
      "install Bazelisk (https://github.com/bazelbuild/bazelisk), or unset GATEWAY_BAZEL_MODE for restricted mode"
  else
    why="GATEWAY_BAZEL_MODE asks for it"
  fi
  mode=restricted
  say "restricted mode: $why"
}
