# Restricted mode, first part: a folder with the programs of a newer Debian, Bazel among them.
#
# apt resolves and downloads (checking signatures as always) into folders of our own, and the packages are unpacked, not
# installed: no maintainer script runs. So this needs no root and no debootstrap, and the few things that those scripts would have done and
# that Bazel needs are done by root_finish.

# root_build FOLDER: fills it. Runs under step, so its output is only shown if it fails.
root_download() {
  local top=$1 candidate tried=""
  mkdir -p "$top/apt/lists/partial" "$top/apt/cache/archives/partial" "$top/usr"
  root_fake_status >"$top/apt/status"
  while IFS=$'\t' read -r uri options; do
    printf 'deb %s %s %s main\n' "${options:+[$options]}" "$uri" "$root_suite" >"$top/apt/sources.list"
    tried="$tried $uri"
    if root_apt "$top" update && root_apt "$top" install --download-only $root_packages; then
      return 0
    fi
    rm -rf "$top/apt/lists" && mkdir -p "$top/apt/lists/partial"
  done <<EOF
$(root_mirrors)
EOF
  printf 'No mirror gave the packages of Debian %s. Tried:%s\n' "$root_suite" "${tried:- none}"
  return 1
}

root_mirrors() {
  if [ -n "${GATEWAY_DEBIAN_MIRROR-}" ]; then
    printf '%s\t\n' "$GATEWAY_DEBIAN_MIRROR"
  else
    mirror_candidates
  fi
}

# apt with every folder of its own under $1. Options come on the command line: the machine's apt.conf.d is read too (proxies,
# credentials, relaxed date checks are there) and would win over a file.
root_apt() {
  local top=$1
  shift
  apt-get -q -y \
    -o "Dir::State=$top/apt" -o "Dir::State::lists=$top/apt/lists" -o "Dir::State::status=$top/apt/status" \
    -o "Dir::Cache=$top/apt/cache" -o "Dir::Cache::archives=$top/apt/cache/archives" \
    -o "Dir::Etc::sourcelist=$top/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferences=/dev/null \
    -o Dir::Etc::preferencesparts=/dev/null \
    -o APT::Install-Recommends=false -o APT::Install-Suggests=false -o APT::Sandbox::User= -o Acquire::Languages=none \
    -o Acquire::Retries=3 "$@"
}

root_fake_status() {
  local name arch
  arch=$(dpkg --print-architecture)
  for name in $root_left_out; do
    printf 'Package: %s\nStatus: install ok installed\nPriority: optional\nSection: misc\nMaintainer: none <none@localhost>\n' "$name"
    printf 'Architecture: %s\nMulti-Arch: foreign\nVersion: 99:99\nDescription: left out\n\n' "$arch"
  done
}

# Two packages at a time: unpacking is bound by xz. base-files comes first, for it has the links /bin -> usr/bin.
root_unpack() {
  local top=$1
  root_unpack_one "$top" "$top"/apt/cache/archives/base-files_*.deb || return 1
  export -f root_unpack_one
  find "$top/apt/cache/archives" -name '*.deb' ! -name 'base-files_*' -print0 |
    xargs -0 -P "$(getconf _NPROCESSORS_ONLN)" -n 8 bash -c 'root_unpack_one "$@"' unpack "$top" || return 1
  rm -rf "$top/apt"
}

root_unpack_one() {
  local top=$1 deb
  shift
  for deb in "$@"; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$top" --keep-directory-symlink --no-same-owner \
      --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' \
      --exclude='./usr/share/info/*' --exclude='./dev/*' || exit 255
  done
}

# What maintainer scripts would have done.
root_finish() {
  local top=$1 link name etc=/etc
  # Alternatives: plain links, so that the machine's own /etc/alternatives is not touched.
  ln -sf gcc "$top/usr/bin/cc"
  ln -sf gawk "$top/usr/bin/awk"
  ln -sf /usr/lib/jvm/default-java/bin/java "$top/usr/bin/java"
  [ -e "$top/usr/bin/which" ] || ln -sf which.debianutils "$top/usr/bin/which"
  # Java's settings are links into /etc, and the machine's /etc stays the machine's: put the files in their place.
  find "$top/usr/lib/jvm" -type l | while read -r link; do
    name=$(readlink "$link")
    case "$name" in
    "$etc"/*) [ -e "$top$name" ] && rm "$link" && cp -R "$top$name" "$link" ;;
    esac
  done
  # Mount points, see enter.sh.
  mkdir -p "$top/usr/local" "$top/usr/src"
  # Tests see the machine's /etc, and haproxy and nginx need nothing there; Bazel must be the one that .bazelversion names.
  local have want
  have=$(cat "$top/usr/share/bazel/build-label.txt")
  want=$(sed -n 1p "$workspace/.bazelversion")
  if [ "${have%.*}" != "${want%.*}" ]; then
    printf 'Debian %s has Bazel %s, this repository needs %s\n' "$root_suite" "$have" "$want"
    return 1
  fi
}
