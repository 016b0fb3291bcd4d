package cluster

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
	"github.com/gatewayhomebrew/gateway/libs/wrr"
)

// minRetries is how many requests of a cluster may be retries at a time however few are
// active: a share of nothing is nothing (Envoy's min_retry_concurrency).
const minRetries = 3

// A Cluster is a cluster as one plan has it. Its methods may be called from any
// goroutine, and allocate nothing.
type Cluster struct {
	*plan.Cluster
	Metrics   *metrics.Cluster
	pool      *upstream.Cluster
	endpoints []Endpoint
	judged    *health.Cluster
	// schedule has indexes into endpoints; judge replaces it when weights change.
	schedule atomic.Pointer[wrr.Schedule]
	state    *state
	// counts says that the policy goes by what is in flight, so that it is counted: byLoad is
	// least_request, and hashing is nil but with hash.
	counts, byLoad bool
	hashing        *hashing
	sticky         *Sticky
	backups        []int // those with a configured weight, as indexes into endpoints
	weighted       int   // how many endpoints have one
	// sessionsOnly says that no route leads here, mirrorsOnly that no more than copies of requests
	// come here.
	sessionsOnly, mirrorsOnly bool
}

// state is what a cluster keeps from plan to plan.
type state struct {
	cursor   cursor
	retrying atomic.Int64 // requests that are being tried again
	shares   shares
	total    total
	// secret is what cookies are signed with that have no other; nil until there are some. Only
	// Swap uses it.
	secret []byte
}

// cursor is a place in a schedule. It is written for every request and every session, so
// it has a cache line of its own.
type cursor struct {
	_ [64]byte
	atomic.Uint64
	_ [64]byte
}

// An Endpoint is an endpoint of a cluster, with what is counted and known of it.
type Endpoint struct {
	*upstream.Endpoint
	Metrics *metrics.Upstream
	Health  *health.Endpoint
	load    *Load
}

// Pick chooses the endpoint for a request or a session: whose turn it is, or the less loaded of
// two, as the policy of the cluster is; nil if none may get any. Where Key says that requests are
// hashed, it is for those without a key.
func (c *Cluster) Pick() *Endpoint {
	var i int
	if c.byLoad {
		i = c.least(c.schedule.Load())
	} else {
		i = c.schedule.Load().Pick(&c.state.cursor.Uint64)
	}
	if i < 0 {
		return nil
	}
	return &c.endpoints[i]
}

// PickOther chooses another endpoint than one that has just failed, if the cluster has
// another that may get requests; otherwise that one. Like PickUntried it takes nobody's
// turn.
func (c *Cluster) PickOther(failed *Endpoint) *Endpoint {
	other := c.PickUntried(func(e *Endpoint) bool { return e.Endpoint == failed.Endpoint })
	if other == nil {
		return failed
	}
	return other
}

// PickUntried chooses the next endpoint that was not tried yet, a backup once all others were; nil
// if all were, or none may get anything. It takes nobody's turn: if it did, of two endpoints the
// broken one would be first for every request.
func (c *Cluster) PickUntried(tried func(*Endpoint) bool) *Endpoint {
	if e := c.pickServing(tried); e != nil {
		return e
	}
	for _, i := range c.backups {
		if e := &c.endpoints[i]; !tried(e) {
			return e
		}
	}
	return nil
}

// pickServing is PickUntried among the endpoints that have weight now.
func (c *Cluster) pickServing(tried func(*Endpoint) bool) *Endpoint {
	schedule, now := c.schedule.Load(), c.place()
	for k := range uint64(schedule.Len()) {
		if e := &c.endpoints[schedule.At(now+k)]; !tried(e) {
			return e
		}
	}
	return nil
}

// place is where in the schedule another endpoint is looked for: at whose turn it is, or where
// nobody takes turns by chance, or it would be the same one for all.
func (c *Cluster) place() uint64 {
	if c.counts {
		return rand.Uint64() >> 1 // so that what is added to it stays in order
	}
	return c.state.cursor.Load()
}

// Held is the endpoint where a client has an authenticated connection that waits for it; nil
// if there is none, or if it may not get requests.
func (c *Cluster) Held(o *upstream.Own) *Endpoint {
	if !o.Bound() {
		return nil
	}
	return c.pickServing(func(e *Endpoint) bool { return !o.Has(e.Endpoint) })
}

// Choices is how many endpoints PickUntried chooses from, one after the other.
func (c *Cluster) Choices() int { return c.weighted }

// MirrorsOnly reports whether nothing comes here but copies of requests, so that what becomes of
// them may tell of the health of the endpoints. Elsewhere that is for the requests to tell whose
// clients wait for an answer.
func (c *Cluster) MirrorsOnly() bool { return c.mirrorsOnly }

// BeginRetry asks whether one more request may be a retry now. budget is the share of the
// cluster's active requests, its TCP sessions included, that may be. After a true comes
// one EndRetry.
func (c *Cluster) BeginRetry(budget float64) bool {
	allowed := max(minRetries, int64(budget*float64(c.pool.Lent())))
	if c.state.retrying.Add(1) > allowed {
		c.state.retrying.Add(-1)
		return false
	}
	return true
}

// EndRetry takes a request out of the cluster's count of retries.
func (c *Cluster) EndRetry() { c.state.retrying.Add(-1) }

// judge puts what was told of the endpoints into force.
func (c *Cluster) judge(now time.Time) {
	if !c.judged.Judge(now) {
		return
	}
	next := wrr.New(c.judged.Weights())
	c.schedule.Store(next.After(c.schedule.Load(), &c.state.cursor.Uint64, nil))
	if c.hashing != nil {
		c.hashing.judge(c)
	}
	c.publish()
}

// publish tells the metrics what weights are in force.
func (c *Cluster) publish() {
	for i, w := range c.judged.Weights() {
		c.endpoints[i].Metrics.SetWeights(c.Cluster.Endpoints[i].Weight, float64(w)/health.Scale)
	}
}

// sweep closes connections that were idle for too long.
func (c *Cluster) sweep() {
	for i := range c.endpoints {
		c.endpoints[i].Sweep()
	}
}

// Size is how many endpoints there are.
func (c *Cluster) Size() int { return len(c.endpoints) }

// Weight is what the i-th endpoint is worth: as configured, and in force.
func (c *Cluster) Weight(i int) (e *Endpoint, configured int, effective float64) {
	return &c.endpoints[i], c.Endpoints[i].Weight, float64(c.judged.Weights()[i]) / health.Scale
}

// State tells of the cluster at this moment.
func (c *Cluster) State() upstream.ClusterState {
	at := func(i int) *upstream.Endpoint { return c.endpoints[i].Endpoint }
	s := c.pool.State(c.Name, c.judged.Verdicts(), at)
	s.Balance = c.Balance.String()
	if c.sticky != nil {
		s.Balance += ", sticky by cookie " + c.sticky.Name
	}
	return s
}
