#!/usr/bin/env bash
# Which Bazel tools/bazel runs, with fake programs on PATH.
# shellcheck source=testing.sh
. "$(dirname "${BASH_SOURCE[0]}")/testing.sh"

# What the wrapper itself calls before it has chosen.
basics() { only bash sh dirname sed head id find mkdir cut; }

test_bazel_real_is_run_with_all_arguments() {
  basics
  fake real 'for a in "$@"; do echo "[$a]"; done'
  BAZEL_REAL=$tmp/bin/real wrapper test '//a b/...' --flag
  wants 'connected mode'
  wants '[//a b/...]'
  wants '[--flag]'
}

test_bazelisk_that_reaches_the_registry_is_run() {
  basics
  fake curl
  fake bazelisk 'echo "bazelisk ran $*"'
  fake bazel 'echo "bazel ran"'
  wrapper build //:x
  wants 'bazelisk ran build //:x'
}

test_bazel_of_the_right_series_is_run() {
  basics
  fake curl
  fake bazel 'if [ "$1" = --version ]; then echo "bazel 7.9.0"; else echo "bazel ran $*"; fi'
  wrapper info
  wants 'bazel ran info'
}

test_other_series_are_not_fitting() {
  local version
  for version in 6.5.0 7.6.1 8.0.0 ''; do
    basics
    fake curl
    fake bazel "echo 'bazel $version'"
    wrapper --wrapper-mode
    wants 'restricted mode'
    wants 'is not a Bazel of the series in .bazelversion'
  done
}

test_a_registry_out_of_reach_means_restricted() {
  basics
  fake curl 'exit 7'
  fake bazelisk
  wrapper --wrapper-mode
  wants 'out of reach'
  equal "$(tail -n 1 "$tmp/out")" 'restricted '
}

test_the_answer_of_the_registry_is_kept() {
  basics
  fake curl 'exit 7'
  fake bazelisk
  wrapper --wrapper-mode
  fake curl 'exit 0'
  wrapper --wrapper-mode
  wants 'restricted mode'
}

test_a_registry_of_the_users_own_is_asked() {
  basics
  fake curl 'case "$*" in *registry.example/*) exit 0 ;; esac; exit 7'
  fake bazelisk 'echo ran'
  printf 'common --registry=https://registry.example\n' >"$tmp/home/.bazelrc"
  wrapper info
  wants 'ran'
}

test_nothing_on_path_means_restricted() {
  basics
  wrapper --wrapper-mode
  wants 'restricted mode: no bazelisk and no bazel on PATH'
}

test_the_wrapper_itself_is_not_taken_for_bazel() {
  basics
  ln -s "$top/tools/bazel" "$tmp/bin/bazel"
  wrapper --wrapper-mode
  wants 'no bazel on PATH'
}

test_a_mode_can_be_asked_for() {
  basics
  fake curl 'exit 7'
  fake bazelisk 'echo ran'
  GATEWAY_BAZEL_MODE=connected wrapper info
  wants 'ran'
  GATEWAY_BAZEL_MODE=restricted wrapper --wrapper-mode
  wants 'restricted mode: GATEWAY_BAZEL_MODE asks for it'
}

test_refusals_say_what_to_do() {
  basics
  GATEWAY_BAZEL_MODE=conected fails wrapper info
  wants 'set it to connected or to restricted'
  GATEWAY_BAZEL_MODE=connected fails wrapper info
  wants 'no bazelisk and no bazel on PATH'
  wants 'install Bazelisk'
}

run_tests
