# Speaking to the person at the terminal. Everything goes to standard error: standard output is Bazel's.

say() { printf 'tools/bazel: %s\n' "$*" >&2; }

# die WHAT DO...: what was missing or failed, then what to do about it. Both are always said.
die() {
  printf 'tools/bazel: %s\n' "$1" >&2
  shift
  local line
  for line in "$@"; do printf 'tools/bazel:   %s\n' "$line" >&2; done
  exit 1
}

# step WHAT COMMAND...: runs a slow command, showing what it is doing and how long it took. Its output goes to a log of which
# the end is shown only if it fails; on a terminal a dot comes every second so that nobody thinks it hangs.
step() {
  local what=$1 log=$cache/step.$$.log start=$SECONDS status=0 ticker=
  shift
  printf 'tools/bazel: %s ...' "$what" >&2
  if [ -t 2 ]; then
    # It goes with this shell, whatever ends it, and does not hold the lock of restricted_build.
    (while sleep 1 && kill -0 "$$"; do printf '.' >&2; done) 9>&- &
    ticker=$!
  fi
  # In the foreground and in a subshell: an interrupt reaches the command, and an exit in it is only a failed step.
  ("$@") >"$log" 2>&1 </dev/null || status=$?
  [ -z "$ticker" ] || { kill "$ticker" && wait "$ticker"; } 2>/dev/null || :
  if [ "$status" = 0 ]; then
    printf ' %s s\n' "$((SECONDS - start))" >&2
  else
    printf ' failed after %s s\n' "$((SECONDS - start))" >&2
    tail -n 20 "$log" | sed 's/^/  | /' >&2
  fi
  rm -f "$log"
  return "$status"
}
