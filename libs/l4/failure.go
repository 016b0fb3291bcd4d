package l4

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
)

// A Failure is a session that did not go well, as it is remembered for an operator who asks why.
type Failure struct {
	ID, Client, Listener string
	// Name is the server name that the client asked for, where the listener routes by it.
	Name              string
	Cluster           string // "" when none was found
	Time              time.Time
	Duration          time.Duration
	Reason            Reason
	Cause             *cause.Cause
	Attempts          []Attempt
	BytesIn, BytesOut int64
	// Endpoints are those of the cluster, with the weights that they had when the session ended;
	// More is how many are not among them.
	Endpoints []cluster.Worth
	More      int
	// Digest is that of the configuration by which it was accepted.
	Digest string
}

// An Attempt is one of a Failure's tries to connect to an endpoint.
type Attempt struct {
	Endpoint string
	Cause    *cause.Cause  // why it failed; nil where it took the connection
	At       time.Duration // when that was, since the start of the session
}

// remember keeps a session that ended for why, for an operator who asks.
func (s *session) remember(r Reason, client []byte, lasted time.Duration, why *cause.Cause) {
	f := &Failure{
		ID: string(s.id[:]), Client: string(client), Listener: s.here.config.Name, Name: s.name,
		Time: s.start, Duration: lasted, Reason: r, Cause: why, Attempts: s.tries,
		BytesIn: s.in.moved.Load(), BytesOut: s.out.moved.Load(), Digest: s.here.digest,
	}
	if s.up != nil {
		f.Attempts = append(f.Attempts, Attempt{s.endpoint.Shown, nil, s.connected})
	}
	c := s.cluster.Load()
	if c != nil {
		f.Cluster = c.Name
		f.Endpoints, f.More = c.Worth(&s.engine.judging)
	}
	// A client that finds the door full, or has a name that nobody knows, may come again and again.
	theirs := reasons[r].fault != upstreams && (c == nil || r == ClientReset)
	s.engine.failures.Add(f.ID, s.start.Add(lasted), f.size(), theirs, f)
}

// size is how many bytes a record takes, about.
func (f *Failure) size() int {
	const fixed, each = 512, 96
	n := fixed + len(f.Name) + len(f.Cause.Text) + each*(len(f.Attempts)+len(f.Endpoints))
	for _, a := range f.Attempts {
		if a.Cause != nil {
			n += each + len(a.Cause.Text)
		}
	}
	for _, e := range f.Endpoints {
		n += len(e.Reason)
	}
	return n
}

// Failures are the last sessions that did not go well, the newest first.
func (e *Engine) Failures(most int) []*Failure { return e.failures.Last(most) }

// Why is the session with this ID, if it is among the last that did not go well.
func (e *Engine) Why(id string) (*Failure, bool) { return e.failures.Find(id) }
