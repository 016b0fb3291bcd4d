package faults_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestHeadThatStopsIsCutWith408(t *testing.T) {
	t.Parallel()
	e, up := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	start := time.Now()
	r := c.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a.test\r\n")
	edgetest.WantError(t, r, 408, "GW_REQUEST_TIMEOUT")
	if err := c.ExpectClose(); err != nil {
		t.Error(err)
	}
	edgetest.Took(t, "cut", start, edgetest.HeaderTimeout/2, edgetest.HeaderTimeout+edgetest.Grace)
	if n := len(up.Conns()); n != 0 {
		t.Errorf("a slow head opened %d upstream connections", n)
	}
}

// A client that sends a little again and again must not push its deadline ahead of it.
func TestSlowlorisIsCutThoughItNeverStops(t *testing.T) {
	t.Parallel()
	e, up := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	start := time.Now()
	go func() {
		_ = c.Send("GET / HTTP/1.1\r\nHost: a.test\r\n")
		_ = c.Dribble(strings.Repeat("X-A: b\r\n", 1000), 20*time.Millisecond)
	}()
	r := c.Final(t, "GET")
	edgetest.Took(t, "cut", start, edgetest.HeaderTimeout/2, edgetest.HeaderTimeout+edgetest.Grace)
	edgetest.WantError(t, r, 408, "GW_REQUEST_TIMEOUT")
	if n := len(up.Conns()); n != 0 {
		t.Errorf("a slow head opened %d upstream connections", n)
	}
	edgetest.Polite(t, e)
}

func TestSlowRequestLineIsCut(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	start := time.Now()
	go func() { _ = c.Dribble("GET /"+strings.Repeat("a", 1000), 20*time.Millisecond) }()
	edgetest.WantError(t, c.Final(t, "GET"), 408, "GW_REQUEST_TIMEOUT")
	edgetest.Took(t, "cut", start, edgetest.HeaderTimeout/2, edgetest.HeaderTimeout+edgetest.Grace)
}

// The second request of a connection has a deadline of its own.
func TestSlowSecondHeadIsCut(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	c.Exchange(t, "GET", edgetest.Get)
	start := time.Now()
	go func() { _ = c.Dribble(edgetest.Get[:20]+strings.Repeat("a", 1000), 20*time.Millisecond) }()
	edgetest.WantError(t, c.Final(t, "GET"), 408, "GW_REQUEST_TIMEOUT")
	edgetest.Took(t, "cut", start, edgetest.HeaderTimeout/2, edgetest.HeaderTimeout+edgetest.Grace)
}

func TestHeadThatNeverEndsIsRefusedAtTheLimit(t *testing.T) {
	t.Parallel()
	e, up := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	start := time.Now()
	go func() {
		_ = c.Send("GET / HTTP/1.1\r\nHost: a.test\r\n")
		for c.Send("X-A: "+strings.Repeat("v", 4000)+"\r\n") == nil {
		}
	}()
	edgetest.WantError(t, c.Final(t, "GET"), 431, "GW_HEADERS_TOO_LARGE")
	edgetest.Took(t, "refused", start, 0, edgetest.HeaderTimeout)
	if n := len(up.Conns()); n != 0 {
		t.Errorf("a never-ending head opened %d upstream connections", n)
	}
}

// A connection that says nothing is closed; whether with 408 or silently is the gateway's choice.
func TestConnectionThatSaysNothingIsClosed(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	c.SetTimeout(edgetest.KeepAlive + 2*edgetest.Grace)
	start := time.Now()
	if _, err := c.Rest(); err != nil {
		t.Errorf("not closed: %v", err)
	}
	edgetest.Took(t, "closed", start, edgetest.HeaderTimeout/2, edgetest.KeepAlive+edgetest.Grace)
}

func TestIdleKeepAliveConnectionIsClosedSilently(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	c.Exchange(t, "GET", edgetest.Get)
	c.SetTimeout(edgetest.KeepAlive + 2*edgetest.Grace)
	start := time.Now()
	if err := c.ExpectClose(); err != nil {
		t.Error(err)
	}
	edgetest.Took(t, "closed", start, edgetest.KeepAlive*2/3, edgetest.KeepAlive+edgetest.Grace)
}

func TestBodyThatStopsIsCutWith408(t *testing.T) {
	t.Parallel()
	e, up := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	start := time.Now()
	r := c.Exchange(t, "POST",
		"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100\r\n\r\nhello")
	edgetest.Took(t, "cut", start, edgetest.BodyIdleTimeout/2,
		edgetest.BodyIdleTimeout+edgetest.Grace)
	edgetest.WantError(t, r, 408, "GW_REQUEST_TIMEOUT")
	if err := c.ExpectClose(); err != nil {
		t.Error(err)
	}
	// What left already is cut off upstream as well: nobody waits there for the rest.
	testkit.Eventually(t, "the upstream connection ends", func() bool {
		for _, u := range up.Conns() {
			if !u.Ended() {
				return false
			}
		}
		return true
	})
}

// A slow body is no crime while it moves: the limit is between two reads, never a total.
func TestSlowBodyThatMovesIsServed(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	const n = 40
	if err := c.Send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 40\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	// two timeouts in all
	if err := c.Dribble(edgetest.BodyOf(n), edgetest.BodyIdleTimeout/20); err != nil {
		t.Fatal(err)
	}
	if r := c.Final(t, "POST"); r.Status != 200 {
		t.Errorf("got %d", r.Status)
	}
}

// A client that takes the answer slowly is no crime either; one that takes nothing is cut.
func TestReaderThatStopsIsCut(t *testing.T) {
	t.Parallel()
	const size = 64 << 20
	e, up := edgetest.StartFaulty(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err != nil {
			return
		}
		_ = c.Send("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n")
		for range size >> 16 {
			if c.Send(edgetest.BodyOf(1<<16)) != nil {
				return
			}
		}
	})
	c := testkit.Dial(t, e.Addr("public"))
	_ = c.SetReadBuffer(8 << 10)
	start := time.Now()
	if err := c.Send(edgetest.Get); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Head(); err != nil {
		t.Fatal(err)
	}
	u := up.Conn(t, 0)
	// What the kernel takes earns time, up to four times the limit.
	testkit.Within(t, 4*edgetest.BodyIdleTimeout+4*edgetest.Grace, "the upstream is let go",
		func() bool {
			return errors.Is(probeWrite(u), errGone)
		})
	edgetest.Took(t, "let go", start, edgetest.BodyIdleTimeout/2,
		4*edgetest.BodyIdleTimeout+4*edgetest.Grace)
	// An orderly close would leave megabytes in the kernel's send buffer for as long as the reader
	// likes, and the reader would not even learn that it was cut.
	buf := make([]byte, 64<<10)
	left, err := 0, error(nil)
	for err == nil {
		var n int
		n, err = c.Read(buf)
		left += n
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after the cut the reader gets %d more bytes and %v, want a reset", left, err)
	}
	admin := testkit.Dial(t, e.Addr("admin"))
	if r := admin.Exchange(t, "GET",
		"GET /healthz HTTP/1.1\r\nHost: "+e.Addr("admin")+"\r\n\r\n"); r.Status != 200 {
		t.Errorf("admin answers %d", r.Status)
	}
}

var errGone = errors.New("gone")

// probeWrite reports errGone when the upstream's serve function has ended because a write failed.
func probeWrite(u *testkit.Conn) error {
	if u.Send("") != nil {
		return errGone
	}
	return nil
}

// Many slow clients cost buffers, not service.
func TestSlowClientsDoNotDisturbPoliteOnes(t *testing.T) {
	t.Parallel()
	e, up := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	for range 200 {
		c := testkit.Dial(t, e.Addr("public"))
		if err := c.Send("POST / HTTP/1.1\r\nHost: a.test\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		edgetest.Polite(t, e)
	}
	if n := len(up.Conns()); n > 20 {
		t.Errorf("%d upstream connections for 20 requests", n)
	}
}
