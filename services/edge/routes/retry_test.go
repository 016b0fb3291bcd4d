package routes_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// retryConfig has one cluster of the given endpoints and one route.
func retryConfig(retry string, endpoints ...string) string {
	var list []string
	for _, e := range endpoints {
		list = append(list, fmt.Sprintf("{address: %q}", e))
	}
	return fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters: [{name: up, endpoints: [%s], timeouts: {connect: 1s, response: 2s}, health: {passive: {floor: 100%%}}}]
routes: [{name: r, cluster: up, timeouts: {request: 3s}%s}]
admin: {address: "127.0.0.1:0"}
`, strings.Join(list, ", "), retry)
}

// resets answers the first n requests of an upstream with a reset.
func resets(n int) (serve func(*testkit.Conn), seen *atomic.Int64) {
	seen = new(atomic.Int64)
	return func(c *testkit.Conn) {
		for {
			if _, err := c.Request(); err != nil {
				return
			}
			if seen.Add(1) <= int64(n) {
				c.Reset()
				return
			}
			if c.Send(edgetest.OK) != nil {
				return
			}
		}
	}, seen
}

const simplePost = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello"

// Nothing was sent, so any request may go elsewhere; that needs no asking for.
func TestAConnectionThatFailsIsTriedElsewhere(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t, retryConfig("", edgetest.RefusedAddr(t), up.Addr()))
	c := testkit.Dial(t, e.Addr("public"))
	for _, req := range []struct{ method, raw string }{
		{"GET", edgetest.Get}, {"POST", simplePost}, {"GET", edgetest.Get}, {"POST", simplePost},
		{
			"POST",
			"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" +
				"hello\r\n0\r\n\r\n",
		},
	} {
		if r := c.Exchange(t, req.method, req.raw); r.Status != 200 {
			t.Errorf("%s got %d", req.method, r.Status)
		}
	}
	testkit.Eventually(t, "the log tells of second attempts", func() bool {
		return strings.Contains(e.Stdout(), `"attempts":2`)
	})
}

// A retry does not use up a turn of the schedule: of two endpoints the broken one must not be
// the first for every request.
func TestABrokenEndpointIsFirstInItsTurnOnly(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t, retryConfig("", edgetest.RefusedAddr(t), up.Addr()))
	c := testkit.Dial(t, e.Addr("public"))
	const requests = 20
	for range requests {
		if r := c.Exchange(t, "GET", edgetest.Get); r.Status != 200 {
			t.Errorf("got %d", r.Status)
		}
	}
	testkit.Eventually(t, "every request is logged", func() bool {
		return strings.Count(e.Stdout(), "\n") == requests
	})
	if n := strings.Count(e.Stdout(), `"attempts":2`); n != requests/2 {
		t.Errorf("%d of %d requests took two attempts, want half", n, requests)
	}
}

func TestOneAttemptMeansOne(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t,
		retryConfig(", retry: {attempts: 1, on: [connect]}", edgetest.RefusedAddr(t), up.Addr()))
	c := testkit.Dial(t, e.Addr("public"))
	got := map[int]int{}
	for range 4 {
		got[c.Exchange(t, "GET", edgetest.Get).Status]++
	}
	if got[200] != 2 || got[502] != 2 {
		t.Errorf("statuses %v, want two of each endpoint", got)
	}
}

func TestAStatusIsRetried(t *testing.T) {
	t.Parallel()
	bad, good := testkit.NewUpstream(t, testkit.Answer(edgetest.Unavailable)),
		testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t,
		retryConfig(`, retry: {attempts: 2, on: ["503"]}`, bad.Addr(), good.Addr()))
	c := testkit.Dial(t, e.Addr("public"))
	for range 6 {
		if r := c.Exchange(t, "GET", edgetest.Get); r.Status != 200 {
			t.Errorf("GET got %d, want the other endpoint's 200", r.Status)
		}
	}
	if n := len(bad.Conns()); n != 1 {
		t.Errorf("%d connections to the endpoint whose answers were whole, want 1 that is kept", n)
	}
	// POST is not idempotent: what the endpoint did with it is not known.
	got := map[int]int{}
	for range 4 {
		got[c.Exchange(t, "POST", simplePost).Status]++
	}
	if got[503] != 2 || got[200] != 2 {
		t.Errorf("POST: %v, want two of each", got)
	}
}

// When every attempt fails the client gets the last response, not one of ours.
func TestTheLastResponseIsPassedOn(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.Unavailable))
	e := testkit.StartEdge(t, retryConfig(`, retry: {attempts: 3, on: ["503"]}`, up.Addr()))
	c := testkit.Dial(t, e.Addr("public"))
	r := c.Exchange(t, "GET", edgetest.Get)
	if r.Status != 503 || string(r.Body) != "busy" {
		t.Errorf("got %d %q", r.Status, r.Body)
	}
	if n := strings.Count(up.Conn(t, 0).Received(), "GET / "); n != 3 {
		t.Errorf("the upstream got the request %d times, want 3", n)
	}
	why := explain(t, e, r.Fields.Get("X-Request-Id"))
	if len(why.Attempts) != 3 || why.Attempts[0].Outcome != "status 503" || why.Status != 503 ||
		why.Route != "r" {
		t.Errorf("/why says %+v", why)
	}
}

func TestAResetIsRetriedWhereThatIsSafe(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, retry, method, request string
		want                         int
		sent                         int64
	}{
		{"asked for", ", retry: {attempts: 2, on: [reset]}", "GET", edgetest.Get, 200, 2},
		{
			"with a body", ", retry: {attempts: 2, on: [reset]}", "PUT",
			strings.Replace(simplePost, "POST", "PUT", 1), 200, 2,
		},
		{"not asked for", "", "GET", edgetest.Get, 502, 1},
		{"not idempotent", ", retry: {attempts: 2, on: [reset]}", "POST", simplePost, 502, 1},
		{
			"no budget", ", retry: {attempts: 2, on: [reset], budget: 0%}", "GET", edgetest.Get,
			502, 1,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			serve, seen := resets(1)
			up := testkit.NewUpstream(t, serve)
			e := testkit.StartEdge(t, retryConfig(tc.retry, up.Addr()))
			r := testkit.Dial(t, e.Addr("public")).Exchange(t, tc.method, tc.request)
			if r.Status != tc.want || seen.Load() != tc.sent {
				t.Errorf("got %d after %d requests upstream, want %d after %d", r.Status,
					seen.Load(), tc.want, tc.sent)
			}
		})
	}
}

// All attempts together get no more time than the route gives.
func TestRetriesEndWithTheRequestTimeout(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	var seen atomic.Int64
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err != nil {
			return
		}
		if seen.Add(1) == 1 {
			c.Reset()
			return
		}
		<-hold
	})
	edgetest.Gate(t, hold)
	e := testkit.StartEdge(t,
		strings.Replace(retryConfig(", retry: {attempts: 5, on: [reset]}", up.Addr()),
			"request: 3s", "request: 1s", 1))
	start := time.Now()
	edgetest.WantError(t, testkit.Dial(t, e.Addr("public")).Exchange(t, "GET", edgetest.Get), 504,
		"GW_UPSTREAM_TIMEOUT")
	edgetest.Took(t, "the answer", start, 500*time.Millisecond, 2*time.Second)
}

// Many requests that fail at once must not become twice as many.
func TestTheBudgetBoundsRetries(t *testing.T) {
	t.Parallel()
	const clients = 40
	var seen atomic.Int64
	all := make(chan struct{})
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err != nil {
			return
		}
		if seen.Add(1) == clients {
			close(all)
		}
		<-all // fail together
		c.Reset()
	})
	e := testkit.StartEdge(t,
		retryConfig(", retry: {attempts: 2, on: [reset], budget: 10%}", up.Addr()))
	done := make(chan int, clients)
	for range clients {
		c := testkit.Dial(t, e.Addr("public"))
		go func() {
			if c.Send(edgetest.Get) != nil {
				done <- 0
				return
			}
			r, err := c.Response("GET")
			if err != nil {
				done <- 0
				return
			}
			done <- r.Status
		}()
	}
	for range clients {
		if status := <-done; status != 502 {
			t.Errorf("got %d, want 502", status)
		}
	}
	// At most 10 % of those active or 3 at a time; they end fast and make room.
	if extra := seen.Load() - clients; extra == 0 || extra > clients/2 {
		t.Errorf("%d retries of %d requests, with a budget of 10%% at a time", extra, clients)
	}
}

// explain asks the admin API why a request failed.
func explain(t *testing.T, e *testkit.Process, id string) (why struct {
	Status   int
	Route    string
	Code     string
	Message  string
	Attempts []struct{ Endpoint, Outcome string }
}) {
	t.Helper()
	client := &http.Client{
		Timeout: testkit.Deadline, Transport: &http.Transport{DisableKeepAlives: true},
	}
	resp, err := client.Get("http://" + e.Addr("admin") + "/why/" + id)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(body, &why)
	}
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("/why/%s: %d %s %v", id, resp.StatusCode, body, err)
	}
	return why
}
