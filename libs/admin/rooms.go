package admin

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// How many connections there are at once: for everything, and beside those for probes. An API that
// is not on loopback must not cost the gateway its file descriptors.
const (
	maxConnections = 192
	maxProbes      = 48
	leastProbes    = 4
	// probeTimeout is how long a connection for probes lasts.
	probeTimeout = 3 * time.Second
)

// rooms are the places of connections. Anybody can connect, and connect often, so no connection
// keeps others out for long. One that has not sent a whole request is idle, and the one that is
// idle for longest makes room for the next. Only where all are busy the next gets one of the places
// for probes, where nothing but /healthz and /readyz is answered; the oldest makes room at once.
type rooms struct {
	net.Listener
	mu     sync.Mutex
	places map[net.Conn]*place // guarded by mu
	turn   uint64              // guarded by mu; grows with each change of a place
}

// A place is a connection's.
type place struct {
	net.Conn
	rooms *rooms
	probe bool
	busy  bool        // guarded by rooms.mu; it has sent a request that is not answered yet
	since uint64      // guarded by rooms.mu; turn when it became what it is
	end   *time.Timer // ends a probe's; nil for others
}

func newRooms(l net.Listener) *rooms {
	return &rooms{Listener: l, places: map[net.Conn]*place{}}
}

// sizes are how many places there are, which depends on the descriptors that there are.
func sizes() (all, probes int) {
	reserve := netx.Allowed().Reserve
	return min(maxConnections, reserve/2), min(maxProbes, max(reserve/8, leastProbes))
}

// Accept gives each connection a place.
func (r *rooms) Accept() (net.Conn, error) {
	c, err := r.Listener.Accept()
	if err != nil {
		return nil, err
	}
	p := &place{Conn: c, rooms: r}
	for _, over := range r.take(p) {
		_ = over.Close() // it has had its time
	}
	return p, nil
}

// taken is how many connections there are.
func (r *rooms) taken() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.places)
}

// take gives a connection its place, and returns those that are to be closed for it.
func (r *rooms) take(p *place) (over []*place) {
	all, probes := sizes()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn++
	p.since = r.turn
	taken, probing := 0, 0
	var idle, oldest *place
	for _, q := range r.places {
		switch {
		case q.probe:
			probing++
			if oldest == nil || q.since < oldest.since {
				oldest = q
			}
		default:
			taken++
			if !q.busy && (idle == nil || q.since < idle.since) {
				idle = q
			}
		}
	}
	switch {
	case taken < all:
	case idle != nil:
		delete(r.places, idle.Conn)
		over = append(over, idle)
	default:
		p.probe = true
		p.end = time.AfterFunc(probeTimeout, func() { _ = p.Close() })
		if probing >= probes {
			delete(r.places, oldest.Conn)
			over = append(over, oldest)
		}
	}
	r.places[p.Conn] = p
	return over
}

// Close gives the place back.
func (p *place) Close() error {
	p.rooms.mu.Lock()
	delete(p.rooms.places, p.Conn)
	p.rooms.mu.Unlock()
	if p.end != nil {
		p.end.Stop()
	}
	return p.Conn.Close()
}

// changed is told by the server what a connection does.
func (r *rooms) changed(c net.Conn, to http.ConnState) {
	p, ok := c.(*place)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn++
	p.since, p.busy = r.turn, to == http.StateActive
}

// ofProbe is the key of what a request's context knows about its place.
type ofProbe struct{}

// mark notes in the context of a connection whether its place is for probes.
func mark(ctx context.Context, c net.Conn) context.Context {
	if p, ok := c.(*place); ok && p.probe {
		return context.WithValue(ctx, ofProbe{}, true)
	}
	return ctx
}

// crowded answers requests at places for probes.
func crowded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(ofProbe{}) == nil {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		if r.URL.Path != "/healthz" && r.URL.Path != "/readyz" {
			fail(w, gwerr.Overloaded,
				"all connections of the admin API are busy; only /healthz and /readyz are answered")
			return
		}
		next.ServeHTTP(w, r)
	})
}
