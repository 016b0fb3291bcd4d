package gen

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// config asks a server for a body of some size, shortly.
func config(s *httptest.Server, size, rate int) Config {
	return Config{
		Addr: strings.TrimPrefix(s.URL, "http://"), Host: "bench.test", Path: "/x", Size: size,
		Connections: 4, Duration: 500 * time.Millisecond, Rate: rate,
	}
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
			if r.Failed != 0 || r.Requests == 0 || asked.Load() < r.Requests ||
				asked.Load() > r.Requests+4 {
				t.Errorf("%d requests were answered of %d, %d failed: %s", r.Requests, asked.Load(),
					r.Failed, r.Reason)
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
		t.Errorf("%d answers, %d requests, %d failed: %s", r.Requests, asked.Load(), r.Failed,
			r.Reason)
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

func TestRunAsksForAllOfAListInTurn(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.Host+r.URL.Path]++
		mu.Unlock()
		_, _ = w.Write([]byte("12345"))
	}))
	t.Cleanup(s.Close)
	list := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(list, []byte("a.test /1\nb.test /2\na.test /3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config(s, 5, 1000)
	c.List = list
	r, err := Run(c)
	if err != nil || r.Failed > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	mu.Lock()
	defer mu.Unlock()
	least, most := min(asked["a.test/1"], asked["b.test/2"], asked["a.test/3"]),
		max(asked["a.test/1"], asked["b.test/2"], asked["a.test/3"])
	if len(asked) != 3 || least == 0 || most-least > 1 {
		t.Errorf("%v", asked)
	}
}

func TestListsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"empty": "", "no path": "a.test\n"} {
		list := filepath.Join(t.TempDir(), "list")
		if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Run(Config{
			Addr: "127.0.0.1:1", Connections: 1, Duration: time.Second, List: list,
		}); err == nil || !strings.Contains(err.Error(), "list") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The server stalls once, in the middle: that must show in the windows of the stall, and in no
// other.
func TestWindowsTellWhenRequestsWereSlow(t *testing.T) {
	t.Parallel()
	const window, stall = 50 * time.Millisecond, 200 * time.Millisecond
	begin := time.Now()
	var stalled atomic.Int64 // when, since begin
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if since := time.Since(begin); since > 300*time.Millisecond &&
			stalled.CompareAndSwap(0, int64(since)) {
			select {
			case <-time.After(stall): // what is measured
			case <-r.Context().Done():
			}
		}
		_, _ = w.Write([]byte("12345"))
	}))
	t.Cleanup(s.Close)
	c := config(s, 5, 100)
	c.Duration, c.Window = time.Second, window
	r, err := Run(c)
	if err != nil || r.Failed > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if n := Total(r.Windows...); n != r.Requests || len(r.Windows) != int(c.Duration/window)+1 {
		t.Errorf("%d windows with %d requests of %d", len(r.Windows), n, r.Requests)
	}
	at := int((time.Duration(stalled.Load()) - r.Start.Sub(begin)) / window)
	// A request is due before the server has it, and on a busy machine long before.
	slow := Quantile(1-1e-9, r.Windows[max(0, at-3):at+1]...)
	if slow < stall {
		t.Errorf("around window %d the slowest took %v, want over %v", at, slow, stall)
	}
	if before := Quantile(0.5, r.Windows[:max(1, at-3)]...); before >= stall {
		t.Errorf("before it half of the requests took %v", before)
	}
}
