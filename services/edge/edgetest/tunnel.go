package edgetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Marked is a configuration whose answers carry a mark in X-Mark, so that a test sees which one is
// in force. More lines of the configuration may follow.
func Marked(endpoint, mark string, more ...string) string {
	return fmt.Sprintf(`
listeners: [{name: public, address: "127.0.0.1:0", protocol: http}]
clusters: [{name: up, protocol: http1, endpoints: [{address: "%s"}]}]
routes:
  - {name: all, path_prefix: /, cluster: up, headers: {response: {set: {X-Mark: "%s"}}}}
admin: {address: "127.0.0.1:0"}
%s
version: 1
`, endpoint, mark, strings.Join(more, "\n"))
}

// MarkOf makes one request on a connection and returns the mark of the answer.
func MarkOf(t testing.TB, c *testkit.Client) string {
	t.Helper()
	r := c.Exchange(t, "GET", Get)
	if r.Status != 200 {
		t.Fatalf("a request is answered %d %s", r.Status, r.Body)
	}
	return r.Fields.Get("X-Mark")
}

// Echoing is an endpoint that switches protocols when asked to, and then sends back what comes. It
// answers other requests with OK.
func Echoing(c *testkit.Conn) {
	for {
		r, err := c.Request()
		if err != nil {
			return
		}
		if r.Fields.Has("Upgrade") {
			if c.Send(UpgradeAnswer) == nil {
				_ = c.Echo()
			}
			return
		}
		if c.Send(OK) != nil {
			return
		}
	}
}

// OpenEcho opens a tunnel to an endpoint that is Echoing.
func OpenEcho(t testing.TB, addr string) *testkit.Client {
	t.Helper()
	c := testkit.Dial(t, addr)
	if r := c.Exchange(t, "GET", UpgradeRequest); r.Status != 101 {
		t.Fatalf("the upgrade is answered %d", r.Status)
	}
	return c
}

// Echoes sends a text through a tunnel and reports what is wrong with what comes back.
func Echoes(c *testkit.Client, text string) error {
	if err := c.Send(text); err != nil {
		return err
	}
	if got, err := c.Bytes(len(text)); err != nil || got != text {
		return fmt.Errorf("sent %q, came %q, %v", text, got, err)
	}
	return nil
}
