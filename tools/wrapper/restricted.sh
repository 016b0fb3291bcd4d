# Restricted mode: makes what is missing in the cache folder, once, then runs Bazel from there.

# shellcheck source=versions.sh
. "$here/wrapper/versions.sh"
# shellcheck source=mirror.sh
. "$here/wrapper/mirror.sh"
# shellcheck source=root.sh
. "$here/wrapper/root.sh"
# shellcheck source=overlay.sh
. "$here/wrapper/overlay.sh"
# shellcheck source=namespace.sh
. "$here/wrapper/namespace.sh"

restricted_prepare() {
  restricted_check_machine
  restricted_read_go
  place_make
  namespace_choose

  root=$cache/root-$(restricted_key root.sh "$root_suite")
  overlay=$cache/overlay-$(restricted_key overlay.sh "")
  if [ ! -d "$root" ] || [ ! -d "$overlay" ]; then
    restricted_build
  fi
  restricted_write_rc
}

# A key is the hash of everything that decides the content.
restricted_key() {
  { cat "$here/wrapper/versions.sh" "$here/wrapper/$1" && printf '%s %s\n' "$2" "$(uname -m)"; } | sha256sum | cut -c1-12
}

restricted_check_machine() {
  local missing="" program
  [ "$(uname -s)" = Linux ] || die "restricted mode is for Linux; this is $(uname -s)" \
    "install Bazelisk (https://github.com/bazelbuild/bazelisk) and run tools/bazel again: it will be used"
  for program in apt-get dpkg-deb dpkg tar awk flock unshare sha256sum find xargs; do
    command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
  done
  [ -z "$missing" ] || restricted_get_programs "$missing"
}

# All of these are on every Debian 12; a machine made of fewer parts may need a package. As root the wrapper helps itself.
restricted_get_programs() {
  local missing=$1 packages="mawk util-linux coreutils findutils tar"
  command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || die \
    "restricted mode needs Debian's package tools, and this machine lacks:$missing" \
    "use a Debian 12 (or later) machine or container, or install Bazelisk and give it access to a module registry"
  [ "$(id -u)" = 0 ] || die "these programs are missing:$missing" "ask for: apt-get install $packages"
  mkdir -p "$cache"
  # shellcheck disable=SC2086
  step "installing what unpacks packages ($packages)" sh -c "apt-get -q update && apt-get -q -y install --no-install-recommends $packages" ||
    die "could not install:$missing" "install them by hand: apt-get install $packages"
}

# One call of go for all settings; it runs in the workspace, where go.mod may choose a newer toolchain.
restricted_read_go() {
  local answer
  command -v go >/dev/null 2>&1 || die "there is no go on PATH" \
    "install Go $(sed -n 's/^go //p' "$workspace/go.mod") or later and put its bin folder on PATH"
  answer=$(cd "$workspace" && go env GOROOT GOPROXY GOSUMDB GONOSUMDB GONOPROXY GOPRIVATE GOINSECURE GOMODCACHE GOCACHE GOPATH) ||
    die "go env failed in $workspace" "go.mod asks for Go $(sed -n 's/^go //p' "$workspace/go.mod"); install that or later"
  {
    read -r goroot && read -r goproxy && read -r gosumdb && read -r gonosumdb && read -r gonoproxy && read -r goprivate &&
      read -r goinsecure && read -r gomodcache && read -r gocache && read -r gopath
  } <<EOF
$answer
EOF
}

# One run builds, others wait: a lock that the kernel lets go of when its holder ends, however it ends. Everything is built
# beside its place and renamed, so a folder with the final name is always whole.
restricted_build() {
  local start=$SECONDS
  exec 9>"$cache/lock"
  if ! flock -n 9; then
    say "another tools/bazel is preparing $cache; waiting for it"
    flock 9
  fi
  # Nobody builds now, so whatever is partial was left by an interrupted run.
  rm -rf "$cache"/*.partial
  if [ ! -d "$root" ]; then
    restricted_check_disk
    say "first run: preparing Bazel $(sed -n 1p "$workspace/.bazelversion") in $cache (about a minute; the next runs skip this)"
    mkdir -p "$root.partial"
    step "downloading Debian $root_suite packages (about 360 MB)" root_download "$root.partial" || die \
      "the packages could not be downloaded" \
      "restricted mode takes Debian's mirror from this machine's apt sources (/etc/apt/sources.list and sources.list.d);" \
      "it must carry the release $root_suite. To name another: GATEWAY_DEBIAN_MIRROR=http://mirror/debian tools/bazel ..."
    step "unpacking them" root_unpack "$root.partial" || die "the packages could not be unpacked" \
      "see above; a full disk is the usual reason (2 GB are needed in $cache)"
    step "finishing" root_finish "$root.partial" || die "Debian $root_suite has no fitting Bazel" \
      "see above; another release can be tried with GATEWAY_DEBIAN_SUITE"
    mv "$root.partial" "$root"
  fi
  if [ ! -d "$overlay" ]; then
    mkdir -p "$overlay.partial"
    step "fetching rules_go and Gazelle as Go modules" overlay_build "$overlay.partial" || die \
      "rules_go and Gazelle could not be fetched" \
      "they come from the Go module proxy, GOPROXY=$goproxy; check that it can be reached: go mod download -json ${overlay_rules_go% *}" \
      "if the reason is a certificate, apt-get install ca-certificates, or set SSL_CERT_FILE"
    mv "$overlay.partial" "$overlay"
  fi
  exec 9>&-
  say "prepared in $((SECONDS - start)) s; Bazel's first build compiles the Go standard library too, which takes minutes"
}

restricted_check_disk() {
  local free
  free=$(df -Pk "$cache" | awk 'NR == 2 { print int($4 / 1024) }')
  [ "${free:-9999}" -ge 4096 ] || die "only $free MB are free in $cache" \
    "restricted mode needs about 1 GB there and builds need 2 GB more; free some, or set XDG_CACHE_HOME to a larger disk"
}

# Bazel's settings of restricted mode, made at run time because they name this machine's folders and proxy.
restricted_write_rc() {
  local new=$cache/restricted.$$.bazelrc name module
  rc=$cache/restricted.bazelrc
  # The proxy's address may hold a password.
  (umask 077 && {
    printf '# Made by tools/bazel on each start.\n'
    printf 'startup --install_base=/usr/share/bazel\nstartup --trust_install_base\n'
    printf 'startup --server_javabase=/usr/lib/jvm/default-java\n'
    printf 'startup --output_user_root=%s\n' "$cache/out"
    # Read by nobody: a running server still sees the root it was started with, and a changed option makes Bazel restart it.
    printf 'startup --host_jvm_args=-Dgateway.root=%s:%s\n' "${root##*/}" "$goroot"
    printf 'common --noenable_workspace\n'
    for module in platforms=platforms bazel_skylib=skylib bazel_features=features; do
      printf 'common --override_module=%s=/usr/share/bazel/tools/%s\n' "${module%=*}" "${module#*=}"
    done
    for module in cc java license python proto shell pkg; do
      printf 'common --override_module=rules_%s=/usr/share/bazel/rules/%s\n' "$module" "$module"
    done
    printf 'common --override_module=rules_go=%s\ncommon --override_module=gazelle=%s\n' "$overlay/rules_go" "$overlay/gazelle"
    for name in protobuf package_metadata apple_support zlib buildozer; do
      printf 'common --override_module=%s=%%workspace%%/tools/wrapper/standins/%s\n' "$name" "$name"
    done
    printf 'common --disk_cache=%s\n' "$cache/disk"
    printf 'common --repository_cache=%s\n' "$cache/repositories"
    restricted_repo_env GOPROXY "$goproxy" GOSUMDB "$gosumdb" GONOSUMDB "$gonosumdb" GONOPROXY "$gonoproxy" \
      GOPRIVATE "$goprivate" GOINSECURE "$goinsecure" GOMODCACHE "$gomodcache" GOCACHE "$gocache" GOPATH "$gopath"
    # Modules are fetched, and Gazelle's own tools compiled, once a user and not once a clone.
    restricted_repo_env GO_REPOSITORY_USE_HOST_CACHE 1
    # The machine's npm is not seen in there, so what it would ask is said here.
    restricted_repo_env npm_config_registry "${npm_config_registry:-$(npm config get registry 2>/dev/null || :)}"
  } >"$new")
  if cmp -s "$new" "$rc"; then rm "$new"; else mv "$new" "$rc"; fi
}

restricted_repo_env() {
  while [ $# -gt 0 ]; do
    [ -z "$2" ] || printf 'common --repo_env=%s=%s\n' "$1" "$2"
    shift 2
  done
}

restricted_exec() {
  # The machine's PATH would name programs that are not there under the other /usr, and each new PATH makes Bazel look at
  # every repository again. This is the same for everyone.
  PATH=$goroot/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  export PATH
  # Fetched repositories ask `go` too; flags that are meant for the user's own builds must not reach them.
  unset GOFLAGS GOROOT JAVA_HOME
  namespace_exec "$root" "$goroot" /usr/bin/bazel --nosystem_rc "--bazelrc=$rc" "$@"
}
