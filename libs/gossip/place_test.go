package gossip

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// shared is memory that a log is written to while a test reads it.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// nameless is a resolver to which a name becomes known.
type nameless struct {
	known atomic.Bool
	asked atomic.Int64
	port  atomic.Int64
}

func (n *nameless) lookUp(_ context.Context, address string) (netip.AddrPort, error) {
	n.asked.Add(1)
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if !n.known.Load() {
		return netip.AddrPort{}, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(n.port.Load())), nil
}

// fast is a pace that looks for what is missing without rest.
func fast() *Pace {
	p := DefaultPace()
	p.Rejoin, p.Again = 10*time.Millisecond, 5*time.Millisecond
	return &p
}

func TestANodeWhoseNameIsUnknownIsAloneUntilItIsKnown(t *testing.T) {
	t.Parallel()
	var n nameless
	var log shared
	a := onLoopback(t, func(o *Options) { o.Pace = fast() })
	b := onLoopback(t, func(o *Options) {
		o.Advertise, o.lookUp, o.Pace = "b.test:0", n.lookUp, fast()
		o.Join, o.Info.Role = []string{a.Address()}, "relay"
		o.Log = logrus.New()
		o.Log.SetOutput(&log)
	})
	testkit.Eventually(t, "it looks again", func() bool { return n.asked.Load() > 3 })
	if len(a.Members()) != 1 || len(b.Members()) != 0 || b.Address() != "b.test:0" {
		t.Errorf("others are %v and %v, it is at %q", a.Members(), b.Members(), b.Address())
	}
	if got := log.String(); !strings.Contains(got, "b.test") ||
		strings.Count(got, "level=warning") != 1 {
		t.Errorf("the log is:\n%s", got)
	}
	if err := b.Set(nil, nil, Info{Role: "relay", Digest: "new"}); err != nil {
		t.Error(err)
	}
	if err := b.Set([]string{a.Address()}, nil, Info{Role: "relay", Digest: "new"}); err != nil {
		t.Error(err)
	}
	n.known.Store(true)
	testkit.Eventually(t, "they meet", func() bool {
		return len(a.Members()) == 2 && len(b.Members()) == 2
	})
	if m := a.Members()[1]; m.Name != "relay@b.test:0" || m.Info.Digest != "new" ||
		!strings.HasPrefix(m.Address, "127.0.0.1:") || m.Address != b.Address() {
		t.Errorf("the other is %+v, and says that it is at %s", m, b.Address())
	}
}

func TestANodeWhoseNameIsUnknownEnds(t *testing.T) {
	t.Parallel()
	for _, leave := range []bool{false, true} {
		var n nameless
		r, err := New(t.Context(), Options{
			Info: Info{Role: "edge"}, Bind: "127.0.0.1:0", Advertise: "b.test:7946",
			lookUp: n.lookUp, Log: quiet(), Pace: fast(),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		if leave {
			r.Leave()
		}
		testkit.Eventually(t, "it looks again", func() bool {
			return leave || n.asked.Load() > 1
		})
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestANodeWhoseNameIsUnknownGivesItsAddressBack(t *testing.T) {
	t.Parallel()
	var n nameless
	o := Options{
		Info: Info{Role: "edge"}, Bind: "127.0.0.1:0", Advertise: "b.test:7946",
		lookUp: n.lookUp, Log: quiet(),
	}
	r, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Bind = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(r.port)).String()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestANameThatIsASecretIsNotInTheLog(t *testing.T) {
	r := &Ring{options: Options{Advertise: "b.test:7946", Shown: "secret:env:AT"}}
	for _, err := range []error{
		&net.DNSError{Err: "no such host", Name: "b.test"}, errors.New("something else"),
	} {
		if said := r.hide(err); strings.Contains(said, "b.test") {
			t.Error(said)
		}
	}
}
