package endpoint_test

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/l7/endpoint"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

const answer204 = "HTTP/1.1 204 No Content\r\n\r\n"

// exchange asks for something over a connection whose other end is known, and reads
// the answer, which has no body.
func exchange(a *attempt, p *peer) {
	a.t.Helper()
	a.response.Buffer.Clear()
	r := request(a.t, getHead, "")
	if got := a.asking(r, func() { p.hear(getHead); p.say(answer204) }); got.err != nil {
		a.t.Fatal(got.err)
	}
	a.head(204)
}

func TestAConnectionIsBorrowedOrNew(t *testing.T) {
	p := newPlace(t, upstream.Options{})
	first := p.connect(p.dial())
	one := p.peer()
	if tr := first.Traits(); tr.Reused || tr.Streamed || tr.Hook == nil || tr.Plain == nil {
		t.Errorf("a new connection on plain text has the traits %+v", tr)
	}
	exchange(first, one)
	first.end(endpoint.Ending{Complete: true})

	second := p.connect(p.dial())
	if !second.Traits().Reused || !p.idle() {
		t.Error("the idle connection was not used")
	}
	exchange(second, one)
	third := p.connect(p.dial())
	two := p.peer() // as the first is busy
	exchange(third, two)
	third.end(endpoint.Ending{Complete: true})

	fresh := p.dial()
	fresh.Fresh = true
	fourth := p.connect(fresh)
	if fourth.Traits().Reused {
		t.Error("a connection that was used before was lent to one who must not have it")
	}
	exchange(fourth, p.peer())
}

// What the next attempt gets says whether a connection was kept.
func TestTheEndDecidesWhetherAConnectionIsKept(t *testing.T) {
	for _, tc := range []struct {
		name        string
		end         endpoint.Ending
		interrupted bool
		kept        bool
	}{
		{"complete", endpoint.Ending{Complete: true}, false, true},
		{"complete, after the upload was told to end", endpoint.Ending{Complete: true}, true, true},
		{"not complete", endpoint.Ending{}, false, false},
		{"not complete, and interrupted", endpoint.Ending{}, true, false},
		{"an interrupt is to come", endpoint.Ending{Interrupted: true}, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, upstream.Options{})
			a := p.connect(p.dial())
			one := p.peer()
			exchange(a, one)
			a.Await(deadline) // which the end takes back
			if tc.interrupted {
				a.Interrupt()
			}
			a.end(tc.end)
			b := p.connect(p.dial())
			if !tc.kept {
				one.bye()
				exchange(b, p.peer())
				return
			}
			if b.Traits().Plain.ReadDeadlineSet() {
				t.Error("a clock of the first attempt goes on")
			}
			exchange(b, one)
			if !p.idle() {
				t.Error("another connection was made")
			}
		})
	}
}

func TestAPROXYHeaderIsForOneClient(t *testing.T) {
	const header = "PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\r\n"
	p := newPlace(t, upstream.Options{})
	usual := p.connect(p.dial())
	one := p.peer()
	exchange(usual, one)
	usual.end(endpoint.Ending{Complete: true})

	d := p.dial()
	d.Header = []byte(header)
	named := p.connect(d)
	two := p.peer()
	two.hear(header)
	exchange(named, two) // which hears nothing between the header and the request
	exchange(named, two)
	named.end(endpoint.Ending{Complete: true})
	two.bye()
	if p.cluster.Open() != 1 {
		t.Errorf("%d connections are open, want the one that is for all", p.cluster.Open())
	}
}

func TestWhoFindsAllConnectionsBusyWaitsInLine(t *testing.T) {
	const header = "PROXY UNKNOWN\r\n"
	for name, header := range map[string]string{"for any": "", "for one that names him": header} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, upstream.Options{MaxConnections: 1, MaxPending: 1})
			first := p.connect(p.dial())
			one := p.peer()
			exchange(first, one)
			d := p.dial()
			d.Header = []byte(header)
			var sides endpoint.Sides
			var err error
			waiting := call(func() (s endpoint.Side) { s, err = sides.Connect(d); return })
			testkit.Eventually(t, "he stands in line", func() bool {
				return p.cluster.Waiting() == 1
			})
			// The line is full for the next.
			if _, err := new(endpoint.Sides).Connect(p.dial()); err != fault.LineFull {
				t.Errorf("got %v, want %v", err, fault.LineFull)
			}
			first.end(endpoint.Ending{Complete: true})
			second := &attempt{t: t, Side: within(t, waiting), response: response()}
			if err != nil {
				t.Fatal(err)
			}
			defer second.end(endpoint.Ending{})
			if header == "" {
				exchange(second, one)
				return
			}
			one.bye() // it makes room
			two := p.peer()
			two.hear(header)
			exchange(second, two)
		})
	}
}

func TestNobodyWaitsForAClientThatIsGone(t *testing.T) {
	p := newPlace(t, upstream.Options{MaxConnections: 1, MaxPending: 1})
	p.connect(p.dial())
	d := p.dial()
	d.Gone = func() bool { return true }
	d.Wait = 0 // for ever
	got := within(t, call(func() error { _, err := new(endpoint.Sides).Connect(d); return err }))
	if got != fault.NoConnectionAllowed {
		t.Errorf("got %v, want %v", got, fault.NoConnectionAllowed)
	}
}

func TestAnEndpointThatCannotBeReached(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	c := upstream.NewCluster(upstream.Options{Streams: http2.NewWatch()}, netx.NewWatch())
	e := c.Endpoint(ln.Addr().String())
	defer e.Retire()
	for _, streamed := range []bool{false, true} {
		d := &endpoint.Dial{
			Want: upstream.Want{Wait: deadline, Gone: stay}, Endpoint: e, Streamed: streamed,
		}
		_, err = new(endpoint.Sides).Connect(d)
		f := blames(t, err, fault.Unreachable, true)
		if f.Code != gwerr.UpstreamConnect || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("streamed %v: the code is %v, the error %v", streamed, f.Code, err)
		}
	}
}

func TestAnEndpointThatCannotBeTrusted(t *testing.T) {
	authority, other := testkit.NewAuthority(t), testkit.NewAuthority(t)
	leaf := authority.Leaf(t, nil, "127.0.0.1")
	for _, tc := range []struct {
		name    string
		trusted *testkit.Authority
		works   bool
	}{{"another authority", other, false}, {"ours", authority, true}} {
		for _, streamed := range []bool{false, true} {
			p := newPlace(t, upstream.Options{
				TLS:     &tls.Config{RootCAs: tc.trusted.Pool(), MinVersion: tls.VersionTLS12},
				Streams: http2.NewWatch(),
			})
			shake := call(func() (err error) {
				conn := tls.Server(p.peer(), &tls.Config{
					Certificates: []tls.Certificate{leaf.TLS(t)}, MinVersion: tls.VersionTLS12,
				})
				if err = conn.Handshake(); err == nil && streamed {
					_, err = conn.Read(make([]byte, 1))
				}
				return err
			})
			d := p.dial()
			d.Streamed = streamed
			if tc.works && !streamed {
				a := p.connect(d)
				if err := within(t, shake); err != nil {
					t.Error(err)
				}
				if a.Traits().Plain != nil {
					t.Error("bytes of a secured connection may be read past its TLS")
				}
				continue
			}
			// A trusted one that has not agreed to HTTP/2 is of no use for that.
			_, err := new(endpoint.Sides).Connect(d)
			if f := blames(t, err, fault.Unsecured, true); f.Code != gwerr.UpstreamTLS {
				t.Errorf("%s, streamed %v: the code is %v", tc.name, streamed, f.Code)
			}
			if err := within(t, shake); err == nil {
				t.Errorf("%s, streamed %v: the endpoint was talked to", tc.name, streamed)
			}
		}
	}
}
