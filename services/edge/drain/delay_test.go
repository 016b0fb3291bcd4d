package drain_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// ask returns the status and the body of a GET with a Host field.
func ask(t *testing.T, address, path, host string) (status int, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Deadline)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host, r.Close = host, true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(data)
}

// A load balancer needs time to notice: until then the edge serves who comes.
func TestADelayedDrainServesWhileItIsNotReady(t *testing.T) {
	t.Parallel()
	const delay = 4 * time.Second
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0", probes: "127.0.0.1:0"}
drain: {timeout: 10s, delay: %s}
`, up.Addr(), delay))
	probes := e.Addr("probes")
	if status, body := ask(t, probes, "/readyz", "balancer"); status != 200 {
		t.Fatalf("/readyz: %d %s", status, body)
	}
	told := time.Now()
	if err := e.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "it is not ready", func() bool {
		status, body := ask(t, probes, "/readyz", "balancer")
		return status == 503 && strings.Contains(body, "draining")
	})
	c, err := testkit.DialTimeout(e.Addr("public"), testkit.Deadline)
	if err == nil {
		defer c.Close()
		c.Exchange(t, "GET", edgetest.Get)
	} else if time.Since(told) < delay { // later the listener may be closed
		t.Errorf("a connection within the delay: %v", err)
	}
	if code := e.Wait(t, time.Minute); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(told); took < delay {
		t.Errorf("it has ended after %s", took)
	}
}

// Anybody may ask whether it lives, and nothing else, however the request names the host.
func TestProbesShowNothingElse(t *testing.T) {
	t.Parallel()
	e := testkit.StartEdge(t, `
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: [{name: up, endpoints: [{address: "127.0.0.1:1"}]}]
routes: [{name: all, cluster: up}]
admin: {address: "127.0.0.1:0", token: 0123456789abcdef0123, probes: "0.0.0.0:0"}
`)
	at := e.Addr("probes")
	for _, path := range []string{"/healthz", "/readyz"} {
		for _, host := range []string{at, "10.0.0.7", "gateway.svc.cluster.local:9902"} {
			if status, body := ask(t, at, path, host); status != 200 {
				t.Errorf("%s of %s: %d %s", path, host, status, body)
			}
		}
	}
	for _, path := range []string{
		"/", "/status", "/metrics", "/config", "/catalog", "/why/1", "/reload", "/drain",
		"//status",
	} {
		if status, body := ask(t, at, path, at); status != 404 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}
