package cluster

import (
	"crypto/rand"
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/sticky"
)

// leastKept is the share of its configured weight, as a divisor, that an endpoint has at least to
// keep its clients. It is what a slow start begins with.
const leastKept = 10

// Sticky are the cookies that keep clients at one endpoint of a cluster.
type Sticky struct {
	// Name is the cookie's.
	Name string
	// Hides leaves it out of what goes to endpoints.
	Hides   *http1.Edits
	Metrics *metrics.Sticky
	signer  *sticky.Signer
	// attributes are those of a Set-Cookie field, but for Secure.
	attributes string
	cluster    *Cluster
}

// newSticky makes the cookies of a cluster; nil for none.
func newSticky(c *plan.Cluster, in *Cluster, m *metrics.Registry) *Sticky {
	o := c.Sticky
	if o == nil {
		return nil
	}
	secret := []byte(o.Secret)
	if len(secret) == 0 {
		secret = in.state.ownSecret()
	}
	s := &Sticky{
		Name: o.Cookie, Hides: http1.Change{Cookies: []string{o.Cookie}}.New(),
		cluster: in, Metrics: m.Sticky(c.Name),
		signer: sticky.New(secret, c.Name, addresses(c.Endpoints), o.TTL),
	}
	s.attributes = "; Path=/; HttpOnly; SameSite=Lax"
	if o.TTL > 0 {
		s.attributes += "; Max-Age=" + strconv.FormatInt(int64(o.TTL/time.Second), 10)
	}
	return s
}

// ownSecret is a secret that nobody knows but this process.
func (s *state) ownSecret() []byte {
	if s.secret == nil {
		s.secret = make([]byte, 32)
		_, _ = rand.Read(s.secret) // it never fails
	}
	return s.secret
}

// Sticky are the cluster's cookies; nil where there are none.
func (c *Cluster) Sticky() *Sticky { return c.sticky }

// Read returns the endpoint that the value of a cookie is for; nil if that is gone, or health has
// left so little of its weight that its clients are better off elsewhere. fresh says that the
// client needs no new cookie yet, ok that the value was made here and holds still.
func (s *Sticky) Read(value []byte, now time.Time) (e *Endpoint, fresh, ok bool) {
	i, left, ok := s.signer.Read(value, now)
	if !ok || i < 0 {
		return nil, false, ok
	}
	weight, full := s.cluster.judged.Weights()[i], s.cluster.Cluster.Endpoints[i].Weight
	if weight == 0 || leastKept*weight < full*health.Scale {
		return nil, false, true
	}
	return &s.cluster.endpoints[i], !s.signer.Stale(left), true
}

// AppendLine appends a Set-Cookie line that keeps a client at an endpoint of the cluster.
func (s *Sticky) AppendLine(dst []byte, e *Endpoint, secure bool, now time.Time) []byte {
	for i := range s.cluster.endpoints {
		if s.cluster.endpoints[i].Endpoint != e.Endpoint {
			continue
		}
		dst = append(append(append(dst, "Set-Cookie: "...), s.Name...), '=')
		dst = append(s.signer.Append(dst, i, now), s.attributes...)
		if secure {
			dst = append(dst, "; Secure"...)
		}
		return append(dst, "\r\n"...)
	}
	return dst
}
