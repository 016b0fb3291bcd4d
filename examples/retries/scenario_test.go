// Package retries_test does what this folder's README does, step by step, so that the README stays
// true.
package retries_test

import (
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

var broken = exampletest.Text(503, "Service Unavailable\n")

func start(t *testing.T, good, bad string) *exampletest.Edge {
	return exampletest.Start(t, map[string]string{"127.0.0.1:9001": good, "127.0.0.1:9002": bad})
}

func TestOneBrokenEndpointOfTwo(t *testing.T) {
	good := testkit.NewUpstream(t, testkit.Answer(exampletest.Text(200, "OK\n")))
	bad := testkit.NewUpstream(t, testkit.Answer(broken))
	edge := start(t, good.Addr(), bad.Addr())

	t.Run("without a retry every other request fails", func(t *testing.T) {
		// As long as health takes to judge, several times: it changes nothing here.
		for begin := time.Now(); time.Since(begin) < 1500*time.Millisecond; {
			got := map[int]int{}
			for range 20 {
				got[edge.Do(t, "GET", "/raw/", nil).Status]++
			}
			if got[200] != 10 || got[503] != 10 {
				t.Fatalf("statuses %v", got)
			}
		}
	})

	t.Run("with one none does", func(t *testing.T) {
		for range 20 {
			if a := edge.Do(t, "GET", "/shop/", nil); a.Status != 200 {
				t.Errorf("status %d", a.Status)
			}
		}
		testkit.Eventually(t, "the access log tells of second attempts", func() bool {
			return strings.Count(edge.Stdout(), `"attempts":2`) >= 10
		})
	})

	t.Run("a POST is not sent twice", func(t *testing.T) {
		var failed exampletest.Answer
		got := map[int]int{}
		for range 20 {
			a := edge.Do(t, "POST", "/shop/", nil)
			got[a.Status]++
			if a.Status == 503 {
				failed = a
			}
		}
		if got[200] != 10 || got[503] != 10 {
			t.Errorf("statuses %v: the upstream may have acted on what it answered with 503", got)
		}
		var why admin.Explanation
		if status := edge.Admin(t, "GET /why/"+failed.Header.Get("X-Request-Id"),
			&why); status != 200 || len(why.Attempts) != 1 ||
			why.Attempts[0].Endpoint != bad.Addr() {
			t.Errorf("/why answers %d %+v", status, why)
		}
	})

	t.Run("an endpoint that is gone hurts nobody", func(t *testing.T) {
		bad.Close()
		for range 10 {
			for _, c := range []struct{ method, path string }{
				{"GET", "/shop/"}, {"POST", "/shop/"}, {"GET", "/raw/"},
			} {
				if a := edge.Do(t, c.method, c.path, nil); a.Status != 200 {
					t.Errorf("%s %s: status %d", c.method, c.path, a.Status)
				}
			}
		}
	})
}

// TestTheBudgetKeepsAnOutageFromDoubling lets all of 40 requests fail at the same moment. The
// retries are held back, so that how many there are at a time can be counted.
func TestTheBudgetKeepsAnOutageFromDoubling(t *testing.T) {
	const clients = 40
	var arrived atomic.Int64
	together, release := make(chan struct{}), make(chan struct{})
	outage := func(c *testkit.Conn) {
		for {
			if _, err := c.Request(); err != nil {
				return
			}
			switch n := arrived.Add(1); {
			case n == clients:
				close(together)
			case n > clients:
				<-release
			}
			<-together
			if c.Send(broken) != nil {
				return
			}
		}
	}
	one, two := testkit.NewUpstream(t, outage), testkit.NewUpstream(t, outage)
	edge := start(t, one.Addr(), two.Addr())

	answers := make(chan int, clients)
	for range clients {
		c := testkit.Dial(t, edge.Addr("public"))
		go func() {
			status := 0
			if c.Send("GET /shop/ HTTP/1.1\r\nHost: localhost\r\n\r\n") == nil {
				if r, err := c.Response("GET"); err == nil {
					status = r.Status
				}
			}
			answers <- status
		}()
	}
	failed := 0
	// 20 % of 40 are 8; those that found the budget used up get the 503 at once.
	for ; failed < clients-8; failed++ {
		if status := <-answers; status != 503 {
			t.Errorf("got %d, want the upstream's 503", status)
		}
	}
	testkit.Eventually(t, "a retry arrives", func() bool { return arrived.Load() > clients })
	held := arrived.Load() - clients
	if held < 1 || held > 8 {
		t.Errorf("%d retries at a time for %d requests, with a budget of 20%%", held, clients)
	}
	close(release)
	for ; failed < clients; failed++ {
		if status := <-answers; status != 503 {
			t.Errorf("got %d, want the upstream's 503", status)
		}
	}
}
