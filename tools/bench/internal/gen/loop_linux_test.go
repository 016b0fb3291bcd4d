package gen

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// config asks a server for a body of some size, shortly.
func config(s *httptest.Server, size, rate int) Config {
	return Config{Addr: strings.TrimPrefix(s.URL, "http://"), Host: "bench.test", Path: "/x", Size: size, Connections: 4, Duration: 500 * time.Millisecond, Rate: rate}
}

func serve(t *testing.T, size int, asked *atomic.Int64) *httptest.Server {
	t.Helper()
	body := bytes.Repeat([]byte("x"), size)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "bench.test" || r.URL.Path != "/x" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		asked.Add(1)
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = w.Write(body)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestRunCountsEveryAnswer(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"small": 100, "larger than the buffer": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			s := serve(t, size, &asked)
			r, err := Run(config(s, size, 0))
			if err != nil {
				t.Fatal(err)
			}
			// The last requests are cut off by the end of the run.
			if r.Failed != 0 || r.Requests == 0 || asked.Load() < r.Requests || asked.Load() > r.Requests+4 {
				t.Errorf("%d requests were answered of %d, %d failed: %s", r.Requests, asked.Load(), r.Failed, r.Reason)
			}
			if r.P50 <= 0 || r.P99 < r.P50 {
				t.Errorf("p50 %v, p99 %v", r.P50, r.P99)
			}
		})
	}
}

func TestRunKeepsToItsRate(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	s := serve(t, 100, &asked)
	r, err := Run(config(s, 100, 40))
	if err != nil {
		t.Fatal(err)
	}
	if r.Failed != 0 || r.Requests == 0 || asked.Load() > 21 { // 500 ms at 40/s, the first at once
		t.Errorf("%d answers, %d requests, %d failed: %s", r.Requests, asked.Load(), r.Failed, r.Reason)
	}
}

func TestRunEndsWhenEveryConnectionFailed(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	c := config(s, 100, 0)
	c.Duration = time.Minute
	r, err := Run(c)
	if err != nil {
		t.Fatal(err)
	}
	if r.Requests != 0 || r.Failed != 4 || r.Reason != errStatus.Error() {
		t.Errorf("%+v", r)
	}
}

func TestRunRefusesWhatItCannotReach(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []Config{
		{Addr: addr, Connections: 1, Duration: time.Second},
		{Addr: "localhost:80", Connections: 1, Duration: time.Second},
		{Addr: "[::1]:80", Connections: 1, Duration: time.Second},
		{Addr: "127.0.0.1:80", Connections: 0, Duration: time.Second},
	} {
		if _, err := Run(c); err == nil {
			t.Errorf("Run(%+v) had nothing to say", c)
		}
	}
}

func TestArgumentsReachTheGenerator(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	s := serve(t, 100, &asked)
	args := config(s, 100, 0).Args()
	if args[0] != Command {
		t.Fatalf("the command is %q", args[0])
	}
	var out bytes.Buffer
	if err := Main(args[1:], &out); err != nil {
		t.Fatal(err)
	}
	var r Result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.Requests == 0 || r.Failed != 0 {
		t.Errorf("%+v", r)
	}
}
