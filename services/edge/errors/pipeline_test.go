package errors_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// The body of a request that fails was taken from the connection before; taking it once more would
// cut into the request behind it, and what a client has put there would be read as a request of its
// own.
func TestAnErrorAfterABodyLeavesTheNextRequestWhole(t *testing.T) {
	t.Parallel()
	e, up := edgetest.StartFaulty(t, func(c *testkit.Conn) {
		for {
			r, err := c.Request()
			if err != nil || r.Target == "/reset" || c.Send(edgetest.OK) != nil {
				return
			}
		}
	})
	for name, test := range map[string]struct{ path, code string }{
		"no connection":      {"/refused", "GW_UPSTREAM_CONNECT"},
		"connection was cut": {"/reset", "GW_UPSTREAM_RESET"},
	} {
		t.Run(name, func(t *testing.T) {
			c := testkit.Dial(t, e.Addr("public"))
			next := "GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n"
			// As long as the body, so that taking that twice would swallow it whole.
			hidden := strings.Repeat("x", len(next))
			if err := c.Send("POST " + test.path + " HTTP/1.1\r\nHost: a.test\r\nContent-Length: " +
				strconv.Itoa(len(hidden)) + "\r\n\r\n" + hidden + next + next); err != nil {
				t.Fatal(err)
			}
			r := c.Final(t, "POST")
			if code, problem := edgetest.Envelope(r); code != test.code || problem != "" {
				t.Fatalf("got %d %s %s", r.Status, code, problem)
			}
			for i := range 2 {
				if r := c.Final(t, "GET"); r.Status != 200 {
					t.Fatalf("request %d behind it is answered %d %s", i, r.Status, r.Body)
				}
			}
		})
	}
	testkit.Eventually(t, "every request is upstream, and nothing else", func() bool {
		n := 0
		for _, u := range up.Conns() {
			n += strings.Count(u.Received(), "GET /next ")
		}
		return n == 4
	})
}
