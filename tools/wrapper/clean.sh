# tools/bazel --wrapper-clean: stops the Bazel servers that run from the cache folder and removes it.

clean_all() {
  local pid_file pid
  if [ ! -d "$cache_top" ]; then
    say "nothing to clean: $cache_top does not exist"
    return
  fi
  for pid_file in "$cache_top"/*/out/*/server/server.pid.txt; do
    [ -r "$pid_file" ] || continue
    pid=$(cat "$pid_file")
    clean_stop_server "$pid" "${pid_file%/server/server.pid.txt}"
  done
  # Mounts are made in private namespaces only, so this is never so; but removing through a mount would be a disaster.
  if grep -qF " $cache_top/" /proc/self/mountinfo 2>/dev/null; then
    die "something is mounted below $cache_top" "unmount it first: grep $cache_top /proc/self/mountinfo"
  fi
  say "removing $cache_top"
  # Bazel keeps outputs without write permission, and a folder without it cannot be emptied.
  find "$cache_top" -xdev -type d ! -perm -u+w -exec chmod u+w {} +
  rm -rf --one-file-system -- "$cache_top" || die "could not remove $cache_top" "see above; files of another user?"
}

# Only a process that says it is the server of this output base is ended: a process id in an old file may be anyone's now.
clean_stop_server() {
  local pid=$1 base=$2 tries=0
  tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "--output_base=$base" || return 0
  say "stopping the Bazel server of $base"
  kill "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { kill -9 "$pid" 2>/dev/null || :; break; }
    sleep 0.1
  done
}
