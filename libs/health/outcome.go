package health

// Outcome is what became of one request to an endpoint, or of one active check.
type Outcome uint8

// The outcomes. A client that went away, and a request that the gateway refused, say nothing about
// the endpoint and are not recorded at all.
const (
	Success        Outcome = iota // an answer below 500
	ServerError                   // an answer of 500 or more
	ConnectFailure                // no connection: refused, unreachable, not in time
	TLSFailure                    // a connection, but no agreement on TLS
	Reset                         // the connection ended, or made no sense, before the answer did
	Timeout                       // no answer in time
	// an answer below 500, but later than wanted; counts as half a failure
	Slow

	outcomes = iota
)

var outcomeNames = [outcomes]string{"success", "5xx", "connect", "tls", "reset", "timeout", "slow"}

// String returns a word that is fit for a label: success, 5xx, connect, tls, reset, timeout, slow.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "unknown"
}

// Failed tells whether the outcome is a failure in full.
func (o Outcome) Failed() bool { return o != Success && o != Slow }

// Counts is how often each [Outcome] occurred; an Outcome is its index.
type Counts [outcomes]uint64

// Total returns how many requests were counted.
func (c *Counts) Total() (n uint64) {
	for _, k := range c {
		n += k
	}
	return n
}

// Failed returns how many of them failed; slow ones are not among them.
func (c *Counts) Failed() uint64 { return c.Total() - c[Success] - c[Slow] }

// Share returns the share of failures, 0 to 1, with each slow answer as half of one. It is 0 when
// nothing was counted.
func (c *Counts) Share() float64 {
	n := c.Total()
	if n == 0 {
		return 0
	}
	return c.failures() / float64(n)
}

// failures returns how many failures were counted, with each slow answer as half of one.
func (c *Counts) failures() float64 { return float64(c.Failed()) + float64(c[Slow])/2 }

// since returns what was counted after old, an earlier state of the same counters.
func (c *Counts) since(old *Counts) (d Counts) {
	for i := range c {
		d[i] = c[i] - old[i]
	}
	return d
}
