#!/usr/bin/env bash
# Builds oauth2-proxy for the tests of this folder, in the version that module/go.mod names, with the checksums of
# module/go.sum:
#
#   tools/conformance/oauth2proxy/install.sh             below /usr/local, which tests see under Bazel too
#   PREFIX=~/.local tools/conformance/oauth2proxy/install.sh
#
# It needs Go, and takes the module proxy that Go is set up with. It takes about two minutes of a core, and nothing where it
# was run before.
set -eu
here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
prefix=${PREFIX:-/usr/local}
key=$(cat "$here/module/go.mod" "$here/module/go.sum" | sha256sum | cut -c1-12)
top=$prefix/lib/gateway-oauth2-proxy-$key
package=github.com/oauth2-proxy/oauth2-proxy/v7

if [ ! -d "$top" ]; then
  # Built beside its place and renamed, so a folder with the final name is always whole.
  new=$top.$$
  trap 'rm -rf "$new"' EXIT
  mkdir -p "$new"
  (
    cd "$here/module"
    version=$(GOFLAGS='' go list -m -f '{{.Version}}' "$package")
    GOFLAGS=-trimpath GOWORK=off CGO_ENABLED=0 go build -mod=readonly -ldflags "-s -w -X $package/pkg/version.VERSION=$version" \
      -o "$new/oauth2-proxy" "$package"
  )
  mv -T "$new" "$top" 2>/dev/null || [ -d "$top" ] # another run was faster
fi
mkdir -p "$prefix/bin"
ln -sfn "$top/oauth2-proxy" "$prefix/bin/oauth2-proxy"
