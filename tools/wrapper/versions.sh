# What restricted mode is made of. A change here makes a new root or overlay beside the old one (the key is a hash of these
# files), so that a checkout of an older commit still finds its own.

# The Debian release that has a Bazel of the series in .bazelversion. Debian has no Bazel that is new enough before it.
root_suite=${GATEWAY_DEBIAN_SUITE:-forky}

# Bazel, what its rules run, and the programs that tests start: nothing of the machine's own /usr is seen while Bazel runs.
root_packages="
  bazel-bootstrap bazel-rules-shell bazel-rules-pkg
  default-jre-headless
  gcc libc6-dev
  libc-bin bash coreutils dash diffutils findutils gawk grep gzip hostname patch procps sed tar unzip util-linux mount which xz-utils zip
  ca-certificates curl git iproute2 openssl python3
  nginx libnginx-mod-stream haproxy caddy wrk slowhttptest nghttp2-client redis-server postgresql etcd-server
  nodejs chromium-headless-shell prometheus
  dpkg rpm ruby
"

# Dependencies of those packages that nothing here uses. apt is told that they are installed already, which halves the
# download: the JDK beside the JRE alone is 350 MB.
root_left_out="
  default-jdk-headless build-essential
  libjs-jquery node-core-js node-html5shiv
"

# Modules that the Bazel Central Registry would give, as Go modules with the checksum their content must have.
# rules_go 0.60.0 is the newest one that does not ask the network for its list of SDKs while it loads.
overlay_rules_go="github.com/bazelbuild/rules_go@v0.60.0 h1:apGSxTTrFUyLNvX9NQmF4CbntWAO0/S5eALeVgB/6Qk="
overlay_gazelle="github.com/bazelbuild/bazel-gazelle@v0.54.0 h1:BtOU6xkQjZmXVcrxirX3SwUq0PCp9FGls8foOZj5Eu0="
overlay_gazelle_v2="github.com/bazel-contrib/bazel-gazelle/v2@v2.0.0-3 h1:Mq3iQ30V39RGCErrbnhHFOAcnxpWTIrk35Pc9guNfOY="
