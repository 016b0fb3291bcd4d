package cli

import (
	"net"
	"slices"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	"github.com/gatewayhomebrew/gateway/libs/policy/redirect"
)

// itself says what a route answers that sends requests to no endpoint. The code is None for what
// the configuration has it answer.
func itself(doc *config.Document, r *plan.Route, q *asked) (*answered, gwerr.Code) {
	if r.Respond != nil {
		return &answered{Status: r.Respond.Status}, gwerr.None
	}
	seen := policy.Request{Head: &q.head}
	seen.Scheme, seen.Port = outside(doc, r, q.listener)
	p, err := redirect.New(&r.Route)
	if err != nil || p == nil {
		return nil, gwerr.Internal // the plan has been made of the same route
	}
	location, ok := p.(*redirect.Policy).AppendLocation(nil, &seen)
	if !ok {
		return nil, gwerr.BadRequest
	}
	return &answered{Status: r.Redirect.Status, Location: string(location)}, gwerr.None
}

// outside is what a client's URL has at a listener, or where none is said, at the first one whose
// requests the route takes.
func outside(doc *config.Document, r *plan.Route, listener string) (scheme string, port uint16) {
	doc = doc.Revealed()
	for i := range doc.Listeners {
		l := &doc.Listeners[i]
		if l.Protocol == config.ProtocolTCP || listener != "" && l.Name != listener ||
			len(r.Listeners) > 0 && !slices.Contains(r.Listeners, l.Name) {
			continue
		}
		scheme = "http"
		if l.TLS != nil {
			scheme = "https"
		}
		_, digits, _ := net.SplitHostPort(l.Address)
		n, _ := strconv.ParseUint(digits, 10, 16) // 0 where it is no number, which is not written
		return plan.Outside(l, scheme, uint16(n))
	}
	return "http", 0
}
