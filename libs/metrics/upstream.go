package metrics

import (
	"math"
	"sync/atomic"
	"time"
)

// An UpstreamResult is what came of sending a request to an endpoint.
type UpstreamResult uint8

// The results. A response counts by the class of the status in its head, whatever its body is like.
const (
	Upstream1xx      UpstreamResult = iota // it has changed the protocol
	Upstream2xx                            //
	Upstream3xx                            //
	Upstream4xx                            //
	Upstream5xx                            //
	UpstreamOther                          // a status that HTTP does not have
	UpstreamConnect                        // there was no connection
	UpstreamTLS                            // there was none that is secure
	UpstreamTimeout                        // no head came in time, or the body was not taken
	UpstreamReset                          // the endpoint closed the connection
	UpstreamProtocol                       // what came is no HTTP, or breaks its rules
	UpstreamClient                         // the client ended it before there was a head
	UpstreamGateway                        // the gateway did

	upstreamResults = iota
)

var upstreamNames = [upstreamResults]string{
	"1xx", "2xx", "3xx", "4xx", "5xx", other, "connect", "tls", "timeout", "reset", "protocol",
	"client", "gateway",
}

// A Connecting is what came of making a connection to an endpoint.
type Connecting uint8

// The results.
const (
	Connected       Connecting = iota
	ConnectFailed              // no connection
	HandshakeFailed            // a connection, but no TLS

	connectings = iota
)

var connectingNames = [connectings]string{"opened", "failed", "tls_failed"}

// Upstream counts what one endpoint of a cluster does. All its methods may be called at the same
// time. Those that count may be called on nil, which counts nothing.
type Upstream struct {
	Cluster, Endpoint string
	plan              uint64 // as in Route
	own               bool   // the endpoint is a label; if not, other is

	gone        atomic.Bool
	connections atomic.Pointer[func() (active, idle int)]
	configured  atomic.Int64
	effective   atomic.Uint64 // bits of a float64

	room       *room
	results    spread[[upstreamResults]atomic.Uint64]
	connecting [connectings]atomic.Uint64

	responses, connects, handshakes histogram
}

func newUpstream(cluster, endpoint string, own bool, r *room) *Upstream {
	return &Upstream{
		Cluster: cluster, Endpoint: endpoint, own: own, room: r,
		responses:  newHistogram(durations, r),
		connects:   newHistogram(durations, r),
		handshakes: newHistogram(durations, r),
	}
}

// SetWeights publishes the endpoint's weight in the configuration and the one in force.
func (u *Upstream) SetWeights(configured int, effective float64) {
	u.configured.Store(int64(configured))
	u.effective.Store(math.Float64bits(effective))
}

// SetConnections tells where to read how many open connections there are, by whether they carry a
// request, and that the endpoint is one of the plan in force.
func (u *Upstream) SetConnections(read func() (active, idle int)) {
	u.connections.Store(&read)
	u.gone.Store(false)
}

// Connections is how many open connections there are, by whether they carry a request.
func (u *Upstream) Connections() (active, idle int) {
	if read := u.connections.Load(); read != nil {
		return (*read)()
	}
	return 0, 0
}

// Leave says that the plan in force does not have the endpoint. It has no weight then; what it has
// counted is still shown.
func (u *Upstream) Leave() { u.gone.Store(true) }

// Responded counts the head of a response: its status, and the time since the first byte of the
// request was sent. t is as in Request.
func (u *Upstream) Responded(status int, took time.Duration, t *Trace) {
	result := UpstreamOther
	if class := status/100 - 1; status >= 100 && class <= int(Upstream5xx) {
		result = UpstreamResult(class)
	}
	u.Count(result)
	u.responses.observe(int64(took), t)
}

// Count counts what came of sending a request, where that is no response.
func (u *Upstream) Count(result UpstreamResult) {
	c, alone := u.results.here()
	if count(&c[result], alone) {
		u.results.clashed(u.room)
	}
}

// Connected counts a connection that was made, and how long that took, without TLS. Whether it can
// be used, Secured or Failed say.
func (u *Upstream) Connected(took time.Duration) {
	if u != nil {
		u.connects.observe(int64(took), nil)
	}
}

// Secured counts a TLS handshake that went well, and how long that took.
func (u *Upstream) Secured(took time.Duration) {
	if u != nil {
		u.handshakes.observe(int64(took), nil)
	}
}

// Tried counts what came of making a connection.
func (u *Upstream) Tried(c Connecting) {
	if u != nil {
		u.connecting[c].Add(1)
	}
}

// leave gives back what lanes have taken.
func (u *Upstream) leave() {
	u.results.leave(u.room)
	for _, h := range []*histogram{&u.responses, &u.connects, &u.handshakes} {
		h.counts.leave(u.room)
	}
}

// sums are the results, of all lanes.
func (u *Upstream) sums() (out [upstreamResults]uint64) {
	u.results.each(func(c *[upstreamResults]atomic.Uint64) {
		for i := range c {
			out[i] += c[i].Load()
		}
	})
	return out
}
