package mirror_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// raw is an endpoint whose connections a test serves. It returns the address.
func raw(serve func(c *testkit.Conn)) func(t *testing.T) string {
	return func(t *testing.T) string { return testkit.NewUpstream(t, serve).Addr() }
}

// refusing is an address where nobody listens.
func refusing(t *testing.T) string {
	u := testkit.NewUpstream(t, func(*testkit.Conn) {})
	u.Close()
	return u.Addr()
}

// ended waits until the gateway closes a connection.
func ended(c *testkit.Conn) {
	for {
		if _, err := c.Reader().ReadByte(); err != nil {
			return
		}
	}
}

// Whatever the mirror does, requests are answered, and nothing of the copies is left.
func TestNoMirrorFailsARequest(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
	chunk := "10000\r\n" + strings.Repeat("x", 1<<16) + "\r\n"
	for name, c := range map[string]struct {
		at     func(t *testing.T) string
		result string // "": one of several
	}{
		"refuses":     {refusing, "connect"},
		"never takes": {func(t *testing.T) string { return testkit.Hanging(t) }, "connect"},
		"never answers": {raw(func(c *testkit.Conn) {
			if _, err := c.Request(); err == nil {
				ended(c)
			}
		}), "timeout"},
		"never reads": {func(t *testing.T) string {
			stop := make(chan struct{})
			u := testkit.NewUpstream(t, func(*testkit.Conn) { <-stop })
			t.Cleanup(func() { close(stop) })
			return u.Addr()
		}, "timeout"},
		"closes at once":           {raw(func(c *testkit.Conn) {}), "reset"},
		"closes after the request": {raw(func(c *testkit.Conn) { _, _ = c.Request() }), "reset"},
		"breaks off": {raw(func(c *testkit.Conn) {
			_, _ = c.Request()
			_ = c.Send(head + "ab")
		}), "reset"},
		"resets": {raw(func(c *testkit.Conn) {
			_, _ = c.Request()
			_ = c.Send(head + "ab")
			c.Reset()
		}), "reset"},
		"has no end": {raw(func(c *testkit.Conn) {
			_, _ = c.Request()
			_ = c.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			for c.Send(chunk) == nil {
			}
		}), "2xx"},
		"has no end of its head": {raw(func(c *testkit.Conn) {
			_, _ = c.Request()
			for err := c.Send("HTTP/1.1 200 OK\r\n"); err == nil; err = c.Send("X-A: b\r\n") {
			}
		}), "protocol"},
		"has no end of heads": {raw(func(c *testkit.Conn) {
			_, _ = c.Request()
			for c.Send("HTTP/1.1 103 Early Hints\r\n\r\n") == nil {
			}
		}), "protocol"},
		"stops in its body": {raw(func(c *testkit.Conn) {
			_, _ = c.Request()
			_ = c.Send(head + "ab")
			ended(c)
		}), "timeout"},
		"is not HTTP": {raw(func(c *testkit.Conn) {
			_, _ = c.Request()
			_ = c.Send("220 mail.example ESMTP\r\n")
			ended(c)
		}), "protocol"},
		"switches": {raw(func(c *testkit.Conn) {
			_, _ = c.Request()
			_ = c.Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n" +
				"Connection: Upgrade\r\n\r\n")
			ended(c)
		}), "protocol"},
		"fails": {raw(func(c *testkit.Conn) {
			for {
				if _, err := c.Request(); err != nil {
					return
				}
				_ = c.Send("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n")
			}
		}), "5xx"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := serve(t, "http1", nil)
			f := start(t, configuration(app.address,
				shadow(c.at(t), "timeouts: {connect: 300ms}"), `
cluster: app
mirror: {cluster: shadow, timeout: 300ms, compare: {body: exact}}`))
			const n = 20
			for i := range n {
				body := strings.Repeat("x", i*1000)
				if _, said := f.do(t, protocols[i%2], "POST", "/", body); said != "ok" {
					t.Errorf("the answer is %q", said)
				}
			}
			f.idle(t)
			if got := app.requests(); len(got) != n {
				t.Errorf("%d requests came of %d", len(got), n)
			}
			if got := f.sent(t, c.result); c.result != "" && got != n {
				t.Errorf("%d of %d copies are counted as %s", got, n, c.result)
			}
			m := f.Metrics(t)
			if failed := m[`gateway_requests_total{cluster="app",code="200",listener="plain",`+
				`method="POST",route="app"}`]; failed != n {
				t.Errorf("%v of %d requests are counted as good ones", failed, n)
			}
		})
	}
}

// While the mirror holds all that it gets, requests go on: the copies are as many as there may be,
// and what is over is dropped. No time is measured: were one request to wait for a copy, it would
// wait until the end.
func TestRequestsDoNotWaitForCopies(t *testing.T) {
	app := serve(t, "http1", nil)
	hold := make(chan struct{})
	other := serve(t, "http1", func(http.ResponseWriter, *http.Request) { <-hold })
	f := start(t, configuration(app.address, shadow(other.address), `
cluster: app
mirror: {cluster: shadow, max_active: 7, timeout: 60s, compare: {}}`))
	c, base := edgetest.ClientOf(t, f.authority, f.Process, "HTTP/2")
	const n = 200
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			for range n / 8 {
				r, err := c.Get(base + "/")
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				r.Body.Close()
			}
		})
	}
	asking.Wait()
	if got := len(app.requests()); got != n {
		t.Errorf("%d of %d requests were served", got, n)
	}
	other.wait(t, 7)
	if got := f.dropped(t, "behind"); got != n-7 || len(other.requests()) != 7 {
		t.Errorf("%d were dropped, %d came: 7 may be under way", got, len(other.requests()))
	}
	close(hold)
	f.idle(t)
}

// Bodies over the bound are not mirrored, nor those for which there is no memory, nor those that do
// not come to their end.
func TestBodiesAreBounded(t *testing.T) {
	app, other := serve(t, "http1", nil), serve(t, "http1", nil)
	f := start(t, configuration(app.address, shadow(other.address), `
cluster: app
mirror: {cluster: shadow, max_body_bytes: 1000}`))
	c, base := edgetest.ClientOf(t, f.authority, f.Process, "HTTP/1.1")
	unknown := func(n int) io.Reader {
		return io.MultiReader(strings.NewReader(strings.Repeat("x", n)), strings.NewReader(""))
	}
	for _, protocol := range protocols {
		f.do(t, protocol, "POST", "/", strings.Repeat("x", 1000))
		f.do(t, protocol, "POST", "/", strings.Repeat("x", 1001))
	}
	ask(t, c, base, "POST", "/", unknown(1000))
	ask(t, c, base, "POST", "/", unknown(1001))
	ask(t, c, base, "POST", "/", unknown(1<<20))
	f.idle(t)
	if got := f.dropped(t, "body_too_large"); got != 6 || len(other.requests()) != 5 {
		t.Errorf("%d were dropped, %d came", got, len(other.requests()))
	}

	broken := testkit.Dial(t, f.Addr("plain"))
	err := broken.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
	if err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the copy has begun", func() bool {
		return f.Metrics(t)[`gateway_mirror_active{cluster="shadow",route="app"}`] == 1
	})
	broken.Close()
	f.idle(t)
	if got := f.dropped(t, "incomplete"); got != 1 || len(other.requests()) != 5 {
		t.Errorf("%d were dropped as incomplete, %d came", got, len(other.requests()))
	}

	f.Change(t, configuration(app.address, shadow(other.address), `
cluster: app
mirror: {cluster: shadow}`)+"limits: {mirror_memory: 30000}\n")
	f.do(t, "HTTP/1.1", "POST", "/", "short")
	f.do(t, "HTTP/1.1", "POST", "/", strings.Repeat("x", 20000))
	ask(t, c, base, "POST", "/", unknown(20000))
	f.idle(t)
	if got := f.dropped(t, "memory"); got != 2 || len(other.requests()) != 6 {
		t.Errorf("%d were dropped for want of memory, %d came", got, len(other.requests()))
	}
}

// Copies say nothing of endpoints that serve requests too; where there are copies alone they do.
func TestHealthIsNotTheMirrors(t *testing.T) {
	breaking := func(mode string) string {
		return testkit.NewUpstream(t, func(c *testkit.Conn) {
			for {
				r, err := c.Request()
				if err != nil || strings.HasPrefix(r.Target, "/mirrored") {
					return // it breaks off
				}
				_ = c.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + mode)
			}
		}).Addr()
	}
	app, good := serve(t, "http1", nil), serve(t, "http1", nil)
	two := func(name string) string {
		return fmt.Sprintf("- {name: %s, endpoints: [{address: %q}, {address: %q}]}", name,
			breaking("ok"), good.address)
	}
	config := configuration(app.address, two("shadow")+"\n"+two("alone"), `
path_prefix: /mirrored
cluster: app
mirror: [{cluster: shadow}, {cluster: alone}]`) + "  - {name: served, cluster: shadow}\n"
	f := start(t, config)
	for range 40 {
		f.do(t, "HTTP/1.1", "GET", "/mirrored", "")
		f.do(t, "HTTP/1.1", "GET", "/served", "")
	}
	f.idle(t)
	weights := func() map[string]float64 {
		all := map[string]float64{}
		for _, c := range f.Status(t).Clusters {
			all[c.Name] = c.Endpoints[0].EffectiveWeight
		}
		return all
	}
	testkit.Eventually(t, "the endpoint with copies alone has lost weight",
		func() bool { return weights()["alone"] < 1 })
	if w := weights(); w["shadow"] != 1 || w["app"] != 1 {
		t.Errorf("the weights are %v", w)
	}
}

// A reload takes the mirror away, and another brings it back: copies under way end, and nothing of
// them is left.
func TestReloadsWithCopiesUnderWay(t *testing.T) {
	app := serve(t, "http1", nil)
	hold := make(chan struct{})
	other := serve(t, "http1", func(http.ResponseWriter, *http.Request) { <-hold })
	with := configuration(app.address, shadow(other.address),
		"cluster: app\nmirror: {cluster: shadow, timeout: 60s, compare: {body: json}}")
	without := configuration(app.address, "", "cluster: app")
	f := start(t, with)
	for i := range 10 {
		f.do(t, "HTTP/1.1", "POST", "/", fmt.Sprint(i))
	}
	other.wait(t, 10)
	f.Change(t, without)
	f.do(t, "HTTP/1.1", "POST", "/", "not mirrored")
	f.Change(t, with)
	f.do(t, "HTTP/1.1", "POST", "/", "mirrored")
	if got := other.wait(t, 11); got[10].body != "mirrored" {
		t.Errorf("the last copy is %+v", got[10])
	}
	close(hold)
	f.idle(t)
	if got := f.sent(t, "2xx"); got != 11 {
		t.Errorf("%d of 11 copies are counted", got)
	}
}

// The end of the process does not wait for copies, which may take a minute here.
func TestTheEndDoesNotWaitForCopies(t *testing.T) {
	app := serve(t, "http1", nil)
	hold := make(chan struct{})
	other := serve(t, "http1", func(http.ResponseWriter, *http.Request) { <-hold })
	defer close(hold)
	f := start(t, configuration(app.address, shadow(other.address),
		"cluster: app\nmirror: {cluster: shadow, timeout: 60s}"))
	for range 5 {
		f.do(t, "HTTP/1.1", "GET", "/", "")
	}
	other.wait(t, 5)
	if err := f.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := f.Wait(t, 20*time.Second); code != 0 {
		t.Errorf("it ends with %d", code)
	}
}
