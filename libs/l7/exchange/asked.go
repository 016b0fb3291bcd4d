package exchange

import (
	"net/netip"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// asked answers what the conditions of routes ask of a request. It is a Request of libs/routing.
type asked struct{ x *Exchange }

// Header returns the value of a header field. Host is the one that the request is for, whatever
// form it came in.
func (a asked) Header(name string) (value []byte, ok bool) {
	x := a.x
	if name == "host" {
		return x.Head.Authority, len(x.Head.Authority) > 0
	}
	value, x.mem.facts, ok = http1.FieldValue(x.mem.facts, &x.Head.Head, name)
	return value, ok
}

// Query returns the first value of a parameter of the query.
func (a asked) Query(name string) (value []byte, ok bool) {
	value, a.x.mem.facts, ok = http1.QueryValue(a.x.mem.facts, a.x.Head.Query, name)
	return value, ok
}

// Cookie returns the first value of a cookie.
func (a asked) Cookie(name string) ([]byte, bool) {
	return http1.CookieValue(&a.x.Head.Head, name)
}

// Client returns the client's address, as trusted proxies have it.
func (a asked) Client() netip.Addr {
	p := a.x.Peer
	if !p.Trusted {
		return p.Remote.Addr()
	}
	return http1.ClientAddress(&a.x.Head.Head, p.Remote.Addr(), p.Config.TrustedProxies)
}
