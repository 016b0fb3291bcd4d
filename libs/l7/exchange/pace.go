package exchange

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

// paceGrace is how long a request's body may be waited for before its rate counts.
const paceGrace = 30 * time.Second

// A pace holds a request's body to the rate that its listener wants (min_body_rate). The limit
// between two reads lets a byte hold a connection to an endpoint for as long as it likes, and
// that connection is worth more than the client's. Only the time counts in which the client
// was waited for: that an endpoint reads slowly is not its fault.
type pace struct {
	waited time.Duration
	came   int64
}

// pacedRead is ReadBody of the client's side, within the listener's rate.
func (x *Exchange) pacedRead(p *pace, s client.Sink) (client.End, error) {
	rate := x.Peer.Config.Limits.MinBodyRate
	if rate == 0 {
		return x.Client.ReadBody(s)
	}
	began, before := x.Env.Now(), x.received
	end, err := x.Client.ReadBody(s)
	p.waited += time.Duration(x.Env.Now() - began)
	p.came += x.received - before
	if err == nil && !end.Done && p.waited > paceGrace &&
		float64(p.came) < float64(rate)*(p.waited-paceGrace).Seconds() {
		return end, fault.ClientBelowRate
	}
	return end, err
}
