//go:build unix

package limits_test

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// An edge that has no descriptor left is not ready; its clients are served, and so are others
// when there are descriptors again.
func TestAnEdgeWithoutDescriptorsIsNotReady(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t, edgetest.Marked(up.Addr(), "0"))
	// It has no descriptor for another connection of this client either.
	client := &http.Client{Timeout: testkit.Deadline}
	defer client.CloseIdleConnections()
	ready := func() int {
		t.Helper()
		r, err := client.Get("http://" + e.Addr("admin") + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		_, err = io.Copy(io.Discard, r.Body) // or the connection is not used again
		edgetest.Must(t, err)
		return r.StatusCode
	}
	if status := ready(); status != 200 {
		t.Fatalf("%d before", status)
	}
	c := testkit.Dial(t, e.Addr("public"))
	const get = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
	if r := c.Exchange(t, "GET", get); r.Status != 200 {
		t.Fatalf("the first request: %d", r.Status)
	}
	var before unix.Rlimit
	edgetest.Must(t, unix.Prlimit(e.PID(), unix.RLIMIT_NOFILE, nil, &before))
	edgetest.Must(t,
		unix.Prlimit(e.PID(), unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 40, Max: before.Max}, nil))
	others := make([]net.Conn, 40)
	for i := range others {
		var err error
		others[i], err = net.DialTimeout("tcp", e.Addr("public"), testkit.Deadline)
		edgetest.Must(t, err)
		defer others[i].Close()
	}
	testkit.Within(t, time.Minute, "it is not ready", func() bool { return ready() == 503 })
	for range 3 {
		if r := c.Exchange(t, "GET", get); r.Status != 200 {
			t.Errorf("a client that was there before gets %d", r.Status)
		}
	}
	for _, other := range others {
		other.Close()
	}
	testkit.Eventually(t, "it is ready again", func() bool { return ready() == 200 })
	d := testkit.Dial(t, e.Addr("public"))
	if r := d.Exchange(t, "GET", get); r.Status != 200 {
		t.Errorf("a new client gets %d", r.Status)
	}
}
