package testkit_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

const (
	request  = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
	response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
)

func TestUpstreamRecordsWhatItReceives(t *testing.T) {
	t.Parallel()
	u := testkit.NewUpstream(t, testkit.Answer(response))
	c := testkit.Dial(t, u.Addr())
	for range 2 {
		if r := c.Exchange(t, "GET", request); r.Status != 200 || string(r.Body) != "ok" {
			t.Errorf("got %+v", r)
		}
	}
	conn := u.Conn(t, 0)
	if got := conn.Received(); got != request+request || conn.Total() != int64(2*len(request)) {
		t.Errorf("received %q", got)
	}
	c.Close()
	testkit.Eventually(t, "the end is seen", conn.Ended)
}

func TestResetIsSeenAsAClose(t *testing.T) {
	t.Parallel()
	u := testkit.NewUpstream(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil {
			c.Reset()
		}
	})
	c := testkit.Dial(t, u.Addr())
	if err := c.Dribble(request, 0); err != nil {
		t.Fatal(err)
	}
	if err := c.ExpectClose(); err != nil {
		t.Error(err)
	}
}

func TestExpectCloseWantsNoMoreBytes(t *testing.T) {
	t.Parallel()
	u := testkit.NewUpstream(t, func(c *testkit.Conn) { _ = c.Send("more") })
	if err := testkit.Dial(t, u.Addr()).ExpectClose(); err == nil ||
		!strings.Contains(err.Error(), "4 more bytes") {
		t.Errorf("got %v", err)
	}
}
