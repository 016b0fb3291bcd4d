# What the wrapper's tests share. Each test file sources this, defines functions named test_*, and ends with run_tests.
# Under Bazel the files are runfiles; `bash tools/wrapper/mode_test.sh` works as well.
set -eu

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tmp=$(mktemp -d "${TEST_TMPDIR:-${TMPDIR:-/tmp}}/wrapper.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# fake NAME [LINE...]: a program in $tmp/bin, which the tests put on PATH alone or first.
fake() {
  local name=$1
  shift
  mkdir -p "$tmp/bin"
  { printf '#!/bin/sh\n'; [ $# -eq 0 ] || printf '%s\n' "$@"; } >"$tmp/bin/$name"
  chmod +x "$tmp/bin/$name"
}

# only NAME...: makes $tmp/bin hold these programs of the machine, so that a test can say what is missing.
only() {
  local name
  mkdir -p "$tmp/bin"
  for name in "$@"; do ln -sf "$(command -v "$name")" "$tmp/bin/$name"; done
}

# wrapper ARG...: runs tools/bazel with nothing but $tmp/bin on PATH; standard output and error go to $tmp/out.
wrapper() {
  env -i "PATH=$tmp/bin" "HOME=$tmp/home" ${BAZEL_REAL+"BAZEL_REAL=$BAZEL_REAL"} \
    ${GATEWAY_BAZEL_MODE+"GATEWAY_BAZEL_MODE=$GATEWAY_BAZEL_MODE"} "$BASH" "$top/tools/bazel" "$@" >"$tmp/out" 2>&1
}

# fails COMMAND...: a failure is what is wanted. (The shell's own ! hides a success from -e.)
fails() {
  if "$@"; then
    printf 'this should have failed: %s\n' "$*"
    return 1
  fi
}

wants() {
  grep -qF -- "$1" "$tmp/out" || { printf 'want in the output: %s\ngot:\n' "$1"; cat "$tmp/out"; return 1; }
}

equal() {
  [ "$1" = "$2" ] || { printf 'got:\n%s\nwant:\n%s\n' "$1" "$2"; return 1; }
}

run_tests() {
  local name failed=0
  for name in $(declare -F | sed -n 's/^declare -f \(test_.*\)/\1/p'); do
    rm -rf "$tmp" && mkdir -p "$tmp/bin" "$tmp/home"
    # In a shell of its own with -e: the first line that fails ends the test. (After || the shell would ignore -e.)
    set +e
    (set -e; "$name")
    status=$?
    set -e
    if [ "$status" = 0 ]; then printf 'ok   %s\n' "$name"; else printf 'FAIL %s\n' "$name"; failed=1; fi
  done
  exit "$failed"
}
