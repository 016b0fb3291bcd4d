package faults_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// waiting is an upstream that reads the head of a request and never answers.
func waiting(c *testkit.Conn) {
	if _, err := c.Head(); err == nil {
		_ = c.Drain()
	}
}

func TestClientThatGoesAwayCancelsTheUpstream(t *testing.T) {
	t.Parallel()
	e, up := edgetest.StartPatient(t, waiting)
	for i, test := range []struct {
		name, request string
		leave         func(*testkit.Client)
	}{
		{"reset while the answer is awaited", edgetest.Get, (*testkit.Client).Reset},
		{
			"close in the middle of a body",
			"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\nhello",
			(*testkit.Client).Close,
		},
		{
			"reset in the middle of a body",
			"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\nhello",
			(*testkit.Client).Reset,
		},
		{
			"close in the middle of a chunk",
			"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
			(*testkit.Client).Close,
		},
		{
			"reset after a body",
			"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello",
			(*testkit.Client).Reset,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := testkit.Dial(t, e.Addr("public"))
			if err := c.Send(test.request); err != nil {
				t.Fatal(err)
			}
			u := up.Conn(t, i)
			testkit.Eventually(t, "the request is upstream", func() bool { return u.Total() > 0 })
			test.leave(c)
			testkit.Within(t, edgetest.AbortDeadline, "the upstream connection is closed", u.Ended)
		})
	}
}

func TestClientThatGoesAwayDuringTheAnswerCancelsTheUpstream(t *testing.T) {
	t.Parallel()
	e, up := edgetest.StartPatient(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err != nil {
			return
		}
		_ = c.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhello")
		_ = c.Drain()
	})
	c := testkit.Dial(t, e.Addr("public"))
	if err := c.Send(edgetest.Get); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Bytes(20); err != nil {
		t.Fatal(err)
	}
	c.Reset()
	testkit.Within(t, edgetest.AbortDeadline, "the upstream connection is closed",
		up.Conn(t, 0).Ended)
}

// A half-close says only that no more requests come (RFC 9112 section 9.6); the answer is still
// wanted.
func TestHalfClosedClientGetsItsAnswer(t *testing.T) {
	t.Parallel()
	answer := make(chan struct{})
	e, up := edgetest.StartPatient(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil {
			<-answer
			_ = c.Send(edgetest.OK)
			_ = c.Drain()
		}
	})
	release := edgetest.Gate(t, answer)
	c := testkit.Dial(t, e.Addr("public"))
	const post = "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello"
	if err := c.Send(post); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	u := up.Conn(t, 0)
	testkit.Eventually(t, "the request is upstream", func() bool { return u.Total() > 0 })
	// The end of the client's side is at the gateway long before the answer is.
	time.AfterFunc(100*time.Millisecond, release)
	if r := c.Final(t, "POST"); r.Status != 200 || string(r.Body) != "ok" {
		t.Errorf("got %d %q", r.Status, r.Body)
	}
	if err := c.ExpectClose(); err != nil {
		t.Error(err)
	}
}

func TestHalfClosedPipelineIsAnsweredWhole(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartPatient(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	if err := c.Send(edgetest.Get + edgetest.Get + edgetest.Get); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if r := c.Final(t, "GET"); r.Status != 200 {
			t.Errorf("answer %d is %d", i+1, r.Status)
		}
	}
	if err := c.ExpectClose(); err != nil {
		t.Error(err)
	}
}

// An answer that says no must reach a client that is still sending: closing at once would send a
// reset that destroys it (RFC 9112 section 9.6).
func TestRefusalReachesAClientThatIsStillSending(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t, edgetest.SmallBodyConfig(up.Addr()))
	for range 20 {
		c := testkit.Dial(t, e.Addr("public"))
		sent := make(chan error, 1)
		go func() {
			sent <- c.Send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\n" +
				edgetest.BodyOf(1000000))
		}()
		edgetest.WantError(t, c.Final(t, "POST"), 413, "GW_BODY_TOO_LARGE")
		c.Close()
		<-sent
	}
}
