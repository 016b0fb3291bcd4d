package replay

import (
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/changes"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// A Change is one thing that differs for a request.
type Change struct {
	About string `json:"about"` // listener, route, cluster, auth, limit or access
	Old   string `json:"old"`
	New   string `json:"new"`
}

// comparison is what differs between two outcomes, whatever the request.
type comparison struct {
	route   string // the old one, "" none
	changes []Change
	// clusters is the change of where requests go, nil for none. It is apart, since a request that
	// went to one cluster of several may go to the same again.
	clusters *Change
	new      map[string]bool // the clusters that the new route can choose
}

// comparer compares outcomes, each two once.
type comparer struct {
	old, new *side
	done     map[pair]*comparison
}

func newComparer(old, new *side) *comparer {
	return &comparer{old: old, new: new, done: make(map[pair]*comparison)}
}

func (c *comparer) compare(p pair) *comparison {
	x := c.done[p]
	if x == nil {
		x = c.make(p)
		c.done[p] = x
	}
	return x
}

// Keys of a route that decide who may use it, and how much, and of which a log does not tell what
// came of them.
var keysOf = map[string]string{
	"auth": "auth", "client_certificate": "auth", "rate_limit": "limit", "limit": "limit",
}

func (c *comparer) make(p pair) *comparison {
	x := &comparison{}
	if p.old.route >= 0 {
		x.route = c.old.name(p.old)
	}
	add := func(about, old, new string) {
		if old != new {
			x.changes = append(x.changes, Change{about, old, new})
		}
	}
	if p.new.route == noListener {
		add("listener", "as before", "there is none of this name and address")
		return x
	}
	add("route", c.old.name(p.old), c.new.name(p.new))
	if was, is := c.old.goes(p.old), c.new.goes(p.new); was != is {
		x.clusters = &Change{"cluster", was, is}
		x.new = c.new.clusters(p.new)
	}
	about := "access"
	if o, n := p.old.refused, p.new.refused; max(o, n) == gwerr.BodyTooLarge &&
		min(o, n) == gwerr.None {
		about = "limit"
	}
	if p.old.refused != p.new.refused {
		add(about, refusal(p.old.refused, c.old, p.old.route),
			refusal(p.new.refused, c.new, p.new.route))
	}
	if p.old.route < 0 || p.new.route < 0 {
		return x
	}
	was, is := &c.old.doc.Routes[p.old.route], &c.new.doc.Routes[p.new.route]
	for _, k := range changes.Keys(c.old.doc, c.new.doc, was, is,
		"auth", "client_certificate", "rate_limit", "limit") {
		about, old, new := keysOf[k.Key], k.Old, k.New
		if about != k.Key {
			old, new = k.Key+": "+old, k.Key+": "+new
		}
		add(about, old, new)
	}
	return x
}

// name is the route of an outcome.
func (s *side) name(o outcome) string {
	switch o.route {
	case noRoute:
		return "none, 404 " + gwerr.NoRoute.String()
	case noMethod:
		return "none, 405 " + gwerr.MethodNotAllowed.String()
	}
	return s.doc.Routes[o.route].Name
}

// goes is where requests of an outcome go.
func (s *side) goes(o outcome) string {
	if o.route < 0 {
		return "none"
	}
	r := &s.doc.Routes[o.route]
	switch {
	case r.Respond != nil:
		return fmt.Sprintf("none, the gateway answers %d", r.Respond.Status)
	case r.Redirect != nil:
		return fmt.Sprintf("none, the gateway answers %d", r.Redirect.Status)
	case len(r.Split) == 0:
		return r.Cluster
	}
	shares := make([]string, len(r.Split))
	for i, share := range r.Split {
		shares[i] = fmt.Sprintf("%s (weight %d)", share.Cluster, share.Weight)
	}
	return strings.Join(shares, ", ")
}

// clusters are those that requests of an outcome can go to.
func (s *side) clusters(o outcome) map[string]bool {
	all := make(map[string]bool)
	if o.route < 0 || s.doc.Routes[o.route].AnswersItself() {
		return all
	}
	r := &s.doc.Routes[o.route]
	if r.Cluster != "" {
		all[r.Cluster] = true
	}
	for _, share := range r.Split {
		all[share.Cluster] = all[share.Cluster] || share.Weight > 0
	}
	return all
}

// refusal says what a route refuses a request for, from what a log tells.
func refusal(code gwerr.Code, s *side, route int) string {
	why := ""
	switch code {
	case gwerr.None:
		return "taken"
	case gwerr.BadRequest:
		why = "the route does not take such a path"
	case gwerr.Forbidden:
		why = "clients"
	case gwerr.BodyTooLarge:
		why = fmt.Sprintf("max_body_bytes: %d", s.routes[route].MaxBodyBytes)
	}
	return fmt.Sprintf("refused, %d %s (%s)", code.Status(), code, why)
}

// verdict is whether something changes.
type verdict int

const (
	same verdict = iota
	may
	changed
)

// of says what changes for a request with these outcomes.
func (x *comparison) of(e *entry, told bool) (verdict, []Change) {
	v, all := same, x.changes
	if len(all) > 0 {
		v = changed
	}
	if x.clusters == nil {
		return v, all
	}
	switch went := e.Cluster; {
	case went == "" || !told: // nothing is known of this request beside its route
		v = changed
	case !x.new[went]:
		v = changed
	case len(x.chosen()) > 1:
		v = max(v, may)
	default: // it went where all go now
		return v, all
	}
	return v, append(all[:len(all):len(all)], *x.clusters)
}

// chosen are the clusters of the new route that get requests.
func (x *comparison) chosen() (names []string) {
	for name, is := range x.new {
		if is {
			names = append(names, name)
		}
	}
	return names
}
