#!/bin/sh
# After an installation or an upgrade. DPKG_ROOT is the root of another system that dpkg works on; rpm has none.
set -e
if command -v systemd-sysusers >/dev/null 2>&1; then
  systemd-sysusers ${DPKG_ROOT:+--root="$DPKG_ROOT"} gateway.conf || true
elif [ -z "${DPKG_ROOT:-}" ] && command -v useradd >/dev/null 2>&1; then
  id gateway >/dev/null 2>&1 || useradd --system --home-dir /var/lib/gateway --shell /usr/sbin/nologin gateway
fi
# Only the services that run are started again; none is started that was not.
if [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
  systemctl try-restart gateway.service gateway-edge.service gateway-relay.service gateway-configsync.service \
    gateway-healthagg.service || true
fi
