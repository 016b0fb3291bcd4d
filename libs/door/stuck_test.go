package door_test

import (
	"net"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// slow is a host that lets nobody in until it may go on.
type slow struct {
	config  config.Listener
	metrics metrics.Listener
	begun   chan struct{}
	goOn    chan struct{}
}

func (s *slow) Config() *config.Listener   { return &s.config }
func (s *slow) Metrics() *metrics.Listener { return &s.metrics }
func (s *slow) TurnAway(c netx.Conn) {
	close(s.begun)
	<-s.goOn
	_ = c.Close()
}

func (s *slow) Welcome(*netx.Sock) door.Conn { panic("there is room for nobody") }

// What hangs while it lets a connection in is found, by the clock of the watch.
func TestAListenerThatHangsIsNamed(t *testing.T) {
	t.Parallel()
	watch := netx.NewWatch()
	d := door.New(door.Options{Log: logrus.New(), Watch: watch, MaxConnections: 0})
	h := &slow{config: config.NewListener("public", "127.0.0.1:0"),
		begun: make(chan struct{}), goOn: make(chan struct{})}
	ln, err := d.Bind(t.Context(), &net.ListenConfig{}, &h.config)
	if err != nil {
		t.Fatal(err)
	}
	l := d.Listener(ln, h)
	done := make(chan error, 1)
	go func() { done <- l.Serve(t.Context()) }()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	<-h.begun
	if name := d.Stuck(); name != "" {
		t.Errorf("%s hangs at once", name)
	}
	watch.Tick(time.Minute)
	if name := d.Stuck(); name != "public" {
		t.Errorf("what hangs is %q", name)
	}
	close(h.goOn)
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is open")
	}
	for d.Stuck() != "" { // it is about to note that it waits
		watch.Tick(2 * time.Minute)
	}
	_ = ln.Close()
	<-done
}
