package tcp

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T, handle func(*net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, l.(*net.TCPListener), handle) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func TestClientsCountWhatTheyDo(t *testing.T) {
	path, err := blocks()
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(path)
	for do, handle := range map[string]func(*net.TCPConn){
		PingPong: echo, SetUp: echo, Bulk: func(c *net.TCPConn) { send(c, path) },
	} {
		addr := listen(t, handle)
		var out bytes.Buffer
		conf := Config{Addr: addr, Do: do, Connections: 3, Duration: 200 * time.Millisecond}
		if err := Main(conf.Args()[1:], &out); err != nil {
			t.Fatal(err)
		}
		var r gen.Result
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if r.Requests < 10 || r.Failed != 0 || r.Elapsed < conf.Duration ||
			do != Bulk && r.P50 <= 0 {
			t.Errorf("%s: %+v", do, r)
		}
	}
}

func TestAnswersThatAreNoneAreFailures(t *testing.T) {
	addr := listen(t, func(c *net.TCPConn) {
		_, _ = c.Read(make([]byte, messageSize))
		_, _ = c.Write([]byte(strings.Repeat("x", messageSize)))
	})
	for _, do := range []string{PingPong, SetUp} {
		r, err := Run(Config{Addr: addr, Do: do, Connections: 2, Duration: 50 * time.Millisecond})
		if err != nil || r.Failed != 2 || !strings.Contains(r.Reason, "something else") {
			t.Errorf("%s: %+v, %v", do, r, err)
		}
	}
	if _, err := Run(Config{
		Addr: addr, Do: "nothing", Connections: 1, Duration: time.Second,
	}); err == nil {
		t.Error("nothing is done")
	}
}
