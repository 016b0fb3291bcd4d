package exchange

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

// callTypes are content types that a client may call a gRPC call by.
var callTypes = []string{
	"application/grpc", "application/grpc+proto", "Application/gRPC;charset=x",
	"application/grpc+x",
}

// A content type is what a client says. Before a cluster that has no gRPC calls it lifts no
// limit of the route: neither on the body's size, nor on any time.
func TestAContentTypeLiftsNoLimit(t *testing.T) {
	const zeros = "\x00\x00\x00\x00\x00" // an empty message, to a call
	limits := func(d *config.Document) {
		d.Routes[0].MaxBodyBytes = 9
		d.Routes[0].Timeouts.Request = 3 * time.Second
	}
	for _, kind := range callTypes {
		head := "POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Type: " + kind + "\r\n"
		for name, request := range map[string]string{
			"announced": head + "Content-Length: 10\r\n\r\n",
			"here":      head + "Content-Length: 10\r\n\r\n" + zeros + zeros,
			"in chunks": head + "Transfer-Encoding: chunked\r\n\r\n",
		} {
			s := playWith(t, limits, listens(ok)).speaksHTTP2()
			s.sends(brings(zeros), brings(zeros), ends())
			s.serve(request)
			if got := s.client.status(); got != "413" {
				t.Errorf("%s, %s: status %q, want 413", kind, name, got)
			}
		}
		s := playWith(t, limits, answers(ok)).speaksHTTP2()
		s.serve(head + "Content-Length: 5\r\n\r\n" + zeros)
		if e := s.endpoints[0]; e.wait != 3*time.Second {
			t.Errorf("%s: the response may take %v, want the route's 3s", kind, e.wait)
		}
		s = playWith(t, limits, fallsSilent(fault.EndpointSlow)).speaksHTTP2()
		s.serve(head + "Content-Length: 5\r\n\r\n" + zeros)
		if got := s.client.status(); got != "504" {
			t.Errorf("%s: a late answer is %q, want 504 as for any request", kind, got)
		}
		if s.client.pause != nil {
			t.Errorf("%s: the body may pause for %v", kind, *s.client.pause)
		}
		s = playWith(t, both(overHTTP2, limits), over2(answers(ok))).speaksHTTP2()
		s.serve(head + "Content-Length: 5\r\n\r\n" + zeros)
		if got := s.client.pause; got == nil || *got != config.DefaultTunnelIdle {
			t.Errorf("%s: the body of a call may pause for %v, want the route's idle", kind, got)
		}
	}
}

// A call without a deadline is bounded too: by the time that its route lets a stream be
// silent.
func TestACallIsBoundedWithoutADeadline(t *testing.T) {
	e := over2(answers("HTTP/1.1 200 OK\r\n\r\n", some("a")))
	s := playWith(t, both(overHTTP2, idleFor(time.Minute)), e).speaksHTTP2()
	s.serve(call)
	if e.wait != time.Minute || e.idle != time.Minute {
		t.Errorf("the head may take %v, the body may be silent for %v", e.wait, e.idle)
	}
	e = over2(listens(ok))
	s = playWith(t, both(overHTTP2, idleFor(time.Minute)), e).speaksHTTP2()
	s.sends(brings("\x00\x00\x00\x00\x00"), ends()).serve(callHead)
	if len(e.awaited) != 1 || e.awaited[0] != time.Minute {
		t.Errorf("the clock for the response was set to %v", e.awaited)
	}
}

func idleFor(d time.Duration) func(*config.Document) {
	return func(doc *config.Document) { doc.Routes[0].Timeouts.Idle = d }
}

// One direction of a call may be silent for as long as the other moves.
func TestACallMovesEitherWay(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		var now atomic.Int64
		now.Store(1)
		pass := func() { now.Add(int64(50 * time.Second)) }
		e := over2(&scriptedEndpoint{heads: []headStep{says("HTTP/1.1 200 OK\r\n\r\n")}})
		e.body = []pieceStep{
			{data: "a", first: pass},
			{err: fault.EndpointSlow}, {data: "b"},
		}
		s := playWith(t, both(overHTTP2, idleFor(time.Minute)), e).speaksHTTP2()
		s.env.Now = now.Load
		if quiet {
			e.body[1].first = func() { now.Add(int64(time.Hour)) }
		}
		s.sends(brings("\x00\x00\x00\x00\x00"), stalls())
		s.serve(callHead)
		_, body := s.client.said()
		if want := map[bool]string{false: "ab", true: "a"}[quiet]; body != want {
			t.Errorf("silent both ways %v: the client got %q, want %q", quiet, body, want)
		}
	}
}

// A call whose client is silent goes on while its responses come, and ends when they do not.
func TestACallOfASilentClient(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		var now atomic.Int64
		late := make(chan struct{})
		e := over2(&scriptedEndpoint{})
		e.heads = []headStep{func(e *scriptedEndpoint, r *endpoint.Response) error {
			<-late
			return after(says(ok))(e, r)
		}}
		s := playWith(t, both(overHTTP2, idleFor(time.Minute)), e).speaksHTTP2()
		s.env.Now = now.Load
		slow := breaks(fault.ClientSlow)
		slow.first = func() {
			if quiet {
				now.Store(int64(time.Hour))
			}
			close(late)
		}
		s.sends(slow, ends("\x00\x00\x00\x00\x00"))
		s.serve(callHead)
		head, _ := s.client.said()
		want := "Content-Length: 2"
		if quiet {
			want = "x-gateway-code: GW_REQUEST_TIMEOUT"
		}
		contains(t, "the answer", head, want)
	}
}
