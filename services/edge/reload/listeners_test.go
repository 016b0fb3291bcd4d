//go:build unix

package reload_test

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A listener that goes lets go of its connections: idle ones at once, busy ones after their answer,
// tunnels when the drain timeout has passed. The others notice nothing.
func TestARemovedListenerEndsItsConnections(t *testing.T) {
	t.Parallel()
	answer := make(chan struct{})
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Request()
			switch {
			case err != nil:
				return
			case r.Fields.Has("Upgrade"):
				if c.Send(edgetest.UpgradeAnswer) == nil {
					_ = c.Echo()
				}
				return
			case r.Target == "/slow":
				<-answer
			}
			if c.Send(edgetest.OK) != nil {
				return
			}
		}
	})
	release := edgetest.Gate(t, answer)
	e := edgetest.StartReloadable(t, listening(up.Addr(), "1", "public", anyPort, "going", anyPort))
	addr := e.Addr("going")
	fresh, idle, busy, pipelined := testkit.Dial(t, addr), testkit.Dial(t, addr),
		testkit.Dial(t, addr), testkit.Dial(t, addr)
	idle.Exchange(t, "GET", edgetest.Get)
	edgetest.Must(t, busy.Send("GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n"))
	edgetest.Must(t, pipelined.Send("GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n"+edgetest.Get))
	gone, stays := edgetest.OpenEcho(t, addr), edgetest.OpenEcho(t, e.Addr("public"))
	testkit.Eventually(t, "all are connected", func() bool {
		slow := 0
		for _, u := range up.Conns() {
			slow += strings.Count(u.Received(), "GET /slow")
		}
		return slow == 2 && e.Listener(t, "going").ActiveConnections == 5
	})

	start := time.Now()
	r := e.Change(t, listening(up.Addr(), "2", "public", anyPort))
	wantSet(t, "listeners", r.Listeners, 1, "", "going")
	if r.StreamsKept != 1 || len(r.StreamsClosed) != 1 || r.StreamsClosed[0].Listener != "going" ||
		r.StreamsClosed[0].Count != 5 || r.StreamsClosed[0].Why == "" {
		t.Errorf("%d streams kept, closed %+v", r.StreamsKept, r.StreamsClosed)
	}
	if edgetest.Dials(addr) {
		t.Error("the removed listener takes connections")
	}
	for name, c := range map[string]*testkit.Client{
		"that sent nothing": fresh, "that is idle": idle,
	} {
		if err := c.ExpectClose(); err != nil {
			t.Errorf("the connection %s: %v", name, err)
		}
	}
	if err := edgetest.Echoes(gone, "until the drain timeout"); err != nil {
		t.Errorf("the tunnel before the timeout: %v", err)
	}
	// Another reload meanwhile tells of its own doings only, and lets the rest end in peace.
	if again := e.Change(t,
		listening(up.Addr(), "3", "public", anyPort)); len(again.StreamsClosed) != 0 ||
		again.StreamsKept != 1 {
		t.Errorf("the next reload: %d streams kept, closed %+v", again.StreamsKept,
			again.StreamsClosed)
	}
	release()
	for name, c := range map[string]*testkit.Client{"busy": busy, "pipelined": pipelined} {
		r := c.Final(t, "GET")
		if r.Status != 200 || !strings.EqualFold(r.Fields.Get("Connection"), "close") ||
			r.Fields.Get("X-Mark") != "1" {
			t.Errorf("the %s connection is answered %d %v", name, r.Status, r.Fields)
		}
		if err := c.ExpectClose(); err != nil {
			t.Errorf("the %s connection: %v", name, err)
		}
	}
	if err := gone.ExpectClose(); err != nil {
		t.Errorf("the tunnel: %v", err)
	}
	edgetest.Took(t, "the tunnel is cut", start, 900*time.Millisecond, time.Second+edgetest.Grace)
	if err := edgetest.Echoes(stays, "still here"); err != nil {
		t.Errorf("the tunnel of the other listener: %v", err)
	}
	testkit.Eventually(t, "the log tells of the cut", func() bool {
		return strings.Contains(e.Stderr(), "were cut off")
	})
}

func TestAChangedAddressIsAnotherListener(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	first, second := freeAddress(t), freeAddress(t)
	e := edgetest.StartReloadable(t, listening(up.Addr(), "1", "public", first))
	c := testkit.Dial(t, e.Addr("public"))
	c.Exchange(t, "GET", edgetest.Get)
	r := e.Change(t, listening(up.Addr(), "2", "public", second))
	wantSet(t, "listeners", r.Listeners, 0, "", "", "public")
	if r.StreamsKept != 0 || len(r.StreamsClosed) != 1 || r.StreamsClosed[0].Count != 1 {
		t.Errorf("%d streams kept, closed %+v", r.StreamsKept, r.StreamsClosed)
	}
	if err := c.ExpectClose(); err != nil {
		t.Error(err)
	}
	if edgetest.Dials(first) {
		t.Error("the old address takes connections")
	}
	if got := edgetest.MarkOf(t, testkit.Dial(t, second)); got != "2" {
		t.Errorf("the new address answers with plan %q", got)
	}
	// And back, to an address that was given up just now.
	e.Change(t, listening(up.Addr(), "3", "public", first))
	if got := edgetest.MarkOf(t, testkit.Dial(t, first)); got != "3" {
		t.Errorf("the first address answers with plan %q", got)
	}
}

// A listener is its address: under another name, or with two names swapped, it keeps its socket and
// connections.
func TestARenamedListenerKeepsItsConnections(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	first, second := freeAddress(t), freeAddress(t)
	e := edgetest.StartReloadable(t, listening(up.Addr(), "1", "a", first, "b", second))
	c, tunnel := testkit.Dial(t, e.Addr("a")), edgetest.OpenEcho(t, e.Addr("b"))
	for i, names := range [][2]string{{"c", "b"}, {"b", "c"}, {"a", "b"}} {
		want := fmt.Sprint(i + 2)
		r := e.Change(t, listening(up.Addr(), want, names[0], first, names[1], second))
		if r.StreamsKept != 2 || len(r.StreamsClosed) != 0 {
			t.Errorf("names %v: %d streams kept, closed %+v", names, r.StreamsKept, r.StreamsClosed)
		}
		if got := edgetest.MarkOf(t, c); got != want {
			t.Errorf("names %v: plan %q answers", names, got)
		}
		if err := edgetest.Echoes(tunnel, "still here"); err != nil {
			t.Errorf("names %v: %v", names, err)
		}
		for j, addr := range []string{first, second} {
			if l := e.Listener(t, names[j]); l.Address != addr || l.ActiveConnections != 1 {
				t.Errorf("names %v: /status has %+v", names, l)
			}
		}
	}
}

// An address that another process has: nothing is changed, and what was bound is given back.
func TestAnAddressInUseRefusesTheReload(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	edgetest.Must(t, err)
	defer taken.Close()
	free := freeAddress(t)
	e := edgetest.StartReloadable(t, listening(up.Addr(), "1", "public", anyPort))
	c := testkit.Dial(t, e.Addr("public"))
	c.Exchange(t, "GET", edgetest.Get)
	before, files := e.Status(t), e.Metrics(t)["process_open_fds"]
	e.Replace(t,
		listening(up.Addr(), "2", "public", anyPort, "fresh", free, "taken", taken.Addr().String()))
	for range 20 {
		status, header, body, err := e.Ask("POST", "/reload")
		edgetest.Must(t, err)
		described(t, "POST /reload", status, header, body)
		var r admin.Receipt
		edgetest.Must(t, json.Unmarshal(body, &r))
		if status != 422 || r.Result != admin.Refused || r.Reason != admin.ReasonListen ||
			!strings.Contains(r.Message, taken.Addr().String()) {
			t.Fatalf("%d %+v", status, r)
		}
	}
	now := e.Status(t)
	if now.Digest != before.Digest || len(now.Listeners) != 1 || now.LastError == nil ||
		now.LastError.Reason != admin.ReasonListen {
		t.Errorf("/status: %+v", now)
	}
	if edgetest.Dials(free) {
		t.Error("the listener that could be bound takes connections")
	}
	if got := edgetest.MarkOf(t, c); got != "1" {
		t.Errorf("plan %q answers", got)
	}
	testkit.Eventually(t, "no file is left open", func() bool {
		return e.Metrics(t)["process_open_fds"] <= files+1
	})
	edgetest.Must(t, taken.Close())
	if status, r := e.Post(t, "/reload"); status != 200 || r.Result != admin.Applied {
		t.Errorf("with the address free: %d %+v", status, r)
	}
	if !edgetest.Dials(free) || !edgetest.Dials(taken.Addr().String()) {
		t.Error("the new listeners take no connections")
	}
}
