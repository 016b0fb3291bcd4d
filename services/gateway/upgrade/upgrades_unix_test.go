//go:build unix

package upgrade_test

import (
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// all is a configuration with every kind of listener.
func all(t *testing.T, up upstreams, cert, key string) string {
	t.Helper()
	return fmt.Sprintf(`version: 1
upgrade: {trial: 300ms}
drain: {timeout: 20s}
listeners:
  - {name: public, address: 127.0.0.1:0}
  - name: secure
    address: 127.0.0.1:0
    tls: {certificates: [{cert: %q, key: %q}]}
  - {name: local, address: "unix:DIR/edge.sock"}
  - {name: db, address: 127.0.0.1:0, protocol: tcp, cluster: echo}
clusters:
  - {name: app, endpoints: [{address: %s}]}
  - {name: chat, endpoints: [{address: %s}]}
  - {name: calls, protocol: h2c, endpoints: [{address: %s}]}
  - {name: echo, endpoints: [{address: %s}]}
routes:
  - {name: app, path_prefix: /app, cluster: app}
  - {name: chat, path_prefix: /chat, cluster: chat}
  - {name: calls, path_prefix: /echo.Echo, cluster: calls}
access_log: {output: "DIR/access.log"}
`, cert, key, up.app, up.chat, up.calls, up.echo)
}

// upgrades is how many upgrades the test under load makes: 50 take some minutes.
func upgrades(t *testing.T) int {
	n := 6
	if text := os.Getenv("GATEWAY_TEST_UPGRADES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			t.Fatalf("GATEWAY_TEST_UPGRADES is %q", text)
		}
	}
	return n
}

// No request fails, no stream breaks, and no counter goes back, however often another binary takes
// the place of the one that runs.
func TestUpgradesUnderLoadLoseNothing(t *testing.T) {
	authority := testkit.NewAuthority(t)
	leaf := authority.Leaf(t, func(*x509.Certificate) {}, "upgrade.example")
	cert, key := leaf.Write(t, t.TempDir(), "upgrade")
	s := start(t, all(t, serve(t), cert, key))
	l := begin(t, s.listener("public"), s.listener("secure"), s.listener("db"), authority)
	watch := s.watchCounters()
	took := time.Duration(0)
	for i := range upgrades(t) {
		u := s.succeed((i + 1) % 2)
		took += time.Duration(u.DurationMS * float64(time.Millisecond))
		if u.Generation != i+2 {
			t.Errorf("upgrade %d makes generation %d", i+1, u.Generation)
		}
		// The unix socket is at its path for those who connect now.
		c, err := net.Dial("unix", filepath.Join(s.dir, "edge.sock"))
		if err != nil {
			t.Errorf("upgrade %d: %v", i+1, err)
		} else {
			c.Close()
		}
	}
	l.end()
	s.alone()
	scrapes := watch()
	n := upgrades(t)
	t.Logf("%d upgrades, %v each; %d scrapes", n, took/time.Duration(n), scrapes)
	if l.resumed.Load() == 0 {
		t.Error("no TLS session was resumed")
	}
	if n := l.full.Load(); n > 8 {
		t.Errorf("%d TLS sessions were not resumed: the keys of tickets are lost", n)
	}
}

// watchCounters scrapes until the returned function is called, which returns how often it did. A
// counter that goes back, or a scrape that fails, is an error.
func (s *service) watchCounters() (stop func() int) {
	s.t.Helper()
	quit := make(chan struct{})
	var group sync.WaitGroup
	n := 0
	group.Go(func() {
		last := map[string]float64{}
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			now, err := s.counters()
			if err != nil {
				s.t.Errorf("%s a scrape: %v", time.Now().Format("15:04:05.000"), err)
			}
			for series, was := range last {
				if v, ok := now[series]; err == nil && (!ok || v < was) {
					s.t.Errorf("%s goes back from %v to %v (%t)", series, was, v, ok)
				}
			}
			if err == nil {
				last = now
			}
			n++
			select {
			case <-quit:
				return
			case <-tick.C:
			}
		}
	})
	return func() int {
		close(quit)
		group.Wait()
		return n
	}
}
