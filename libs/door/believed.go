package door

import (
	"net/netip"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// Believes reports whether a listener believes the PROXY header of a peer: one of
// ProxyProtocolFrom, of TrustedProxies where that is empty, anybody where both are. The peer's
// address may have a zone, or be IPv4 written as IPv6.
func Believes(l *config.Listener, peer netip.Addr) bool {
	from := l.ProxyProtocolFrom
	if len(from) == 0 {
		from = l.TrustedProxies
	}
	if len(from) == 0 {
		return true
	}
	return hostname.Within(from, peer)
}
