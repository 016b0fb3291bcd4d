package exchange

import (
	"strings"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// A Failure is a request that did not go well, as it is remembered for an operator who
// asks why.
type Failure struct {
	ID, Client, Listener, Protocol string
	Method, Host, Path             string
	Route, Cluster                 string // "" when none was found
	Time                           time.Time
	Duration                       time.Duration
	Status                         int
	Code                           gwerr.Code // None: the status is the upstream's
	Message                        string
	Attempts                       []Attempt
}

// An Attempt is one of a Failure's tries to get a response.
type Attempt struct {
	Endpoint string
	// Outcome is connect, reset or status, or for the last try the code of the
	// answer; "" when the response was passed on.
	Outcome string
	// Failure is why there was no connection, or what the response had against the rules; "" where
	// neither was.
	Failure string
	Status  int           // of the upstream's response; 0: there was none
	At      time.Duration // when it ended, since the start of the request
}

// remembered is how many failures are kept of each kind. What clients do wrong has a
// ring of its own, so that a flood of it does not wash away what endpoints do.
const remembered = 512

// textKept is how much is kept of a text that a client chose.
const textKept = 512

// Failures are the last requests that failed. Any goroutine may use them. The zero
// value is ready.
type Failures struct {
	mu       sync.Mutex
	upstream ring // guarded by mu
	client   ring // guarded by mu
}

type ring struct {
	entries [remembered]*Failure
	next    int
}

func (f *Failures) add(e *Failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &f.client
	asTold := e.Code == gwerr.None && e.Route != "" && e.Cluster == ""
	if e.Status >= 500 && !asTold {
		r = &f.upstream
	}
	r.entries[r.next%remembered] = e
	r.next++
}

// Find returns the failed request with the given ID, if it is among the last.
func (f *Failures) Find(id string) (Failure, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range []*ring{&f.upstream, &f.client} {
		// An ID from a trusted proxy may come twice; the newest is meant.
		for i := range remembered {
			e := r.entries[(r.next-1-i+2*remembered)%remembered]
			if e != nil && e.ID == id {
				return *e, true
			}
		}
	}
	return Failure{}, false
}

// explain remembers a request that failed. It copies: the exchange is reused.
func (x *Exchange) explain(total time.Duration) *Failure {
	f := &Failure{
		ID: string(x.id), Client: x.Peer.AddressPort, Listener: x.View.Config.Name,
		Protocol: x.protocol(), Method: clip(x.Head.MethodName),
		Host: clip(x.Head.Authority), Path: clip(x.path()),
		Time: x.start, Duration: total, Status: x.status, Code: x.code, Message: x.message,
	}
	if f.Message == "" && x.code != gwerr.None {
		f.Message = x.code.Info().Summary
	}
	if x.rule != "" {
		f.Message += " (" + x.rule + ")"
	}
	if x.route != nil {
		f.Route, f.Cluster = x.route.Name, x.target.name()
	}
	for _, t := range x.tries {
		f.Attempts = append(f.Attempts, Attempt{
			Endpoint: t.endpoint, Outcome: t.outcome, Failure: t.failure, Status: t.status,
			At: t.at,
		})
	}
	if x.endpoint != nil && x.attempts > len(x.tries) {
		last := Attempt{Endpoint: x.endpoint.Shown, Failure: x.failure, At: total}
		if x.code != gwerr.None {
			last.Outcome = x.code.String()
		} else {
			last.Status = x.status
		}
		f.Attempts = append(f.Attempts, last)
	}
	return f
}

// clip copies a text of a client's.
func clip(b []byte) string {
	if len(b) <= textKept {
		return string(b)
	}
	return strings.ToValidUTF8(string(b[:textKept]), "") + "…"
}
