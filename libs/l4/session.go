package l4

import (
	"context"
	"errors"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/cluster"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/recall"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// session is one client connection with, later, one connection to an endpoint. One
// goroutine sets it up; then each direction has one, and the one that ends last takes
// it down. Others may only cut it.
type session struct {
	engine   *Engine
	listener *Listener
	here     *here // as it was accepted: its limits count
	place    *door.Place
	client   *netx.Sock
	start    time.Time
	end      int64 // on the watch's clock: when timeouts.overall is over; 0: never

	id   [2 * recall.IDLength]byte // for gateway why
	name string                    // that the client asked for, where that counts

	// from is the client and to what it connected to, by its own address or by what
	// the PROXY header says.
	from, to netip.AddrPort
	// extensions are those of the PROXY header: a part of the head, and gone with it.
	extensions []byte

	cluster  atomic.Pointer[cluster.Cluster] // nil until routed
	endpoint *cluster.Endpoint               // the last that was tried
	waited   bool                            // in line for a connection to it
	load     *cluster.Load                   // what counts the session there; nil: nothing does

	in, out direction // from the client, to the client
	running atomic.Int32
	reason  atomic.Uint32
	half    atomic.Bool // one side has ended, and the other was told
	// the endpoint broke off, and the client had ended before: all is said
	late   atomic.Bool
	unread atomic.Bool // the endpoint has ended TLS before it has read anything
	// why the endpoint is of no use; under mu while directions run
	cause     *cause.Cause
	tries     []Attempt                   // that failed
	connected time.Duration               // when an endpoint took the connection, since start
	told      atomic.Pointer[cause.Cause] // what was found beside the reason, where it happened

	mu     sync.Mutex
	isCut  bool               // guarded by mu
	cancel context.CancelFunc // guarded by mu; ends the connecting that is underway
	up     *upstream.Conn     // guarded by mu until it is connected; then it stays
	kept   bool               // guarded by mu; the endpoint gets keep-alives
}

func newSession(l *Listener, h *here, client *netx.Sock) *session {
	s := &session{engine: l.engine, listener: l, here: h, client: client, start: time.Now()}
	recall.AppendID(s.id[:0])
	s.from, s.to = plain(client.RemoteAddr()), plain(client.LocalAddr())
	if overall := h.config.Timeouts.Overall; overall > 0 {
		s.end = s.engine.watch.Now() + int64(overall+netx.Interval) // the clock is up to a tick old
	}
	client.WriteTimeout = s.patience()
	return s
}

// patience is how long a read or a write may wait from now on before somebody looks
// whether that is too long; 0 is for ever.
func (s *session) patience() time.Duration {
	d := s.idle()
	if s.end != 0 {
		left := max(time.Duration(s.end-s.engine.watch.Now()), time.Millisecond)
		if d == 0 || left < d {
			d = left
		}
	}
	return d
}

// idle is how long the session may be without a byte; 0 is for ever. Once one side has ended it is
// less: the other one may never notice.
func (s *session) idle() time.Duration {
	t := &s.here.config.Timeouts
	if s.half.Load() && t.HalfClosed > 0 && (t.Idle == 0 || t.HalfClosed < t.Idle) {
		return t.HalfClosed
	}
	return t.Idle
}

// mostName is the length of the longest server name that is remembered (RFC 1035 section 2.3.4).
const mostName = 255

// serve sets the session up.
func (s *session) serve() {
	defer func() {
		if p := recover(); p != nil {
			s.failed(p)
			s.close()
		}
	}()
	h, early, name := s.readHead()
	if s.why() == none {
		s.name = string(name[:min(len(name), mostName)])
		s.route(name)
	}
	if s.why() == none {
		s.connect()
	}
	if s.why() == none {
		s.introduce(early)
	}
	s.extensions = nil
	h.release()
	if s.why() != none {
		s.close()
		return
	}
	s.running.Store(2)
	// Both begin on small stacks: what connecting needed is given back with this one.
	go s.in.run()
	go s.out.run()
}

// look is called now and then. It counts, and returns the connection to the endpoint
// once, when the session is no longer a short one.
func (s *session) look(now time.Time) *upstream.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count()
	if s.kept || now.Sub(s.start) < lasting {
		return nil
	}
	s.kept = s.up != nil
	return s.up
}

// route finds the cluster, by the plan in force now. A Swap that does not see it yet
// has published its plan before.
func (s *session) route(name []byte) {
	for {
		h := s.listener.here.Load()
		i := h.sessions.Cluster(name)
		if i < 0 {
			s.told.Store(unrouted(name))
			s.settle(NoRoute)
			s.alert()
			return
		}
		s.cluster.Store(h.clusters[i])
		if s.listener.here.Load() == h {
			return
		}
	}
}

// alert tells a TLS client that there is nothing by the name it asked for (RFC 6066
// section 3).
func (s *session) alert() {
	_, _ = s.client.Write([]byte{21, 3, 1, 0, 2, 2, 112}) // fatal, unrecognized_name
}

// introduce sends the endpoint what the client has sent already.
func (s *session) introduce(early []byte) {
	s.in.begin(s, s.client, s.up.Sock)
	s.out.begin(s, s.up.Sock, s.client)
	s.up.WriteTimeout = s.patience()
	if len(early) > 0 && !s.in.pass(early) {
		s.finish(&s.in, s.in.at, s.in.err)
	}
}

// why is the reason that is settled so far.
func (s *session) why() Reason { return Reason(s.reason.Load()) }

// settle says why the session ends. The first cause counts, with one exception: a side
// that closes may still be sent bytes, and what goes wrong with the other one then
// matters more. But what an endpoint does after the client's end is no failure: a server may
// leave at the client's goodbye, and its system resets what it left unread. One that has not even
// agreed to TLS has failed whenever that was.
func (s *session) settle(r Reason) {
	for {
		now := s.why()
		switch {
		case now == none:
		case now == ClientClosed && r == UpstreamTLS && s.unread.Load():
		case s.late.Load():
			return
		case now == ClientClosed && r != UpstreamClosed && r != ClientReset &&
			r != UpstreamReset && r != UpstreamTLS:
		case now == UpstreamClosed && r != ClientClosed && r != UpstreamReset:
		default:
			return
		}
		if s.reason.CompareAndSwap(uint32(now), uint32(r)) {
			return
		}
	}
}

// fail ends both directions.
func (s *session) fail(r Reason) {
	s.settle(r)
	s.client.Interrupt()
	if s.up != nil {
		s.up.Interrupt()
	}
}

// cut ends the session whatever it is doing. It is the door's.
func (s *session) cut(r Reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isCut = true
	s.settle(r)
	s.client.Interrupt()
	if s.cancel != nil {
		s.cancel()
	}
	if s.up != nil {
		s.up.Interrupt()
	}
}

// finish takes down that a direction has ended: with err, which at is to blame for.
func (s *session) finish(d *direction, at *netx.Sock, err error) {
	if at != s.client {
		if s.outTells(d, err) {
			return
		}
		err = s.judgeTLS(d, err)
		s.told.CompareAndSwap(nil, brokenBy(err))
	}
	broken := (*upstream.TLSError)(nil)
	switch {
	case errors.Is(err, netx.ErrInterrupted):
		s.fail(Internal) // counts only if the interrupt came without a reason
	case errors.Is(err, netx.ErrTimeout):
		s.fail(s.timeout())
	case at == s.client:
		s.fail(ClientReset)
	case errors.As(err, &broken) && broken.Unread:
		s.unread.Store(true)
		s.fail(UpstreamTLS)
	case s.clientHasEnded():
		s.settle(ClientClosed)
		s.late.Store(true)
		s.fail(ClientClosed)
	case broken != nil:
		s.fail(UpstreamTLS)
	default:
		s.fail(UpstreamReset)
	}
}

// timeout is which of the two times is over.
func (s *session) timeout() Reason {
	if s.end != 0 && s.engine.watch.Now() >= s.end {
		return OverallTimeout
	}
	return IdleTimeout
}

// failed takes down a panic: one session's bad luck, not the others'.
func (s *session) failed(panicked any) {
	s.engine.Log.WithField("panic", panicked).WithField("stack",
		string(debug.Stack())).Error("a session failed; it was closed")
	s.fail(Internal)
}

// done is called by each direction at its end.
func (s *session) done() {
	if s.running.Add(-1) == 0 {
		s.close()
	}
}

// close takes the session down. Only an end that both sides came to by themselves is
// shown as one; for any other the peers get a reset, so that they cannot take what
// they have for the whole.
func (s *session) close() {
	s.judge()
	// Errors of closing say that a peer is gone, which is what is wanted.
	clean := s.in.ended && s.out.ended
	if s.up != nil {
		if clean {
			s.up.Discard()
		} else {
			s.up.Abort()
		}
	}
	if clean || s.why() == NoRoute {
		_ = s.client.Close()
	} else {
		_ = s.client.Reset()
	}
	s.load.End()
	s.place.Leave()
	s.record()
	s.mu.Lock()
	s.count()
	s.mu.Unlock()
	s.place.Forget()
}

// judge tells of the endpoint. What brought bytes was told of already.
func (s *session) judge() {
	if s.up == nil {
		return
	}
	switch r := s.why(); {
	case r == UpstreamReset || r == UpstreamTLS:
		broke(s.endpoint, r)
		if r == UpstreamReset {
			s.endpoint.Failed(s.told.Load())
		}
	case !s.out.heard && !s.late.Load():
		worked(s.endpoint)
		s.up.Works()
	}
}
