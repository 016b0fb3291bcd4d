package cluster

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/frugal"
)

// A Worth is what an endpoint is worth at a moment.
type Worth struct {
	Endpoint   string
	Configured int
	Effective  float64
	Reason     string // why the two differ, or not; "" where too many ask to find out
}

// Worth is what the first endpoints of the cluster are worth now, and how many there are more. To
// find the reasons takes as long as there are endpoints, so they are there only with a turn.
func (c *Cluster) Worth(turn *frugal.Turn) (all []Worth, more int) {
	n := min(c.Size(), mostListed)
	all = make([]Worth, 0, n)
	if began := time.Now(); turn.Begin(began) {
		defer turn.End(began)
		for _, e := range c.State().Endpoints[:n] {
			all = append(all, Worth{e.Address, e.Weight, e.Effective, e.Reason})
		}
		return all, c.Size() - n
	}
	for i := range n {
		e, configured, effective := c.Weight(i)
		all = append(all, Worth{e.Shown, configured, effective, ""})
	}
	return all, c.Size() - n
}
