package plan_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// sessions makes the plan of a document with an http listener and a tcp listener, the
// latter changed by edit, and clusters a, b and c.
func sessions(edit func(*config.Listener)) (*plan.Plan, error) {
	d := config.New()
	for _, name := range []string{"a", "b", "c"} {
		d.Clusters = append(d.Clusters, config.NewCluster(name, "127.0.0.1:1"))
	}
	l := config.NewListener("db", "127.0.0.1:0")
	l.Protocol = config.ProtocolTCP
	edit(&l)
	d.Listeners = []config.Listener{config.NewListener("public", "127.0.0.1:0"), l}
	return plan.Build(d)
}

func TestSessionsGoToTheListenersCluster(t *testing.T) {
	p, err := sessions(func(l *config.Listener) { l.Cluster = "b" })
	if err != nil {
		t.Fatal(err)
	}
	if p.Sessions[0] != nil {
		t.Error("an http listener has sessions")
	}
	s := p.Sessions[1]
	if s.ByName() || s.Cluster(nil) != 1 || s.Cluster([]byte("a.test")) != 1 {
		t.Errorf("by name %v, to %d", s.ByName(), s.Cluster(nil))
	}
}

func TestSessionsGoWhereTheServerNameSays(t *testing.T) {
	for _, fallback := range []string{"", "c"} {
		p, err := sessions(func(l *config.Listener) {
			l.Cluster = fallback
			l.SNI = []config.SNIRoute{
				{Hosts: []string{"*.db.test"}, Cluster: "a"},
				{Hosts: []string{"one.db.test", "bücher.test"}, Cluster: "b"},
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		other := -1
		if fallback != "" {
			other = 2
		}
		s := p.Sessions[1]
		for name, want := range map[string]int{
			"two.db.test": 0, "ONE.db.TEST": 1, "xn--bcher-kva.test": 1, "one.db.test.": 1,
			"x.y.db.test": 0,
			"db.test":     other, "": other, "elsewhere.test": other, "one.db.test:443": other,
			"[::1]": other,
		} {
			if got := s.Cluster([]byte(name)); got != want {
				t.Errorf("other %d: %q goes to %d, want %d", other, name, got, want)
			}
		}
		seen := map[int]bool{}
		s.Clusters(func(i int) { seen[i] = true })
		if !s.ByName() || !seen[0] || !seen[1] || seen[2] != (other == 2) || seen[-1] {
			t.Errorf("other %d: clusters %v", other, seen)
		}
		name := []byte("two.db.test")
		if n := testing.AllocsPerRun(100, func() { s.Cluster(name) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

func TestSessionsThatGoNowhereAreRefused(t *testing.T) {
	cert, key := testkit.NewAuthority(t).Leaf(t, nil, "a.test").Write(t, t.TempDir(), "a")
	for what, tc := range map[string]struct {
		why  string
		edit func(*config.Listener)
	}{
		"no cluster":         {"no cluster", func(*config.Listener) {}},
		"an unknown cluster": {`"x"`, func(l *config.Listener) { l.Cluster = "x" }},
		"an unknown one by name": {`"x"`, func(l *config.Listener) {
			l.SNI = []config.SNIRoute{{Hosts: []string{"a.test"}, Cluster: "x"}}
		}},
		"a name given twice": {`sni[0]`, func(l *config.Listener) {
			l.SNI = []config.SNIRoute{{Hosts: []string{"a.test"}, Cluster: "a"},
				{Hosts: []string{"A.test"}, Cluster: "b"}}
		}},
		"TLS that would not be ended": {"TLS", func(l *config.Listener) {
			l.Cluster, l.TLS = "a",
				&config.TLS{MinVersion: "1.2",
					Certificates: []config.Certificate{{Cert: cert, Key: key}}}
		}},
	} {
		if _, err := sessions(tc.edit); err == nil || !strings.Contains(err.Error(),
			`listener "db"`) || !strings.Contains(err.Error(), tc.why) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
