package node

import (
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/l7"
)

// mostMirrors is how many requests /mirrors tells of.
const mostMirrors = 256

// mirrors is what /mirrors tells.
func (e *edge) mirrors(route string) (all []admin.Explanation) {
	if e.engine.http == nil {
		return nil
	}
	for _, d := range e.engine.http.Mirrors().Last(mostMirrors, route) {
		one := explained(&d)
		one.Mirrors = []admin.Mirror{mirrored(&d)}
		all = append(all, one)
	}
	return all
}

// differing explains a request that went well, and whose copy was answered in another way.
func (e *edge) differing(id string) (out admin.Explanation, found bool) {
	if e.engine.http == nil {
		return out, false
	}
	for _, d := range e.engine.http.Mirrors().Find(id) {
		if !found {
			out, found = explained(&d), true
		}
		out.Mirrors = append(out.Mirrors, mirrored(&d))
	}
	return out, found
}

// mirrorsOf are the copies of a request that were answered in another way.
func (e *edge) mirrorsOf(id string) []admin.Mirror {
	out, _ := e.differing(id)
	return out.Mirrors
}

func explained(d *l7.Differing) admin.Explanation {
	return admin.Explanation{
		ID: d.ID, Time: d.Time, Client: d.Client, Listener: d.Listener, Protocol: d.Protocol,
		Method: d.Method, Host: d.Host, Path: d.Path, Route: d.Route, Status: d.Status,
		RouteWhy: routeWhy(&l7.Failure{Route: d.Route, Cluster: d.Cluster}),
		Message:  fmt.Sprintf("cluster %q answered its copy in another way", d.Mirror.Cluster),
		Hint:     "look at mirrors; what may differ goes into compare.ignore of the route's mirror",
		Attempts: []admin.Attempt{{
			Endpoint: d.Endpoint, Outcome: fmt.Sprintf("status %d", d.Status),
			DurationMS: d.Duration.Seconds() * 1000,
		}},
		DurationMS: d.Duration.Seconds() * 1000,
	}
}

func mirrored(d *l7.Differing) admin.Mirror {
	m := admin.Mirror{
		Cluster: d.Mirror.Cluster, Endpoint: d.Mirror.Endpoint, ID: d.Mirror.ID,
		Status: d.Mirror.Status, Count: d.Count,
	}
	for _, one := range d.Differences {
		m.Differences = append(m.Differences, admin.Difference{
			Part: one.Part.String(), At: one.At, Primary: one.Primary, Mirror: one.Mirror,
		})
	}
	return m
}
