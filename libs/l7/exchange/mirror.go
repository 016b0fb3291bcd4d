package exchange

import (
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/heads"
	"github.com/gatewayhomebrew/gateway/libs/l7/mirror"
)

// mirror begins the copies of the request for the clusters that its route mirrors it to. There is
// one for each, however often the request itself is tried. One whose body is all there is sent, and
// the others are when it is.
func (x *Exchange) mirror() {
	x.copies = x.mem.copies[:0]
	for i := range x.route.Mirrors {
		t := &x.route.Mirrors[i]
		if !t.Drawn() {
			continue
		}
		e := x.balancedIn(t.Cluster)
		h := mirror.Head{
			Method: x.Head.Method, Chunked: x.Head.Chunked, Length: x.Head.ContentLength,
			Binds: x.Head.ConnectionAuth(), Upgrade: len(x.Head.Upgrade) > 0,
			Header: x.Peer.ProxyHeader(t.Cluster.ProxyProtocol, &t.Cluster.Extensions),
		}
		if e != nil {
			x.writeCopy(t.Cluster, e, i)
			h.Text, h.Span = x.mem.copied, x.copySpan(t.Cluster, e, i)
		}
		if c := x.Env.Mirrors.Begin(t, e, &h); c != nil {
			x.copies = append(x.copies, c)
		}
	}
	x.mem.copies = x.copies[:0]
	switch {
	case len(x.copies) == 0:
	case x.Whole:
		x.putCopies(x.Body)
		x.sendCopies()
	case x.gathered:
		x.putCopies(x.kept.data)
		if x.kept.whole {
			x.sendCopies()
		}
	}
}

// writeCopy writes the head of a copy down: that of the request as its own endpoint gets it, Host
// included, but for what depends on the cluster. The body is complete when it is sent, so nobody is
// asked for it.
func (x *Exchange) writeCopy(c *cluster.Cluster, e *cluster.Endpoint, n int) {
	q := heads.Request{
		Head: &x.Head, Client: &x.Peer.Client, Version: x.version(), ID: x.id,
		Endpoint: e.Address, Rewrite: &x.route.Rewrite, Edits: x.seen.Edits, Facts: &x.seen,
		Pseudonym: x.Env.Pseudonym, NoVia: c.Via == config.ViaOff,
		Slashes: !x.route.PathNormalization.MergeSlashes,
		Left:    x.seen.Call.Left(), Continued: true, Trace: x.copied(n),
	}
	x.mem.copied = q.Append(x.mem.copied[:0])
}

func (x *Exchange) putCopies(data []byte) {
	if len(data) == 0 {
		return
	}
	for _, c := range x.copies {
		c.Put(data)
	}
}

// sendCopies sends the copies, whose body has come to its end.
func (x *Exchange) sendCopies() {
	for _, c := range x.copies {
		c.Send(x.kept.trailer)
	}
}

// showMirrors shows the head of the response to those who compare it with that to their copy. kind
// and length are those of its body.
func (x *Exchange) showMirrors(kind http1.Framing, length int64) {
	if kind != http1.LengthBody {
		length = -1
	}
	for _, c := range x.copies {
		if c.Responded(&x.mem.head, length) {
			x.collating = true
		}
	}
}

// collate shows a piece of the response's body to them, as it came.
func (x *Exchange) collate(data []byte) {
	x.collating = false
	for _, c := range x.copies {
		if c.Body(data) {
			x.collating = true
		}
	}
}

// endMirrors lets go of the copies: the request is over.
func (x *Exchange) endMirrors() {
	if x.copies == nil {
		return
	}
	copies := x.copies
	x.copies = nil
	for i, c := range copies {
		c.Ended(x.passed, x.mem.body.Trailer, x.about)
		copies[i] = nil
	}
}

// about tells of the request to those who look at differences. It copies: the exchange is reused.
func (x *Exchange) about() mirror.Request {
	r := mirror.Request{
		ID: string(x.id), Client: x.Peer.AddressPort, Listener: x.View.Config.Name,
		Protocol: x.protocol(), Method: clip(x.Head.MethodName),
		Host: clip(x.Head.Authority), Path: clip(x.path()),
		Cluster: x.target.name(), Time: x.start, Duration: x.since(),
	}
	if x.endpoint != nil {
		r.Endpoint = x.endpoint.Shown
	}
	return r
}
