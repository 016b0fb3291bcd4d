package probe

import (
	"cmp"
	"crypto/tls"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/resolver"
)

// A Target is an endpoint, and what it is asked.
type Target struct {
	Cluster string
	Address string // host:port
	Shown   string // what logs and metrics call it, where the address is a secret; else ""
	Check   config.ActiveHealth
	// Protocol is the cluster's: what a check of type http speaks.
	Protocol string
	// TLS secures the connection, unless it is nil. The server name that is verified is
	// its own, or else the host of the address.
	TLS *tls.Config
	// ProxyProtocol is the version of the PROXY header that the endpoint expects, as the
	// cluster has it.
	ProxyProtocol string
	// Resolver finds the addresses of a name; nil asks the system each time.
	Resolver *resolver.Resolver
	// Veil hides the values of secrets in the reason why a check failed; nil: there are none.
	Veil *config.Veil
	// Health is told what came of each check.
	Health *health.Endpoint
}

// key is what makes a target the same in two plans.
type key struct{ cluster, shown string }

func (t *Target) key() key { return key{t.Cluster, t.shown()} }

func (t *Target) shown() string { return cmp.Or(t.Shown, t.Address) }

// interval is the check's, or what it is at least: a document from code may have none.
func (t *Target) interval() time.Duration { return max(t.Check.Interval, 100*time.Millisecond) }

// asksAs reports whether the answer to one target is an answer to the other.
func (t *Target) asksAs(other *Target) bool {
	return t.Check == other.Check && t.Address == other.Address && t.Protocol == other.Protocol &&
		t.ProxyProtocol == other.ProxyProtocol && (t.TLS == nil) == (other.TLS == nil)
}

// A Kind is how a check went.
type Kind uint8

// The kinds.
const (
	Passed  Kind = iota
	Answer       // an answer, but not a good one
	Connect      // no connection: refused, unreachable, not in time
	TLS          // a connection, but no agreement on TLS
	Reset        // the connection ended, or what came made no sense, before the answer did
	Timeout      // no answer in time

	kinds = iota
)

// String returns a word that is fit for a label: passed, answer, connect, tls, reset,
// timeout.
func (k Kind) String() string {
	return [kinds]string{"passed", "answer", "connect", "tls", "reset", "timeout"}[k]
}

// Outcome is the kind as health counts it.
func (k Kind) Outcome() health.Outcome {
	return [kinds]health.Outcome{
		health.Success, health.ServerError, health.ConnectFailure, health.TLSFailure, health.Reset,
		health.Timeout,
	}[k]
}

// A Result is what came of a check.
type Result struct {
	Kind   Kind
	Reason string // in words, for people: "connection refused"
	Began  time.Time
	Took   time.Duration
}
