package upstream

import (
	"crypto/tls"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/resolver"
)

// Options are a cluster's settings. Zero durations mean no limit.
type Options struct {
	MaxConnections int           // of all endpoints together; DefaultMaxConnections if 0
	MaxPending     int           // requests that wait for one of them; 0: none may
	ConnectTimeout time.Duration // for one connection, name resolution included
	IdleTimeout    time.Duration // how long an unused connection is kept
	// MaxAge is how old a connection may get. It gets no more requests then, and up to a
	// tenth of that earlier. Those that it has come to their end.
	MaxAge time.Duration
	// MaxRequests is how many requests a connection may have, one after another or
	// together; 0: any number.
	MaxRequests int
	// Reuse is ReuseAlways, or nothing, ReuseSafe or ReuseNever.
	Reuse string
	// TLS secures the connections, unless it is nil. The server name that is verified
	// is its own, or else the endpoint's host.
	TLS *tls.Config
	// Protocol is that of the connections: http1, or nothing, for Borrow, Dial and
	// Wait; h2 or h2c for Open. Whether they are secured is for TLS alone to say.
	Protocol string
	// Resolver finds the addresses of endpoints that have a name; nil: each connection asks
	// the system.
	Resolver *resolver.Resolver
	// Veil hides the values of secrets in the reasons why connections could not be made; nil: there
	// are none.
	Veil *config.Veil
	// Streams enforces the deadlines of HTTP/2 connections, whose limits HTTP2 are.
	Streams *http2.Watch
	HTTP2   http2.ClientOptions
	// Metrics count who waits for a connection; nil: nobody counts.
	Metrics *metrics.Cluster
	// WriteTimeout is for how long an HTTP/2 connection may take nothing of what is
	// written to it; DefaultWriteTimeout if 0.
	WriteTimeout time.Duration
}

// DefaultWriteTimeout is the WriteTimeout of a cluster that names none.
const DefaultWriteTimeout = 30 * time.Second

// DefaultMaxConnections is the limit of a cluster that names none.
const DefaultMaxConnections = 1024

// A Cluster is what the endpoints of one cluster share. Its methods may be
// called from any goroutine.
type Cluster struct {
	options atomic.Pointer[Options]
	watch   *netx.Watch
	words   int          // of an endpoint's bitmaps
	open    atomic.Int64 // connections that count against the limit
	waiting atomic.Int64
	// draining are connections that get no more requests and end with what they have.
	draining atomic.Int64

	mu sync.Mutex
	// endpoints is replaced, never changed; guarded by mu for writing.
	endpoints atomic.Pointer[[]*Endpoint]
	queue     []*waiter // guarded by mu; first come, first served
}

// NewCluster makes a cluster without endpoints.
func NewCluster(o Options, w *netx.Watch) *Cluster {
	c := &Cluster{watch: w, words: (o.withDefaults().MaxConnections + 63) / 64}
	c.endpoints.Store(new([]*Endpoint))
	c.Update(o)
	return c
}

func (o Options) withDefaults() Options {
	if o.MaxConnections == 0 {
		o.MaxConnections = DefaultMaxConnections
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = DefaultWriteTimeout
	}
	return o
}

// Update puts other options in force, for connections and waits that begin from
// now on. They must fit.
func (c *Cluster) Update(o Options) {
	o = o.withDefaults()
	c.options.Store(&o)
}

// Fits reports whether the cluster was made large enough for the options.
func (c *Cluster) Fits(o Options) bool { return o.withDefaults().MaxConnections <= c.words*64 }

// Open is how many connections the cluster has, lent and idle.
func (c *Cluster) Open() int { return int(c.open.Load() + c.draining.Load()) }

// Waiting is how many requests wait for a connection.
func (c *Cluster) Waiting() int { return int(c.waiting.Load()) }

// Lent is how many connections carry a request; of HTTP/2 connections their streams
// count. It counts, so it is not for the path of every request.
func (c *Cluster) Lent() (n int) {
	n = int(c.open.Load())
	for _, e := range *c.endpoints.Load() {
		n += e.shared.streams() - e.shared.counted() - count(e.idle) - e.own.count()
	}
	return max(n, 0)
}

func (c *Cluster) join(e *Endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := append(slices.Clone(*c.endpoints.Load()), e)
	c.endpoints.Store(&all)
}

func (c *Cluster) leave(e *Endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.DeleteFunc(slices.Clone(*c.endpoints.Load()), func(other *Endpoint) bool {
		return other == e
	})
	c.endpoints.Store(&all)
}

// reserve counts one more connection. When there are as many as there may be, an
// idle one of any endpoint makes room; else the error is ErrOverloaded.
func (c *Cluster) reserve() error {
	for c.open.Add(1) > int64(c.options.Load().MaxConnections) {
		c.open.Add(-1)
		if !c.evict() {
			return ErrOverloaded
		}
	}
	return nil
}

// evict closes an idle connection of any endpoint; false: there is none.
func (c *Cluster) evict() bool {
	for _, e := range *c.endpoints.Load() {
		if conn := e.Borrow(); conn != nil {
			conn.Discard()
			return true
		}
		if e.shared.evict() {
			return true
		}
	}
	for _, e := range *c.endpoints.Load() {
		if conn := e.own.evict(); conn != nil {
			conn.Discard() // its client may have to show who it is anew
			return true
		}
	}
	return false
}
