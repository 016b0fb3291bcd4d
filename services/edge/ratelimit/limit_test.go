package ratelimit_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func limitConfig(up string) string {
	return fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes:
  - {name: narrow, path_prefix: /narrow, cluster: up, limit: {concurrent: 2}}
  - {name: wide, path_prefix: /wide, cluster: up, limit: {concurrent: 100, adaptive: true}}
admin: {address: "127.0.0.1:0"}
access_log: {output: off}
`, up)
}

// So many requests are in flight and no more, over a reload as well; what ends gives its slot back,
// also where its client has gone.
func TestSoManyInFlight(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	free := make(chan struct{})
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Request()
			if err != nil {
				return
			}
			if strings.Contains(r.Target, "slow") {
				<-free
			}
			if c.Send(ok) != nil {
				return
			}
		}
	})
	open := edgetest.Gate(t, free)
	e := edgetest.StartReloadable(t, limitConfig(up.Addr()))
	inFlight := func(n float64) {
		t.Helper()
		testkit.Eventually(t, fmt.Sprint(n, " in flight"), func() bool {
			return e.Metrics(t)[`gateway_limit_in_flight{route="narrow"}`] == n
		})
	}
	ask := func(path string) *testkit.Response {
		t.Helper()
		return testkit.Dial(t, e.Addr("public")).Exchange(t, "GET",
			"GET "+path+" HTTP/1.1\r\nHost: a\r\n\r\n")
	}
	var slow []*testkit.Client
	for range 2 {
		c := testkit.Dial(t, e.Addr("public"))
		edgetest.Must(t, c.Send("GET /narrow/slow HTTP/1.1\r\nHost: a\r\n\r\n"))
		slow = append(slow, c)
	}
	inFlight(2)
	for i := range 2 {
		r := ask("/narrow")
		edgetest.WantError(t, r, 503, "GW_OVERLOADED")
		if r.Fields.Get("Retry-After") == "" {
			t.Errorf("no Retry-After: %v", r.Fields)
		}
		if w := ask("/wide"); w.Status != 200 {
			t.Errorf("another route gets %d", w.Status)
		}
		if i == 0 {
			e.Change(t, strings.Replace(limitConfig(up.Addr()), "100", "101", 1))
		}
	}
	slow[0].Reset()
	inFlight(1)
	if r := ask("/narrow"); r.Status != 200 {
		t.Errorf("%d with one slot free", r.Status)
	}
	open()
	if r, err := slow[1].Response("GET"); err != nil || r.Status != 200 {
		t.Errorf("%v %v", r, err)
	}
	inFlight(0)
}

// Near its limit of memory the gateway refuses what is new, and takes it again when it has room.
func TestRequestsAreRefusedBeforeMemoryRunsOut(t *testing.T) {
	t.Parallel()
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok")
	}))
	t.Cleanup(up.Close)
	config := limitConfig(strings.TrimPrefix(up.URL, "http://"))
	for limit, status := range map[string]int{"1MiB": 503, "4GiB": 200} {
		t.Run(limit, func(t *testing.T) {
			e, err := testkit.RunEdgeAt(variable("GOMEMLIMIT="+limit), t.TempDir(), config)
			edgetest.Must(t, err)
			t.Cleanup(e.Kill)
			var r *testkit.Response
			testkit.Eventually(t, "it knows", func() bool {
				r = testkit.Dial(t, e.Addr("public")).Exchange(t, "GET",
					"GET /wide HTTP/1.1\r\nHost: a\r\n\r\n")
				return r.Status == status
			})
			m := e.Metrics(t)
			if short := m["gateway_memory_short_total"]; (short > 0) != (status == 503) ||
				m["gateway_memory_limit_bytes"] == 0 || m["gateway_memory_used_bytes"] == 0 {
				t.Errorf("%v times short; %v of %v", short, m["gateway_memory_used_bytes"],
					m["gateway_memory_limit_bytes"])
			}
			if status == 503 {
				edgetest.WantError(t, r, 503, "GW_OVERLOADED")
			}
		})
	}
}

// variable is here, with a variable more in the environment of what is started.
type variable string

func (v variable) Start(cmd *exec.Cmd) error {
	cmd.Env = append(os.Environ(), string(v))
	return cmd.Start()
}

func (variable) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}
