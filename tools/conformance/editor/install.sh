#!/usr/bin/env bash
# Installs yaml-language-server for the tests of this folder, in the version that package.json names, with the checksums of
# package-lock.json:
#
#   tools/conformance/editor/install.sh             below /usr/local, which tests see under Bazel too
#   PREFIX=~/.local tools/conformance/editor/install.sh
#
# It needs node and npm, takes the registry that npm is set up with, and does nothing where it was run before.
set -eu
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=${PREFIX:-/usr/local}
key=$(cat "$here/package.json" "$here/package-lock.json" | sha256sum | cut -c1-12)
top=$prefix/lib/gateway-editor-$key
program=$prefix/bin/yaml-language-server

if [ ! -d "$top" ]; then
  # Built beside its place and renamed, so a folder with the final name is always whole.
  new=$top.$$
  trap 'rm -rf "$new"' EXIT
  mkdir -p "$new"
  cp "$here/package.json" "$here/package-lock.json" "$new"
  (cd "$new" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  mv -T "$new" "$top" 2>/dev/null || [ -d "$top" ] # another run was faster
fi
mkdir -p "$prefix/bin"
ln -sfn "$top/node_modules/.bin/yaml-language-server" "$program"
