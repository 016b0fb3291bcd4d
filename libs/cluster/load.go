package cluster

import "sync/atomic"

// A Load counts the requests and sessions that an endpoint has in flight. It goes on from plan to
// plan. It is kept only where the policy of the cluster goes by it.
type Load struct {
	_   [64]byte // written for every request: keep the cache line
	n   atomic.Int64
	sum *total
	_   [64]byte
}

// total is the sum of the loads of a cluster, those of endpoints that are gone included.
type total struct {
	_ [64]byte
	n atomic.Int64
	_ [64]byte
}

// Begin counts a request or a session that is for an endpoint. It returns what ends it: nil where
// nothing is counted.
func (c *Cluster) Begin(e *Endpoint) *Load {
	if !c.counts {
		return nil
	}
	e.load.n.Add(1)
	e.load.sum.n.Add(1)
	return e.load
}

// End takes back what Begin has counted. It may be nil.
func (l *Load) End() {
	if l == nil {
		return
	}
	l.n.Add(-1)
	l.sum.n.Add(-1)
}
