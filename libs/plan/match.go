package plan

import (
	"slices"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/routing"
)

// Rules returns what the routes of a document match, in their order. Values of secrets stand where
// the document, revealed, has them.
func Rules(routes []config.Route) []routing.Rule {
	rules := make([]routing.Rule, len(routes))
	for i := range routes {
		r := &routes[i]
		rules[i] = routing.Rule{
			Name: r.Name, Hosts: r.Hosts, Path: r.Path, PathPrefix: r.PathPrefix,
			PathRegex: r.PathRegex, Methods: r.Methods, When: when(r.When),
		}
	}
	return rules
}

// when is what a route's conditions are to the routing table.
func when(w *config.When) *routing.When {
	if w == nil {
		return nil
	}
	return &routing.When{
		Headers: tests(w.Headers), Query: tests(w.Query), Cookies: tests(w.Cookies),
		Clients: w.Clients,
	}
}

func tests(all map[string]config.Match) map[string]routing.Test {
	out := make(map[string]routing.Test, len(all))
	for name, m := range all {
		test := routing.Test{
			Exact: m.Exact, Prefix: m.Prefix, Suffix: m.Suffix, Regex: m.Regex, Present: m.Present,
		}
		if m.Not != nil {
			test.Not = &routing.Test{Exact: m.Not}
		}
		out[name] = test
	}
	return out
}

// A Table finds the routes of the requests of a listener. It does not change.
type Table struct {
	table *routing.Table
	// routes are the rules' indexes into Plan.Routes; nil: they are the same.
	routes []int
	rules  []routing.Rule
}

// Match finds the route of a request: an index into Plan.Routes when the outcome is routing.Found.
// q is asked where routes have conditions. It allocates nothing.
func (t *Table) Match(method, host, path []byte, q routing.Request) (int, routing.Reach) {
	i, reach := t.table.Lookup(method, host, path, q)
	if t.routes != nil && i >= 0 {
		i = t.routes[i]
	}
	return i, reach
}

// Explain says of each rule of the table why a request is for its route, or not. It is for
// questions of people: it looks at all rules.
func (t *Table) Explain(
	method, host, path string, q routing.Request,
) ([]routing.Rule, routing.Explanation) {
	return t.rules, routing.Explain(t.rules, method, host, path, q)
}

// Allow is the value of the Allow field of a 405 answer.
func (t *Table) Allow(host, path []byte, q routing.Request) string {
	return t.table.Allow(host, path, q)
}

// Table is that of a listener, by name. One that the plan does not have, and whose connections have
// not ended yet, has the routes that are for any listener.
func (p *Plan) Table(listener string) *Table {
	if t := p.tables[listener]; t != nil {
		return t
	}
	return p.tables[""]
}

// newTables makes the tables of the listeners, and that of any other, which is "". Listeners with
// the same routes share one.
func newTables(doc *config.Document) (map[string]*Table, error) {
	rules := Rules(doc.Routes)
	tables, shared := make(map[string]*Table), make(map[string]*Table)
	add := func(listener string) error {
		mine, routes, key := bound(doc.Routes, rules, listener)
		t := shared[key]
		if t == nil {
			table, err := routing.New(mine)
			if err != nil {
				return err
			}
			t = &Table{table: table, routes: routes, rules: mine}
			shared[key] = t
		}
		tables[listener] = t
		return nil
	}
	for i := range doc.Listeners {
		if err := add(doc.Listeners[i].Name); err != nil {
			return nil, err
		}
	}
	return tables, add("")
}

// bound returns the rules of a listener with their indexes, nil for all, and a key that is the same
// for the same ones.
func bound(routes []config.Route, rules []routing.Rule, listener string,
) (mine []routing.Rule, indexes []int, key string) {
	if !slices.ContainsFunc(routes, func(r config.Route) bool { return len(r.Listeners) > 0 }) {
		return rules, nil, "all"
	}
	indexes = []int{}
	var b []byte
	for i := range routes {
		if on := routes[i].Listeners; len(on) == 0 || slices.Contains(on, listener) {
			mine, indexes = append(mine, rules[i]), append(indexes, i)
			b = append(strconv.AppendInt(b, int64(i), 10), ' ')
		}
	}
	return mine, indexes, string(b)
}
