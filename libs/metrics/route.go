package metrics

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
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

// Statuses from minStatus up to, but without, maxStatus are counted one by one; anything else, such
// as 0, is otherStatus.
const (
	minStatus   = 100
	maxStatus   = 600
	otherStatus = maxStatus
)

// maxOutcomes is how many pairs of method and status a Route tells apart. An endpoint may let its
// clients choose the status, and they must not make any number of time series of that.
const maxOutcomes = 128

// codes are the counters of one method.
type codes struct {
	pages [(otherStatus-minStatus)/len(page{}) + 1]atomic.Pointer[page]
}

// outcomes are what is counted of the requests of a Route.
type outcomes struct {
	begun   atomic.Uint64
	methods [len(methods)]atomic.Pointer[codes]
}

// at is the counter of a method and a status.
func (o *outcomes) at(method, status int) *atomic.Uint64 {
	i := status - minStatus
	return open(&open(&o.methods[method]).pages[i/len(page{})]).at(i)
}

// Route counts the requests of one route on one listener to one cluster. All its methods may be
// called at the same time.
type Route struct {
	Listener, Name, Cluster string
	plan                    uint64 // the registry's, under its mutex: the last that asked for it

	room    *room
	traffic *traffic // of all Routes of this name
	counts  spread[outcomes]
	errors  atomic.Pointer[[gwerr.Count]atomic.Uint64] // answers of the gateway's own, by code
	failed  atomic.Pointer[[cause.Count]atomic.Uint64] // requests that failed, by what for

	mu   sync.Mutex
	told map[[2]int]bool // guarded by mu; the pairs of method and status that are told apart
}

// traffic is what is counted of the requests of one route, whatever their listener and cluster.
type traffic struct {
	name string
	own  bool // the name is a label; if not, other is
	room *room
	born time.Time

	counts    spread[measures]
	exemplars exemplars // of took
}

// measures are the histograms of a route.
type measures struct {
	took           cells // on the scale durations
	received, sent cells // on the scale sizes
}

// A Request is what is counted of one that has ended.
type Request struct {
	Method []byte
	// Status is what the client got. One outside 100 to 599 counts as "other", 0 for a client that
	// went away among them.
	Status int
	// Code is that of the gateway's own answer; None: the endpoint answered, or nobody did.
	Code gwerr.Code
	Took time.Duration
	// Received and Sent are the bytes of its body, as far as it was read for an endpoint, and of
	// the response's, as content.
	Received, Sent int64
	// Trace is the request's, if it is exported; nil otherwise.
	Trace *Trace
}

// Begin counts a request that begins to be served; one [Route.Observe] follows.
func (r *Route) Begin() {
	c, alone := r.counts.here()
	if count(&c.begun, alone) {
		r.counts.clashed(r.room)
	}
}

// Active is how many requests are being served.
func (r *Route) Active() int64 {
	ended := r.ended() // first, or there could be more of these than have begun
	var begun uint64
	r.counts.each(func(o *outcomes) { begun += o.begun.Load() })
	return int64(begun - ended)
}

// Observe counts a request that has ended. Without a trace it allocates only for the first requests
// of a method and status, and of a duration and size.
func (r *Route) Observe(q Request) {
	c, alone := r.counts.here()
	method, status := methodIndex(q.Method), q.Status
	if status < minStatus || status >= maxStatus {
		status = otherStatus
	}
	at := c.at(method, status)
	if at.Load() == 0 && !r.tell(method, status) {
		at = c.at(method, otherStatus)
	}
	if count(at, alone) {
		r.counts.clashed(r.room)
	}
	if q.Code != gwerr.None {
		open(&r.errors)[q.Code].Add(1)
	}
	r.traffic.observe(&q)
}

func (t *traffic) observe(q *Request) {
	m, alone := t.counts.here()
	if m.took.add(durations, int64(q.Took), alone) {
		t.counts.clashed(t.room)
	}
	m.received.add(sizes, q.Received, false)
	m.sent.add(sizes, q.Sent, false)
	t.exemplars.keep(durations, int64(q.Took), q.Trace)
}

// tell decides whether a pair of method and status is told apart, when it is first counted.
func (r *Route) tell(method, status int) bool {
	if status == otherStatus {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	pair := [2]int{method, status}
	if r.told[pair] {
		return true
	}
	if len(r.told) >= maxOutcomes {
		return false
	}
	if r.told == nil {
		r.told = make(map[[2]int]bool)
	}
	r.told[pair] = true
	return true
}

// each calls f for every method and status that was counted.
func (r *Route) each(f func(method, code string, n uint64)) {
	var all [len(methods)][otherStatus - minStatus + 1]uint64
	r.counts.each(func(o *outcomes) {
		for m := range o.methods {
			c := o.methods[m].Load()
			if c == nil {
				continue
			}
			for p := range c.pages {
				page := c.pages[p].Load()
				if page == nil {
					continue
				}
				for i := range page {
					if n := page[i].Load(); n > 0 {
						all[m][p*len(page)+i] += n
					}
				}
			}
		}
	})
	for m := range all {
		for i, n := range all[m] {
			if n == 0 {
				continue
			}
			code := other
			if i < otherStatus-minStatus {
				code = strconv.Itoa(minStatus + i)
			}
			f(methods[m], code, n)
		}
	}
}

// ended is how many requests have ended.
func (r *Route) ended() (sum uint64) {
	r.each(func(_, _ string, n uint64) { sum += n })
	return sum
}

// leave gives back what lanes have taken.
func (r *Route) leave() { r.counts.leave(r.room) }

// Listener counts the connections of one listener.
type Listener struct {
	Name string
	plan uint64 // as in Route

	// Active is the number of open client connections: add 1 on accept, -1 on close.
	Active atomic.Int64
	// Accepted is how many there were.
	Accepted atomic.Uint64

	secured    histogram
	handshakes [handshakeReasons]atomic.Uint64 // that failed
	refused    [refusedReasons]atomic.Uint64   // connections
}

// A RefusedReason says which limit a client's connection was over that was refused.
type RefusedReason uint8

// The reasons.
const (
	// RefusedByListener is limits.max_connections of the listener.
	RefusedByListener RefusedReason = iota
	// RefusedByProcess is limits.max_connections of all listeners together.
	RefusedByProcess
	// RefusedForDescriptors is a process without file descriptors to spare.
	RefusedForDescriptors
	refusedReasons
)

// String is the value of the label reason.
func (r RefusedReason) String() string {
	return [refusedReasons]string{"listener", "process", "descriptors"}[r]
}

// Refused counts a connection that was refused.
func (l *Listener) Refused(r RefusedReason) { l.refused[r].Add(1) }

// A HandshakeReason says why a TLS handshake with a client failed.
type HandshakeReason uint8

// The reasons.
const (
	// HandshakeOther is any that the others are not: no cipher suite in common, or a message that
	// breaks the rules.
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
	// HandshakeNoCertificate is a client that shows no certificate where one is wanted.
	HandshakeNoCertificate
	// HandshakeBadCertificate is a client whose certificate is not trusted, or not valid.
	HandshakeBadCertificate
	// HandshakeVersion is a client that has no version of TLS in common.
	HandshakeVersion
	// HandshakeProtocol is a client that has no protocol in common, by ALPN.
	HandshakeProtocol
	handshakeReasons
)

// String is the value of the label reason.
func (r HandshakeReason) String() string {
	return [handshakeReasons]string{
		"other", "trailing_dot", "clear_text", "timeout", "alert", "closed",
		"no_certificate", "bad_certificate", "version", "alpn",
	}[r]
}

// HandshakeFailed counts a TLS handshake that failed.
func (l *Listener) HandshakeFailed(r HandshakeReason) { l.handshakes[r].Add(1) }

// Secured counts a TLS handshake that went well, and how long that took.
func (l *Listener) Secured(took time.Duration) { l.secured.observe(int64(took), nil) }
