package exampletest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Load is clients that ask one after another, each on one connection that it keeps. A connection
// that the gateway closes is as much of a failure as a request that it does not answer with 200.
type Load struct {
	stop chan struct{}
	done sync.WaitGroup

	mu       sync.Mutex
	requests int      // guarded by mu
	failures []string // guarded by mu
}

// mostFailures is how many are kept to be shown: the first ones say what is wrong.
const mostFailures = 10

// StartLoad starts clients that send a request to addr until Stop.
func StartLoad(t testing.TB, addr string, clients int, request string) *Load {
	t.Helper()
	l := &Load{stop: make(chan struct{})}
	for range clients {
		c, err := testkit.DialTimeout(addr, testkit.Deadline)
		if err != nil {
			t.Fatal(err)
		}
		l.done.Go(func() {
			defer c.Close()
			l.run(c, request)
		})
	}
	return l
}

func (l *Load) run(c *testkit.Client, request string) {
	for {
		select {
		case <-l.stop:
			return
		default:
		}
		err := c.Send(request)
		var r *testkit.Response
		if err == nil {
			r, err = c.Response("GET")
		}
		l.mu.Lock()
		l.requests++
		switch {
		case len(l.failures) >= mostFailures:
		case err != nil:
			l.failures = append(l.failures, err.Error())
		case r.Status != 200:
			l.failures = append(l.failures, fmt.Sprintf("%d %s", r.Status, r.Body))
		}
		l.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Requests is how many requests have been answered.
func (l *Load) Requests() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.requests
}

// More waits until another n requests have been answered.
func (l *Load) More(t testing.TB, n int) {
	t.Helper()
	from := l.Requests()
	testkit.Eventually(t, fmt.Sprintf("%d more requests", n), func() bool {
		return l.Requests() >= from+n
	})
}

// Stop ends the load, and returns the number of requests and what went wrong.
func (l *Load) Stop() (requests int, failures []string) {
	close(l.stop)
	l.done.Wait()
	return l.requests, l.failures
}
