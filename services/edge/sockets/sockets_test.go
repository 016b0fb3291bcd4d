package sockets_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

const rest = `
clusters:
  - name: app
    endpoints: [{address: "unix:app.sock"}]
    health: {active: {path: /healthz, interval: 200ms, timeout: 200ms}}
routes:
  - {name: all, cluster: app}
  - {name: only, path_prefix: /only, cluster: app, clients: {allow: ["unix:", 10.0.0.0/8]}}
  - {name: others, path_prefix: /others, cluster: app, clients: {deny: ["unix:"]}}
  - {name: when, path_prefix: /when, cluster: app, when: {clients: ["unix:"]}}
  - {name: else, path_prefix: /when, respond: {status: 418}}
admin: {address: "127.0.0.1:0"}
`

func config(listeners string) string { return "version: 1\nlisteners:\n" + listeners + rest }

const one = `  - {name: side, address: "unix:edge.sock", unix: {mode: "%s"}}
  - {name: tcp, address: "127.0.0.1:0"}
`

// up waits until an edge listens.
func up(t *testing.T, e *edgetest.Reloadable) {
	t.Helper()
	testkit.Eventually(t, "it does not get ready", func() bool {
		return strings.Contains(e.Stderr(), "msg=ready")
	})
}

func mode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	f, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if f.Mode() != os.ModeSocket|want {
		t.Errorf("%s is %v, want %v", path, f.Mode(), want)
	}
}

// Clients of a unix socket have no address: they are "unix:" wherever an address would be.
func TestWhoAClientOfAUnixSocketIs(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	endpoint(t, in(dir, "app.sock"))
	e := edgetest.StartReloadableIn(t, dir, config(fmt.Sprintf(one, "0600")+
		`  - {name: trusting, address: "unix:trusting.sock", trusted_proxies: ["unix:"]}
  - {name: ports, address: "unix:ports.sock", trusted_proxies: [0.0.0.0/0, "::/0"]}
`))
	up(t, e)
	side := through(t, "unix", in(dir, "edge.sock"))
	trusting := through(t, "unix", in(dir, "trusting.sock"))
	ports := through(t, "unix", in(dir, "ports.sock"))
	tcp := through(t, "tcp", e.Addr("tcp"))
	from := "X-Forwarded-For: 10.1.2.3"
	_, g := ask(t, side, "/", from)
	h := g.Header
	if h.Get("X-Forwarded-For") != "unix:" || h.Get("X-Forwarded-Port") != "80" ||
		g.Host != "a.test" {
		t.Errorf("it is told of %v", g)
	}
	if _, g := ask(t, ports, "/", from); g.Header.Get("X-Forwarded-For") != "unix:" {
		t.Errorf("it is trusted as an address: %v", g.Header)
	}
	_, g = ask(t, trusting, "/", from, "Forwarded: for=10.1.2.3")
	if g.Header.Get("X-Forwarded-For") != "10.1.2.3, unix:" ||
		g.Header.Get("Forwarded") != `for=10.1.2.3, for="unknown";proto=http` {
		t.Errorf("where it is trusted: %v", g.Header)
	}
	for _, x := range []struct {
		path string
		want string // of side, trusting with X-Forwarded-For, and tcp
	}{{"/only", "200 200 403"}, {"/others", "403 200 200"}, {"/when", "200 418 418"}} {
		a, _ := ask(t, side, x.path, from)
		b, _ := ask(t, trusting, x.path, from)
		c, _ := ask(t, tcp, x.path)
		if got := fmt.Sprint(a, b, c); got != x.want {
			t.Errorf("%s: %s, want %s", x.path, got, x.want)
		}
	}
	testkit.Eventually(t, "the log has no client unix:", func() bool {
		return strings.Contains(e.Stdout(), `"client":"unix:"`)
	})
	if strings.Contains(e.Stdout(), "invalid") {
		t.Errorf("the log has an address that is none:\n%s", e.Stdout())
	}
}

// refused is what an edge says that does not start.
func refused(t *testing.T, dir, config string) string {
	t.Helper()
	e, err := testkit.RunEdge(dir, config)
	if err != nil {
		return err.Error()
	}
	if code := e.Wait(t, testkit.Deadline); code != 1 {
		t.Errorf("it ended with %d", code)
	}
	return e.Stderr()
}

func TestAFileIsMadeTakenOverAndRemoved(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	endpoint(t, in(dir, "app.sock"))
	start := func() *edgetest.Reloadable {
		return edgetest.StartReloadableIn(t, dir, config(fmt.Sprintf(one, "0622")))
	}
	e := start()
	up(t, e)
	mode(t, in(dir, "edge.sock"), 0o622)
	if said := refused(t, dir, config(fmt.Sprintf(one, "0622"))); !strings.Contains(said,
		fmt.Sprintf("process %d (edge) listens there already", e.PID())) {
		t.Errorf("a second one: %s", said)
	}
	if err := e.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-e.Exited()
	if _, err := os.Lstat(in(dir, "edge.sock")); err != nil {
		t.Fatal(err)
	}
	e = start()
	up(t, e)
	if status, _ := ask(t, through(t, "unix", in(dir, "edge.sock")), "/"); status != 200 {
		t.Errorf("after a kill: %d", status)
	}
	// A listener that goes takes its file along, and so does the end.
	e.Change(t, config(`  - {name: other, address: "unix:other.sock"}`+"\n"))
	gone(t, in(dir, "edge.sock"))
	mode(t, in(dir, "other.sock"), 0o660)
	if code := e.Stop(t, testkit.Deadline); code != 0 {
		t.Errorf("it ended with %d:\n%s", code, e.Stderr())
	}
	gone(t, in(dir, "other.sock"))
	if err := os.WriteFile(in(dir, "edge.sock"), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := refused(t, dir, config(fmt.Sprintf(one, "0622"))); !strings.Contains(said,
		"there is a file in its place, which is no socket") {
		t.Errorf("a file in its place: %s", said)
	}
	if b, err := os.ReadFile(in(dir, "edge.sock")); string(b) != "precious" {
		t.Errorf("the file is %q, %v", b, err)
	}
}

// A reload changes who may connect, and no request is lost.
func TestAReloadKeepsTheSocketAndChangesItsMode(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	endpoint(t, in(dir, "app.sock"))
	e := edgetest.StartReloadableIn(t, dir, config(fmt.Sprintf(one, "0600")))
	up(t, e)
	var asked atomic.Int64
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		c := through(t, "unix", in(dir, "edge.sock"))
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				resp, err := c.Get("http://a.test/")
				if err != nil {
					t.Errorf("a request was lost: %v", err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if resp.StatusCode != 200 {
					t.Errorf("a request got %d", resp.StatusCode)
				}
				asked.Add(1)
			}
		})
	}
	for _, m := range []string{"0666", "0640", "0606"} {
		before := asked.Load()
		if r := e.Change(t, config(fmt.Sprintf(one, m))); len(r.StreamsClosed) > 0 {
			t.Errorf("streams were closed: %v", r.StreamsClosed)
		}
		var want os.FileMode
		if _, err := fmt.Sscanf(m, "%o", &want); err != nil {
			t.Fatal(err)
		}
		mode(t, in(dir, "edge.sock"), want)
		testkit.Eventually(t, "no request comes through", func() bool {
			return asked.Load() > before+20
		})
	}
	close(stop)
	group.Wait()
	// An owner that there is not is refused, and all stays as it was.
	e.Replace(t, config(strings.Replace(fmt.Sprintf(one, "0600"), "unix: {",
		"unix: {user: no-such-user, ", 1)))
	status, r := e.Post(t, "/reload")
	if status == 200 || !strings.Contains(r.Message, "no-such-user") ||
		!strings.Contains(r.Message, `listener "side"`) {
		t.Errorf("%d %+v", status, r)
	}
	mode(t, in(dir, "edge.sock"), 0o606)
}

// A PROXY header names the client on a unix socket as elsewhere, from whom it is believed.
func TestThePROXYProtocolOnAUnixSocket(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	endpoint(t, in(dir, "app.sock"))
	e := edgetest.StartReloadableIn(t, dir, config(
		`  - {name: any, address: "unix:any.sock", proxy_protocol: true}
  - {name: named, address: "unix:named.sock", proxy_protocol: true, proxy_protocol_from: ["unix:"]}
  - {name: none, address: "unix:none.sock", proxy_protocol: true, proxy_protocol_from: [10.0.0.0/8]}
`))
	up(t, e)
	for _, x := range []struct{ socket, header, want string }{
		{"any", "PROXY TCP4 192.0.2.7 192.0.2.8 1234 443\r\n", `"X-Forwarded-For":["192.0.2.7"]`},
		{"named", "PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n",
			`"X-Forwarded-For":["2001:db8::1"]`},
		{"any", "PROXY UNKNOWN\r\n", `"X-Forwarded-For":["unix:"]`},
		{"none", "PROXY TCP4 192.0.2.7 192.0.2.8 1234 443\r\n", ""},
	} {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "unix", in(dir, x.socket+".sock"))
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(testkit.Deadline))
		_, _ = io.WriteString(c, x.header+
			"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
		answer, err := io.ReadAll(c)
		_ = c.Close()
		if !strings.Contains(string(answer), x.want) || (x.want == "") != (len(answer) == 0) {
			t.Errorf("%s with %q: %q, %v", x.socket, x.header, answer, err)
		}
	}
}

// Bodies of some size, and endpoints that come late or go, over unix sockets.
func TestAnEndpointOnAUnixSocket(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	e := edgetest.StartReloadableIn(t, dir, config(fmt.Sprintf(one, "0600")))
	up(t, e)
	tcp := through(t, "tcp", e.Addr("tcp"))
	if status, _ := ask(t, tcp, "/"); status != 502 && status != 503 {
		t.Errorf("without an endpoint: %d", status)
	}
	endpoint(t, in(dir, "app.sock"))
	testkit.Eventually(t, "the endpoint is not found", func() bool {
		status, g := ask(t, tcp, "/")
		return status == 200 && g.Host == "a.test"
	})
	testkit.Eventually(t, "no check is good", func() bool {
		for _, c := range e.Status(t).Clusters {
			for _, ep := range c.Endpoints {
				if strings.Contains(ep.Reason, "HTTP 200") {
					return strings.HasPrefix(ep.Address, "unix:") && ep.Address[5] == '/'
				}
			}
		}
		return false
	})
	for _, c := range []*struct{ network, address string }{
		{"tcp", e.Addr("tcp")}, {"unix", in(dir, "edge.sock")},
	} {
		client := through(t, c.network, c.address)
		resp, err := client.Get("http://a.test/large")
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || len(b) != 3<<20 || strings.Trim(string(b), "l") != "" {
			t.Errorf("%s: %d bytes, %v", c.network, len(b), err)
		}
		resp, err = client.Post("http://a.test/", "text/plain",
			strings.NewReader(strings.Repeat("b", 5<<20)))
		if err != nil {
			t.Fatal(err)
		}
		b, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || !strings.Contains(string(b), `"Body":5242880`) {
			t.Errorf("%s: %s, %v", c.network, b, err)
		}
	}
}
