#!/bin/sh
# After a removal. Only a purge, which rpm does not have, takes the data.
set -e
if [ "${1:-}" = purge ]; then
  rm -rf "${DPKG_ROOT:-}/var/lib/gateway" "${DPKG_ROOT:-}/var/log/gateway"
fi
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
