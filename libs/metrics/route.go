package metrics

import (
	"math"
	"strconv"
	"sync/atomic"
	"time"
)

// methods are the values of the label method; anything else is "other", so that clients can't make
// new time series.
var methods = [...]string{
	"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", other,
}

const other = "other"

// methodIndex returns the place of a method in methods.
func methodIndex(m []byte) int {
	switch string(m) {
	case "GET":
		return 0
	case "HEAD":
		return 1
	case "POST":
		return 2
	case "PUT":
		return 3
	case "DELETE":
		return 4
	case "CONNECT":
		return 5
	case "OPTIONS":
		return 6
	case "TRACE":
		return 7
	case "PATCH":
		return 8
	}
	return len(methods) - 1
}

// Statuses are counted in classes of a hundred, the last for what is no status. A class is made
// when it is first counted.
const (
	minStatus = 100
	classes   = 5
)

type class [100]atomic.Uint64

// Route counts the requests of one route on one listener to one cluster. All its methods may be
// called at the same time.
type Route struct {
	Listener, Name, Cluster string
	plan                    uint64 // the registry's, under its mutex: the last that asked for it

	// Active is the number of requests that are being served: add 1 at the start, -1 at the end.
	Active atomic.Int64

	duration histogram
	requests [len(methods)][classes + 1]atomic.Pointer[class]
}

// Observe counts a request that has ended. status is what the client got; a status outside 100 to
// 599 counts as "other", 0 for a client that went away among them. It allocates only for the first
// request of a method and status class.
func (r *Route) Observe(method []byte, status int, d time.Duration) {
	r.duration.observe(d)
	place, inClass := classes, 0
	if s := uint(status - minStatus); s < classes*100 {
		place, inClass = int(s/100), int(s%100)
	}
	at := &r.requests[methodIndex(method)][place]
	c := at.Load()
	if c == nil {
		c = new(class)
		if !at.CompareAndSwap(nil, c) {
			c = at.Load()
		}
	}
	c[inClass].Add(1)
}

// each calls f for every method and status that was counted.
func (r *Route) each(f func(method, code string, n uint64)) {
	for m := range r.requests {
		for place := range r.requests[m] {
			c := r.requests[m][place].Load()
			if c == nil {
				continue
			}
			for i := range c {
				if n := c[i].Load(); n > 0 {
					code := other
					if place < classes {
						code = strconv.Itoa(minStatus + 100*place + i)
					}
					f(methods[m], code, n)
				}
			}
		}
	}
}

// Upstream counts what one endpoint of a cluster does. All its methods may be called at the same
// time.
type Upstream struct {
	Cluster, Endpoint string
	plan              uint64 // as in Route

	// Active and Idle are the numbers of open connections that carry a request and that wait for
	// one.
	Active, Idle atomic.Int64

	configured atomic.Int64
	effective  atomic.Uint64 // bits of a float64

	duration histogram
}

// SetWeights publishes the endpoint's weight in the configuration and the one in force.
func (u *Upstream) SetWeights(configured int, effective float64) {
	u.configured.Store(int64(configured))
	u.effective.Store(math.Float64bits(effective))
}

// Observe counts a response: the time from the first byte of the request sent to the head of the
// response.
func (u *Upstream) Observe(d time.Duration) { u.duration.observe(d) }

// Listener counts the connections of one listener.
type Listener struct {
	Name string
	plan uint64 // as in Route

	// Active is the number of open client connections: add 1 on accept, -1 on close.
	Active atomic.Int64

	handshakes [handshakeReasons]atomic.Uint64 // that failed
}

// A HandshakeReason says why a TLS handshake with a client failed.
type HandshakeReason uint8

// The reasons.
const (
	// HandshakeOther is any that the others are not: no version, cipher suite or protocol in
	// common, a certificate that is not trusted, or a message that breaks the rules.
	HandshakeOther HandshakeReason = iota
	// HandshakeTrailingDot is a server name that ends with a dot (RFC 6066 section 3 forbids it).
	HandshakeTrailingDot
	// HandshakeClearText is a client that does not speak TLS.
	HandshakeClearText
	// HandshakeTimeout is a client that did not complete it in time.
	HandshakeTimeout
	// HandshakeAlert is a client that ended it with an alert: it does not trust the certificate,
	// most often.
	HandshakeAlert
	// HandshakeClosed is a client that closed the connection.
	HandshakeClosed
	handshakeReasons
)

// String is the value of the label reason.
func (r HandshakeReason) String() string {
	return [handshakeReasons]string{
		"other", "trailing_dot", "clear_text", "timeout", "alert", "closed",
	}[r]
}

// HandshakeFailed counts a TLS handshake that failed.
func (l *Listener) HandshakeFailed(r HandshakeReason) { l.handshakes[r].Add(1) }
