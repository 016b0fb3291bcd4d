#!/bin/sh
# Before a removal: dpkg says "remove", rpm the number of packages that stay. An upgrade goes on serving.
set -e
case "${1:-}" in
remove | 0)
  if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
    systemctl disable --now gateway.socket gateway.service gateway-edge.service gateway-relay.service \
      gateway-configsync.service gateway-healthagg.service || true
  fi
  ;;
esac
