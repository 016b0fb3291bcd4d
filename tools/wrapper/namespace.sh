# Restricted mode, last part: how to get a mount namespace of our own. Nothing is ever mounted where others see it.

# Sets $namespace: root (just do it), userns (an unprivileged user namespace), or sudo (with the person's consent).
namespace_choose() {
  if [ "$(id -u)" = 0 ]; then
    if unshare --mount --propagation private true 2>/dev/null; then
      namespace=root
      return
    fi
    die "root may not make a mount namespace here; this is probably a container without CAP_SYS_ADMIN" \
      "start the container with --cap-add SYS_ADMIN --security-opt apparmor=unconfined (or --privileged)," \
      "or install Bazelisk and give it access to a module registry"
  fi
  if unshare --user --map-root-user --mount --propagation private true 2>/dev/null; then
    namespace=userns
    return
  fi
  namespace=sudo
}

namespace_exec() {
  local root=$1 goroot=$2 uid gid
  shift 2
  uid=$(id -u) gid=$(id -g)
  case "$namespace" in
  root)
    exec unshare --mount --propagation private -- "$here/wrapper/enter.sh" root "$root" "$goroot" 0 0 "$@"
    ;;
  userns)
    exec unshare --user --map-root-user --mount --propagation private -- \
      "$here/wrapper/enter.sh" userns "$root" "$goroot" "$uid" "$gid" "$@"
    ;;
  sudo)
    namespace_ask_for_sudo
    exec sudo --preserve-env -- env "PATH=$PATH" "HOME=$HOME" unshare --mount --propagation private -- \
      "$here/wrapper/enter.sh" sudo "$root" "$goroot" "$uid" "$gid" "$@"
    ;;
  esac
}

namespace_ask_for_sudo() {
  local answer how="to allow it for good: sysctl -w kernel.unprivileged_userns_clone=1 (Debian), \
or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu); or run tools/bazel as root"
  command -v sudo >/dev/null 2>&1 || die "this machine lets user $(id -un) make no namespace, and there is no sudo" "$how"
  # Consent is given once a cache folder; a pipe cannot give it.
  [ -e "$cache/sudo-is-fine" ] && return
  { [ -t 0 ] && [ -t 2 ]; } || die "this machine lets user $(id -un) make no namespace, and there is no terminal to ask about sudo" "$how"
  printf 'tools/bazel: this machine lets users make no namespaces. Run "sudo unshare --mount" instead, Bazel itself as you? [y/N] ' >&2
  read -r answer
  case "$answer" in
  y | Y | yes) : >"$cache/sudo-is-fine" ;;
  *) die "nothing was run" "$how" ;;
  esac
}
