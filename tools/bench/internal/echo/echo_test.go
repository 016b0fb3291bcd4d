package echo

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
)

const deadline = 20 * time.Second

func serve(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func TestCallsAreMadeAtTheirRate(t *testing.T) {
	addr := serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	r, err := Call(ctx, Config{
		Addr: addr, Host: "a.test", Duration: 200 * time.Millisecond, Rate: 500,
	})
	if err != nil || r.Requests != 100 || r.Failed != 0 || r.P50 <= 0 || r.P99 < r.P50 ||
		r.Elapsed < 190*time.Millisecond {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestTheClientIsAProgram(t *testing.T) {
	c := Config{Addr: serve(t), Host: "a.test", Duration: 20 * time.Millisecond, Rate: 100}
	var out strings.Builder
	if args := c.Args(); args[0] != CallCommand {
		t.Fatalf("%q", args)
	}
	if err := CallMain(c.Args()[1:], &out); err != nil {
		t.Fatal(err)
	}
	var r gen.Result
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil || r.Requests != 2 {
		t.Errorf("%+v, %v in %q", r, err, out.String())
	}
}

func TestNobodyAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	if r, err := Call(ctx, Config{
		Addr: addr, Host: "a.test", Duration: time.Second, Rate: 1,
	}); err == nil {
		t.Errorf("%+v from a closed port", r)
	}
	if _, err := Call(ctx, Config{Addr: addr, Duration: time.Second}); err == nil {
		t.Error("a rate of 0 was taken")
	}
}
