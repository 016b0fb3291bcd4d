package drain_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// slowly answers each request when told to.
func slowly(answer <-chan struct{}) func(*testkit.Conn) {
	return func(c *testkit.Conn) {
		for {
			if _, err := c.Request(); err != nil {
				return
			}
			<-answer
			if c.Send(edgetest.OK) != nil {
				return
			}
		}
	}
}

func TestDrainLetsRequestsInFlightEnd(t *testing.T) {
	t.Parallel()
	answer := make(chan struct{})
	e, up := edgetest.StartPatient(t, slowly(answer))
	release := edgetest.Gate(t, answer)
	idle, busy := testkit.Dial(t, e.Addr("public")), testkit.Dial(t, e.Addr("public"))
	if err := busy.Send(edgetest.Get); err != nil {
		t.Fatal(err)
	}
	u := up.Conn(t, 0)
	testkit.Eventually(t, "the request is upstream", func() bool { return u.Total() > 0 })

	if err := e.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "new connections are refused", func() bool {
		return !edgetest.Dials(e.Addr("public"))
	})
	if err := idle.ExpectClose(); err != nil {
		t.Errorf("idle connection: %v", err)
	}
	release()
	if r := busy.Final(t, "GET"); r.Status != 200 || string(r.Body) != "ok" {
		t.Errorf("the request in flight is answered %d %q", r.Status, r.Body)
	}
	if err := busy.ExpectClose(); err != nil {
		t.Errorf("after the request in flight: %v", err)
	}
	if code := e.Wait(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestDrainClosesKeepAliveConnections(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartPatient(t, testkit.Answer(edgetest.OK))
	c := testkit.Dial(t, e.Addr("public"))
	c.Exchange(t, "GET", edgetest.Get)
	// The client has its answer before the edge has gone back to waiting. If the drain comes in
	// between, the edge closes its side and lets the client close the other, as this one does.
	closed := make(chan error, 1)
	go func() {
		defer c.Close()
		closed <- c.ExpectClose()
	}()
	start := time.Now()
	if code := e.Stop(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
	edgetest.Took(t, "ended", start, 0, edgetest.Grace)
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestDrainWithoutConnectionsEndsAtOnce(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartPatient(t, testkit.Answer(edgetest.OK))
	start := time.Now()
	if code := e.Stop(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
	edgetest.Took(t, "ended", start, 0, edgetest.Grace)
}

func TestSIGINTDrainsToo(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartPatient(t, testkit.Answer(edgetest.OK))
	edgetest.Polite(t, e)
	if err := e.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := e.Wait(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// What never ends does not keep the process: the drain timeout does.
func TestDrainCutsATunnelAtItsTimeout(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, func(c *testkit.Conn) {
		if _, err := c.Request(); err == nil && c.Send(edgetest.UpgradeAnswer) == nil {
			_ = c.Drain()
		}
	})
	c := testkit.Dial(t, e.Addr("public"))
	if r := c.Exchange(t, "GET", edgetest.UpgradeRequest); r.Status != 101 {
		t.Fatalf("the upgrade is answered %d", r.Status)
	}
	start := time.Now()
	e.Stop(t, edgetest.DrainTimeout+2*edgetest.Grace)
	edgetest.Took(t, "ended", start, edgetest.DrainTimeout/2, edgetest.DrainTimeout+edgetest.Grace)
	if err := c.ExpectClose(); err != nil {
		t.Error(err)
	}
}

func TestReadinessFallsWhileDraining(t *testing.T) {
	t.Parallel()
	answer := make(chan struct{})
	e, up := edgetest.StartPatient(t, slowly(answer))
	release := edgetest.Gate(t, answer)
	ready := "GET /readyz HTTP/1.1\r\nHost: " + e.Addr("admin") + "\r\nConnection: close\r\n\r\n"
	if r := testkit.Dial(t, e.Addr("admin")).Exchange(t, "GET", ready); r.Status != 200 {
		t.Fatalf("/readyz is %d before the drain", r.Status)
	}
	busy := testkit.Dial(t, e.Addr("public"))
	if err := busy.Send(edgetest.Get); err != nil {
		t.Fatal(err)
	}
	u := up.Conn(t, 0)
	testkit.Eventually(t, "the request is upstream", func() bool { return u.Total() > 0 })
	if err := e.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "/readyz says 503", func() bool {
		c, err := testkit.DialTimeout(e.Addr("admin"), testkit.Deadline)
		if err != nil {
			return false
		}
		defer c.Close()
		if c.Send(ready) != nil {
			return false
		}
		r, err := c.Response("GET")
		return err == nil && r.Status == 503
	})
	release()
	if code := e.Wait(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
