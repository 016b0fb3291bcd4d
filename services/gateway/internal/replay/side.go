package replay

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/routing"
)

// A Configuration is one of the two that are compared.
type Configuration struct {
	Document *config.Document // valid
	Plan     *plan.Plan       // made of it
}

// side is a configuration that can be asked.
type side struct {
	doc       *config.Document // as it is shown
	routes    []config.Route   // with the values of secrets, which decide
	plan      *plan.Plan
	listeners map[string]*listener // by name, and by address for those with another name
	any       *listener            // of none that the document has
}

// listener is what requests of one listener meet.
type listener struct {
	name    string
	trusted []netip.Prefix
	table   *routing.Table
	indexes []int // of the table's rules into routes
	exact   *plan.Table
}

// outcome is what becomes of a request.
type outcome struct {
	route   int        // index, or one of the codes below
	refused gwerr.Code // by the route, from what a log tells; None: it is not
}

const (
	noRoute    = -1 // 404
	noMethod   = -2 // 405
	noListener = -3 // there is no such listener any more
)

func newSide(c Configuration, f *facts) (*side, error) {
	revealed := c.Document.Revealed()
	s := &side{
		doc: c.Document, routes: revealed.Routes, plan: c.Plan,
		listeners: make(map[string]*listener),
	}
	rules := plan.Rules(s.routes)
	for i := range rules {
		rules[i].When = f.take(rules[i].When)
		if only := s.routes[i].Clients; only != nil {
			f.ranges(only.Allow)
			f.ranges(only.Deny)
		}
	}
	var err error
	for i := range revealed.Listeners {
		l := &revealed.Listeners[i]
		if l.Protocol == config.ProtocolTCP {
			continue
		}
		if s.listeners[l.Name], err = s.at(rules, l.Name); err != nil {
			return nil, err
		}
		s.listeners[l.Name].trusted = l.TrustedProxies
	}
	s.any, err = s.at(rules, "")
	return s, err
}

// at makes what requests of a listener meet.
func (s *side) at(rules []routing.Rule, name string) (*listener, error) {
	l := &listener{name: name, exact: s.plan.Table(name)}
	var mine []routing.Rule
	for i := range rules {
		if on := s.routes[i].Listeners; len(on) == 0 || slices.Contains(on, name) {
			mine, l.indexes = append(mine, rules[i]), append(l.indexes, i)
		}
	}
	var err error
	if l.table, err = routing.New(mine); err != nil {
		return nil, fmt.Errorf("the routes of listener %q: %w", name, err)
	}
	return l, nil
}

// rename lets a side know listeners under the names that another one has for their addresses: a
// reload keeps a socket whatever its name.
func (s *side) rename(other *config.Document) {
	for i := range other.Listeners {
		l := &other.Listeners[i]
		if s.listeners[l.Name] != nil {
			continue
		}
		for j := range s.doc.Listeners {
			mine := &s.doc.Listeners[j]
			if mine.Address == l.Address && s.listeners[mine.Name] != nil {
				s.listeners[l.Name] = s.listeners[mine.Name]
			}
		}
	}
}

// listener finds that of a request; nil: there is none of this name.
func (s *side) listener(name string) *listener {
	if name == "" {
		return s.any
	}
	return s.listeners[name]
}

// outcome says what becomes of a request. head is nil for one whose head can't be made again.
func (s *side) outcome(l *listener, e *entry, head *http1.RequestHead, a *asked) outcome {
	if l == nil {
		return outcome{route: noListener}
	}
	a.trusted = hostname.Within(l.trusted, a.peer)
	rule, reach := l.table.Lookup([]byte(e.Method), a.host, []byte(e.Path), a)
	switch reach {
	case routing.NoMethod:
		return outcome{route: noMethod}
	case routing.Found:
	default:
		return outcome{route: noRoute}
	}
	o := outcome{route: l.indexes[rule]}
	r := &s.routes[o.route]
	switch {
	case head != nil && head.Oddities != 0 && !r.AnswersItself() &&
		s.plan.Misread(l.exact, o.route, head, a) != nil:
		o.refused = gwerr.BadRequest
	case r.Clients != nil && !admits(r.Clients, a.Client()):
		o.refused = gwerr.Forbidden
	case !r.AnswersItself() && a.over(e, r.MaxBodyBytes):
		o.refused = gwerr.BodyTooLarge
	}
	return o
}

// admits says what the policy `clients` does.
func admits(c *config.RouteAddresses, client netip.Addr) bool {
	return !hostname.Within(c.Deny, client) &&
		(len(c.Allow) == 0 || hostname.Within(c.Allow, client))
}
