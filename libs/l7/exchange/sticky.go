package exchange

import (
	"bytes"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
)

// stuck is what a request has to do with sticky cookies. It is memory that is used again.
type stuck struct {
	response http1.Edits
	line     []byte // of Set-Cookie
}

// mostTried is how many cookies of the name are read. A browser sends a few at most, of different
// paths; each costs an HMAC.
const mostTried = 4

// stick returns the endpoint that the client's cookie leads to; nil: there is none. The cookie is
// between the client and the gateway, so the endpoint does not get it.
func (x *Exchange) stick(s *cluster.Sticky) *cluster.Endpoint {
	if x.home.endpoint != nil { // chooseFor has read it
		s.Metrics.Count(metrics.StickyKept)
		x.hide(s)
		return x.home.endpoint
	}
	result, tried := metrics.StickyNew, 0
	for name, pair := range http1.Cookies(&x.Head.Head) {
		if string(name) != s.Name {
			continue
		}
		if tried++; tried > mostTried {
			break
		}
		e, fresh, ok := s.Read(cookieValue(pair), x.start)
		switch {
		case ok && e != nil:
			x.home.endpoint, x.home.fresh, result = e, fresh, metrics.StickyKept
		case ok:
			result = metrics.StickyLost
		case result == metrics.StickyNew:
			result = metrics.StickyInvalid
		}
		if e != nil {
			break
		}
	}
	s.Metrics.Count(result)
	if tried > 0 {
		x.hide(s)
	}
	return x.home.endpoint
}

// hide keeps the cookie from the endpoint: it is between the client and the gateway.
func (x *Exchange) hide(s *cluster.Sticky) {
	if x.seen.Edits == nil {
		x.seen.Edits = x.mem.edits[:0]
	}
	x.seen.Edits = append(x.seen.Edits, s.Hides)
	x.mem.edits = x.seen.Edits[:0]
}

// settle gives the client a cookie for the endpoint that has answered, where it needs one: it has
// none, or one for another endpoint, or one whose time is half over. A response with an error makes
// nobody stay. One that any cache may give to others gets no cookie, and gRPC calls have none.
func (x *Exchange) settle() {
	s := x.target.Cluster.Sticky()
	if s == nil || x.GRPC || x.mem.head.Status >= 500 ||
		x.home.fresh && x.home.endpoint == x.endpoint || x.forEverybody() {
		return
	}
	scheme, _ := x.Peer.Outside(&x.Head.Head)
	if x.mem.stuck == nil {
		x.mem.stuck = new(stuck)
	}
	m := x.mem.stuck
	m.line = s.AppendLine(m.line[:0], x.endpoint, scheme == "https", time.Now())
	m.response = http1.WithLines(m.line, nil)
	if x.shape.Edits == nil {
		x.shape.Edits = x.mem.reshape[:0]
	}
	x.shape.Edits = append(x.shape.Edits, &m.response)
	x.mem.reshape = x.shape.Edits[:0]
}

// forEverybody says that the response allows shared caches to keep it (RFC 9111 section 5.2.2):
// they would give the cookie of one client to all.
func (x *Exchange) forEverybody() bool {
	x.mem.facts = x.mem.facts[:0]
	var value []byte
	value, x.mem.facts, _ = http1.FieldValue(x.mem.facts, &x.mem.head.Head, "cache-control")
	for len(value) > 0 {
		var directive []byte
		directive, value, _ = bytes.Cut(value, []byte{','})
		name, _, _ := bytes.Cut(bytes.TrimSpace(directive), []byte{'='})
		if bytes.EqualFold(name, []byte("public")) || bytes.EqualFold(name, []byte("s-maxage")) {
			return true
		}
	}
	return false
}

// chooseFor picks the cluster for a request: one that the client has a cookie for, where the route
// shares its requests among several, or else as the route has it.
func (x *Exchange) chooseFor() *Target {
	r := x.route
	if !r.Sticky {
		return r.ChooseFor(x.Own)
	}
	for i := range r.Targets {
		s, tried := r.Targets[i].Cluster.Sticky(), 0
		if s == nil || r.Route.Route.Split[i].Weight == 0 {
			continue
		}
		for name, pair := range http1.Cookies(&x.Head.Head) {
			if string(name) != s.Name {
				continue
			}
			if tried++; tried > mostTried {
				break
			}
			if e, fresh, _ := s.Read(cookieValue(pair), x.start); e != nil {
				x.home.endpoint, x.home.fresh = e, fresh
				return &r.Targets[i]
			}
		}
	}
	return r.ChooseFor(x.Own)
}

// cookieValue is the value of a cookie, without quotes.
func cookieValue(pair []byte) []byte {
	return bytes.Trim(pair[bytes.IndexByte(pair, '=')+1:], " \t\"")
}
