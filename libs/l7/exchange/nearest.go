package exchange

import (
	"slices"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/routing"
)

// mostNearest is how many routes are told of that are nearest to a request.
const mostNearest = 5

// nearest are the routes that come nearest to a request that none is for, with what does not match.
// It is nil where too many ask; gateway config show --route says it at any time.
func (x *Exchange) nearest() []Candidate {
	began := time.Now()
	if !x.Env.searching.Begin(began) {
		return nil
	}
	defer x.Env.searching.End(began)
	host, path := string(x.Head.Authority), string(x.Head.Path)
	rules, e := x.View.Table.Explain(string(x.Head.MethodName), host, path, asked{x})
	near := slices.Clone(e.Findings)
	slices.SortStableFunc(near, func(a, b routing.Finding) int {
		if a.Matches != b.Matches {
			return int(b.Matches) - int(a.Matches)
		}
		return alike(&rules[b.Rule], host, path) - alike(&rules[a.Rule], host, path)
	})
	var all []Candidate
	for _, f := range near[:min(len(near), mostNearest)] {
		all = append(all, Candidate{
			Route: rules[f.Rule].Name, Why: clip([]byte(x.View.Plan.Veil.Text(f.Why))),
		})
	}
	return all
}

// alike is how much a rule has in common with a request: the end of a host, the beginning of the
// path.
func alike(r *routing.Rule, host, path string) int {
	best := 0
	for _, h := range r.Hosts {
		n := 0
		for n < len(h) && n < len(host) && h[len(h)-1-n] == host[len(host)-1-n] {
			n++
		}
		best = max(best, n)
	}
	for _, p := range []string{r.Path, r.PathPrefix} {
		n := 0
		for n < len(p) && n < len(path) && p[n] == path[n] {
			n++
		}
		if strings.Contains(path, p) {
			n++
		}
		best = max(best, n)
	}
	return best
}
