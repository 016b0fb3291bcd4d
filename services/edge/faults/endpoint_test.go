package faults_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestUpstreamThatRefusesIs502(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	for range 3 { // the connection of the client stays good
		edgetest.WantError(t, c.Exchange(t, "GET", "GET /refused HTTP/1.1\r\nHost: a.test\r\n\r\n"),
			502, "GW_UPSTREAM_CONNECT")
	}
	if r := c.Exchange(t, "GET", edgetest.Get); r.Status != 200 {
		t.Errorf("got %d after the refusals", r.Status)
	}
}

func TestHostWithoutARouteIs404(t *testing.T) {
	t.Parallel()
	e, up := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	edgetest.WantError(t, c.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: other.test\r\n\r\n"), 404,
		"GW_NO_ROUTE")
	if n := len(up.Conns()); n != 0 {
		t.Errorf("%d upstream connections for no route", n)
	}
}

func TestUpstreamThatHangsIs504WithinTheResponseTimeout(t *testing.T) {
	t.Parallel()
	e, up := edgetest.StartFaulty(t, func(c *testkit.Conn) { _ = c.Drain() })
	for name, request := range map[string]string{
		"GET":  edgetest.Get,
		"POST": "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello",
	} {
		t.Run(name, func(t *testing.T) {
			c := testkit.Dial(t, e.Addr("public"))
			start := time.Now()
			r := c.Exchange(t, name, request)
			edgetest.Took(t, "answered", start, edgetest.ResponseTimeout/2,
				edgetest.ResponseTimeout+edgetest.Grace)
			edgetest.WantError(t, r, 504, "GW_UPSTREAM_TIMEOUT")
		})
	}
	testkit.Eventually(t, "the hanging connections are closed", func() bool {
		for _, u := range up.Conns() {
			if !u.Ended() {
				return false
			}
		}
		return true
	})
}

// The head must come within the response timeout, not a byte of it again and again.
func TestUpstreamThatDribblesItsHeadIs504(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil {
			_ = c.Dribble("HTTP/1.1 200 OK\r\n"+strings.Repeat("X-A: b\r\n", 1000),
				20*time.Millisecond)
		}
	})
	c := testkit.Dial(t, e.Addr("public"))
	start := time.Now()
	r := c.Exchange(t, "GET", edgetest.Get)
	edgetest.Took(t, "answered", start, edgetest.ResponseTimeout/2,
		edgetest.ResponseTimeout+edgetest.Grace)
	edgetest.WantError(t, r, 504, "GW_UPSTREAM_TIMEOUT")
}

func TestUpstreamThatHangsInItsBodyIsCut(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil {
			_ = c.Send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello")
			_ = c.Drain()
		}
	})
	c := testkit.Dial(t, e.Addr("public"))
	start := time.Now()
	if err := c.Send(edgetest.Get); err != nil {
		t.Fatal(err)
	}
	r, err := c.Response("GET")
	if err == nil || testkit.IsTimeout(err) || r == nil || string(r.Body) != "hello" {
		t.Errorf("got %+v, %v; want a body that is cut after hello", r, err)
	}
	edgetest.Took(t, "cut", start, edgetest.BodyIdleTimeout/2,
		edgetest.BodyIdleTimeout+2*edgetest.Grace)
}

// An upstream that never takes the body stops the client, and is timed out, without filling memory.
func TestUpstreamThatDoesNotReadIsTimedOut(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	e, _ := edgetest.StartFaulty(t, func(*testkit.Conn) { <-release })
	edgetest.Gate(t, release)
	c := testkit.Dial(t, e.Addr("public"))
	start := time.Now()
	go func() {
		_ = c.Send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000000\r\n\r\n")
		for range 1600 {
			if c.Send(edgetest.BodyOf(1<<16)) != nil {
				return
			}
		}
	}()
	r := c.Final(t, "POST")
	edgetest.Took(t, "answered", start, edgetest.ResponseTimeout/2,
		4*edgetest.BodyIdleTimeout+edgetest.ResponseTimeout+2*edgetest.Grace)
	edgetest.WantError(t, r, 504, "GW_UPSTREAM_TIMEOUT")
}

// Upstreams close idle connections whenever they like. A request that meets such a connection is
// sent again on a new one, and its client never knows.
func TestClosedPooledConnectionCostsNoRequest(t *testing.T) {
	t.Parallel()
	var closed atomic.Int32
	e, _ := edgetest.StartFaulty(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil {
			_ = c.Send(edgetest.OK)
			c.Close() // without having said so
			closed.Add(1)
		}
	})
	c := testkit.Dial(t, e.Addr("public"))
	for i := range 50 {
		request, method := edgetest.Get, "GET"
		if i%2 == 1 {
			request, method = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello",
				"POST"
		}
		if err := c.Send(request); err != nil {
			t.Fatal(err)
		}
		r := c.Final(t, method)
		if r.Status != 200 {
			t.Fatalf("request %d (%s) on a closed pooled connection is answered %d %s", i, method,
				r.Status, r.Body)
		}
		// The end is there before the next request leaves, as after any pause.
		testkit.Eventually(t, "the upstream has closed", func() bool {
			return closed.Load() > int32(i)
		})
	}
}

// The connection dies after the request was sent on it: safe methods are sent again, once; a POST
// is not, since it may have been carried out.
func TestRetryOnAReusedConnectionIsForSafeRequestsOnly(t *testing.T) {
	t.Parallel()
	var posts atomic.Int32
	e, up := edgetest.StartFaulty(t, func(c *testkit.Conn) {
		for first := true; ; first = false {
			r, err := c.Request()
			if err != nil {
				return
			}
			if r.Method == "POST" {
				posts.Add(1)
			}
			if !first && c.Index%2 == 0 {
				return // no answer to a second request on even connections
			}
			if c.Send(edgetest.OK) != nil {
				return
			}
		}
	})
	c := testkit.Dial(t, e.Addr("public"))
	for i := range 2 { // the second meets the end of connection 0 and goes to connection 1
		if r := c.Exchange(t, "GET", edgetest.Get); r.Status != 200 {
			t.Fatalf("GET %d is answered %d", i, r.Status)
		}
	}
	if n := len(up.Conns()); n != 2 {
		t.Errorf("%d upstream connections, want 2", n)
	}

	e2, up2 := edgetest.StartFaulty(t, func(c *testkit.Conn) {
		for first := true; ; first = false {
			r, err := c.Request()
			if err != nil {
				return
			}
			if r.Method == "POST" {
				posts.Add(1)
			}
			if !first || c.Send(edgetest.OK) != nil {
				return
			}
		}
	})
	c2 := testkit.Dial(t, e2.Addr("public"))
	c2.Exchange(t, "GET", edgetest.Get)
	r := c2.Exchange(t, "POST", "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello")
	edgetest.WantError(t, r, 502, "GW_UPSTREAM_RESET")
	if n := posts.Load(); n != 1 {
		t.Errorf("the upstream gets the POST %d times", n)
	}
	_ = up2
}

// A retry is made once, not for as long as it fails.
func TestUpstreamThatAlwaysClosesEndsIn502(t *testing.T) {
	t.Parallel()
	e, up := edgetest.StartFaulty(t, func(c *testkit.Conn) { _, _ = c.Request() })
	c := testkit.Dial(t, e.Addr("public"))
	edgetest.WantError(t, c.Exchange(t, "GET", edgetest.Get), 502, "GW_UPSTREAM_RESET")
	if n := len(up.Conns()); n > 3 {
		t.Errorf("%d attempts", n)
	}
}

// Bytes that arrive on an idle pooled connection answer no request, least of all the next
// client's. They have arrived when the next request comes: bytes that are still on their way
// then cannot be told from an answer by any client of HTTP/1.1.
func TestLateResponseNeverReachesAnotherClient(t *testing.T) {
	t.Parallel()
	const clients = 200
	late := make(chan struct{}, clients)
	e, _ := edgetest.StartFaulty(t, func(c *testkit.Conn) {
		for {
			r, err := c.Request()
			if err != nil {
				return
			}
			if c.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"+r.Target[1:5]) != nil {
				return
			}
			// Unasked, after the answer went out whole: sometimes at once, sometimes in a packet of
			// its own.
			_ = c.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
			late <- struct{}{}
		}
	})
	for i := range clients {
		c := testkit.Dial(t, e.Addr("public"))
		want := string([]byte{'a' + byte(i%26), 'b', 'c', 'd'})
		r := c.Exchange(t, "GET", "GET /"+want+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
		if r.Status == 200 && string(r.Body) != want {
			t.Fatalf("request %d for %q gets %q", i, want, r.Body)
		}
		if r.Status != 200 {
			t.Fatalf("request %d is answered %d %s: a late response is no fault of this request", i,
				r.Status, r.Body)
		}
		c.Close()
		select {
		case <-late: // on loopback what was sent has arrived
		case <-time.After(testkit.Deadline):
			t.Fatal("the upstream did not send its late response")
		}
	}
}

func TestLateResponseAfterAPauseClosesTheConnection(t *testing.T) {
	t.Parallel()
	answered := make(chan struct{})
	late := make(chan struct{})
	e, up := edgetest.StartFaulty(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err != nil {
			return
		}
		_ = c.Send(edgetest.OK)
		if c.Index == 0 {
			close(answered)
			<-late
			_ = c.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
		}
		_ = c.Drain()
	})
	send := edgetest.Gate(t, late)
	c := testkit.Dial(t, e.Addr("public"))
	c.Exchange(t, "GET", edgetest.Get)
	<-answered
	send()
	testkit.Eventually(t, "the connection with the late response is closed", func() bool {
		return up.Conns()[0].Ended()
	})
	if r := c.Exchange(t, "GET", edgetest.Get); string(r.Body) != "ok" {
		t.Errorf("the next client gets %q", r.Body)
	}
}

// A client that goes away in the middle leaves an answer behind, which no one else may get.
func TestAbandonedAnswerNeverReachesAnotherClient(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, func(c *testkit.Conn) {
		for {
			r, err := c.Request()
			if err != nil {
				return
			}
			body := strings.Repeat(r.Target[1:5], 1000)
			if c.Send("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"+body) != nil {
				return
			}
		}
	})
	for i := range 200 {
		gone := testkit.Dial(t, e.Addr("public"))
		if err := gone.Send("GET /gone HTTP/1.1\r\nHost: a.test\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			gone.Reset()
		} else {
			gone.Close()
		}
		c := testkit.Dial(t, e.Addr("public"))
		r := c.Exchange(t, "GET", "GET /mine HTTP/1.1\r\nHost: a.test\r\n\r\n")
		if r.Status != 200 || strings.Contains(string(r.Body), "gone") {
			t.Fatalf("round %d: got %d %.40q", i, r.Status, r.Body)
		}
		c.Close()
	}
}
