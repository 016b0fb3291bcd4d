package l7

import (
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// A defect of a policy costs one request, wherever it is: the gateway goes on, counts the
// request once, and tells the policy of its end once.
func TestAPanicOfAPolicyCostsOneRequest(t *testing.T) {
	everyPair(t, func(t *testing.T, m *toyRoom) {
		slow := strings.Repeat("z", 100000) // more than can be here with the head
		for _, tc := range []struct {
			asks, sent string
			status     int // 0: the response breaks off, or does not come
		}{
			{"panic in OnRequest", "", 500},
			{"panic in OnBody", "small", 500},
			{"panic in OnBody", slow, 500},
			{"panic in OnWholeBody", "small", 500},
			{"panic in OnWholeBody", slow, 500},
			{"panic in OnResponse", "", 0},
			{"panic in Begins", slow, 0},
			{"panic in Write", "", 0},
			{"panic in OnEnd", "", 200},
			{"fail in Write", "", 0},
		} {
			var body io.Reader
			path := "/hello?text"
			if tc.sent != "" {
				// it waits for the whole body before it answers
				path = "/echo?text"
				body = io.MultiReader(strings.NewReader(tc.sent)) // its length is not known
			}
			resp, err := m.do(t, "PUT", path, tc.asks, body)
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				resp.Body.Close()
			}
			switch {
			case tc.status == 0 && err == nil && resp.StatusCode < 500:
				t.Errorf("%s: the client gets a complete response, %d", tc.asks, resp.StatusCode)
			case tc.status == 500 && err != nil && tc.sent == slow:
				// The answer may be lost with the connection, on which the client still sends.
			case tc.status != 0 && (err != nil || resp.StatusCode != tc.status):
				t.Errorf("%s: %v, %v, want %d", tc.asks, resp, err, tc.status)
			}
			m.ended(t)
			if resp, got := m.get(t, "GET", "/hello", "", nil); resp.StatusCode != 200 ||
				got != "hello" {
				t.Errorf("after %s: %d %q", tc.asks, resp.StatusCode, got)
			}
			m.ended(t)
			m.noneLeft(t, tc.asks)
		}
		if len(m.ends) > 0 {
			t.Errorf("the policy is told %d times too often", len(m.ends))
		}
		if b, r := m.begun.Load(), m.released.Load(); b == 0 || b != r {
			t.Errorf("%d bodies were changed, %d times one was released", b, r)
		}
	})
}

// noneLeft waits until no request counts as being served.
func (m *toyRoom) noneLeft(t *testing.T, after string) {
	t.Helper()
	route := m.engine.Metrics.Route("public", "r", "c")
	for end := time.Now().Add(deadline); route.Active() != 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("after %s: %d requests count as being served", after, route.Active())
		}
	}
}

// A large body that a policy changes passes through the gateway's memory. One that it
// leaves is spliced, though the route has the policy: that takes a pipe.
func TestOnlyAChangedBodyLeavesSplice(t *testing.T) {
	m := newToyRoom(t, false, false)
	pipes := func() (n int) {
		all, _ := os.ReadDir("/proc/self/fd")
		for _, f := range all {
			if to, _ := os.Readlink("/proc/self/fd/" + f.Name()); strings.HasPrefix(to, "pipe:") {
				n++
			}
		}
		return n
	}
	// No pipe must be left of other requests, which would be used again.
	for before := pipes(); pipes() == before; {
		pipe := netx.BorrowPipe()
		if pipe == nil || before == 0 && pipes() == 0 {
			t.Skip("this system has no splice, or does not show the pipes of a process")
		}
		defer pipe.Release()
	}
	for _, tc := range []struct {
		path string
		made int
	}{
		{"/large?text", 0},
		{"/large", 2}, // its two ends
	} {
		before := pipes()
		if resp, got := m.get(t, "GET", tc.path, "", nil); resp.StatusCode != 200 ||
			len(got) < large {
			t.Fatalf("%s: %d, %d bytes", tc.path, resp.StatusCode, len(got))
		}
		if n := pipes() - before; n != tc.made {
			t.Errorf("%s took %d ends of pipes, want %d", tc.path, n, tc.made)
		}
	}
}
