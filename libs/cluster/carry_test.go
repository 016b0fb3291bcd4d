package cluster

import (
	"math/rand/v2"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// A reload that changes nothing takes nobody's turn.
func TestTheOrderGoesOnThroughReloads(t *testing.T) {
	for n := 1; n <= 5; n++ {
		at := names(n)
		s := newSet(t, document(at...))
		for turn := range 20 {
			if got, want := s.At(0).Pick().Address, at[turn%n]; got != want {
				t.Fatalf("of %d endpoints %s has turn %d, want %s", n, got, turn, want)
			}
			swap(t, s, document(at...))
		}
	}
}

// However often weights and the order of endpoints change, over all picks each endpoint
// gets what its weights say.
func TestSharesHoldThroughReloads(t *testing.T) {
	const most = 3 // picks that an endpoint may be away from its due
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		at := names(3)
		s := newSet(t, document(at...))
		due, got := map[string]float64{}, map[string]float64{}
		for range 100 {
			r.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] })
			d := document(at...)
			sum := 0
			for i := range d.Clusters[0].Endpoints {
				d.Clusters[0].Endpoints[i].Weight = 1 + r.IntN(5)
				sum += d.Clusters[0].Endpoints[i].Weight
			}
			swap(t, s, d)
			n := r.IntN(5)
			for _, a := range picks(s.At(0), n) {
				got[a]++
			}
			for _, e := range d.Clusters[0].Endpoints {
				due[e.Address] += float64(n) * float64(e.Weight) / float64(sum)
			}
		}
		for _, a := range at {
			if off := got[a] - due[a]; off < -most || off > most {
				t.Errorf("seed %d: %s got %v of %v", seed, a, got[a], due[a])
			}
		}
	}
}

func TestPlacesFollowNames(t *testing.T) {
	for _, c := range []struct{ now, before, want string }{
		{"", "", "same"},
		{"ab", "ab", "same"},
		{"ba", "ab", "10"},
		{"ac", "ab", "0-"},
		{"b", "ab", "1"},
		{"aa", "a", "0-"},
		{"aba", "ab", "01-"},
	} {
		got := "same"
		if from := places(split(c.now), split(c.before)); from != nil {
			got = ""
			for _, i := range from {
				got += string("-0123"[i+1])
			}
		}
		if got != c.want {
			t.Errorf("from %q to %q: %s, want %s", c.before, c.now, got, c.want)
		}
	}
}

// split makes a name of each letter.
func split(letters string) (names []string) {
	for _, l := range letters {
		names = append(names, string(l))
	}
	return names
}

// What is not changed keeps its connections, and what is gone loses them.
func TestConnectionsGoOnWithTheirEndpoint(t *testing.T) {
	a, b := listen(t), listen(t)
	s := newSet(t, document(a, b))
	for range 2 {
		c, err := s.At(0).Pick().Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.Release()
	}
	before := s.At(0)
	next := document(b)
	next.Clusters[0].Limits.MaxPending = 7 // the options are other ones, the connections the same
	swap(t, s, next)
	if s.At(0).endpoints[0].Endpoint != before.endpoints[1].Endpoint {
		t.Error("the endpoint that stays is another")
	}
	if n := before.endpoints[0].IdleConns(); n != 0 {
		t.Errorf("the endpoint that is gone has %d idle connections", n)
	}
	state := s.States()
	if len(state) != 1 || state[0].Open != 1 || state[0].Endpoints[0].Idle != 1 {
		t.Errorf("the state is %+v, want the one connection that stays", state)
	}
	retire(s.all(), nil)
	if n := s.At(0).endpoints[0].IdleConns(); n != 0 {
		t.Errorf("at the end %d idle connections are left", n)
	}
}

func TestAnAddressNamedTwiceHasTwoPools(t *testing.T) {
	a := names(1)[0]
	s := newSet(t, document(a, a))
	for range 2 {
		eps := s.At(0).endpoints
		if eps[0].Endpoint == eps[1].Endpoint {
			t.Fatal("one pool is there for both")
		}
		before := eps[1].Endpoint
		swap(t, s, document(a, a))
		if s.At(0).endpoints[0].Endpoint != before && s.At(0).endpoints[1].Endpoint != before {
			t.Error("no pool goes on")
		}
	}
}

// A request may be given an idle connection, which must be one as the plan wants it. A
// session makes its own, and those that there are go on counting towards the limit.
func TestWhichPoolsGoOn(t *testing.T) {
	h2c := func(d *config.Document) { d.Clusters[0].Protocol = config.ClusterH2C }
	secure := func(d *config.Document) {
		d.Clusters[0].Security = config.Security{Mode: config.SecurityTLS, ServerName: "a.test"}
	}
	lower := func(d *config.Document) { d.Clusters[0].Limits.MaxConnections = 5 }
	more := func(d *config.Document) { d.Clusters[0].Limits.MaxConnections *= 10 }
	routed := func(d *config.Document) {
		d.Listeners = append(d.Listeners, config.NewListener("web", "127.0.0.1:0"))
		d.Routes = document().Routes
	}
	securely := func(d *config.Document) {
		routed(d)
		secure(d)
	}
	for _, c := range []struct {
		what   string
		from   func(...string) *config.Document
		change func(*config.Document)
		goesOn bool
	}{
		{"requests, nothing changed", document, func(*config.Document) {}, true},
		{"requests, a lower limit", document, lower, true},
		{"requests, a much higher limit", document, more, false},
		{"requests, another protocol", document, h2c, false},
		{"requests, TLS", document, secure, false},
		{"sessions, nothing changed", sessions, func(*config.Document) {}, true},
		{"sessions, TLS", sessions, secure, true},
		{"sessions, then requests too", sessions, routed, true},
		{"sessions, then requests too, with TLS", sessions, securely, false},
	} {
		s := newSet(t, c.from(names(1)...))
		before := s.At(0)
		next := c.from(names(1)...)
		c.change(next)
		swap(t, s, next)
		if got := s.At(0).pool == before.pool; got != c.goesOn {
			t.Errorf("%s: the pool goes on: %v, want %v", c.what, got, c.goesOn)
		}
		if got := s.At(0).endpoints[0].Endpoint == before.endpoints[0].Endpoint; got != c.goesOn {
			t.Errorf("%s: the endpoint goes on: %v, want %v", c.what, got, c.goesOn)
		}
		if s.At(0).state != before.state {
			t.Errorf("%s: the cursor is another", c.what)
		}
	}
}
