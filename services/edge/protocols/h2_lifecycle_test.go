package protocols_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// replica is an endpoint over h2c that can be restarted.
type replica struct {
	handler http.Handler
	address string
	server  *http.Server
	done    chan struct{}
}

func (r *replica) start(t *testing.T) {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	r.address = ln.Addr().String()
	r.server = &http.Server{Handler: r.handler, Protocols: new(http.Protocols)}
	r.server.Protocols.SetUnencryptedHTTP2(true)
	r.done = make(chan struct{})
	go func() {
		defer close(r.done)
		_ = r.server.Serve(ln)
	}()
}

// stop says goodbye with GOAWAY and lets requests come to their end.
func (r *replica) stop(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Deadline)
	defer cancel()
	if err := r.server.Shutdown(ctx); err != nil {
		t.Errorf("the endpoint did not get rid of its requests: %v", err)
	}
	<-r.done
}

// Endpoints that restart in turn, each with GOAWAY, cost no request: what has begun
// comes to its end, what they did not look at goes elsewhere.
func TestEndpointsRestartWithoutALostRequest(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write(body)
	})
	one, two := &replica{handler: handler, address: "127.0.0.1:0"},
		&replica{handler: handler, address: "127.0.0.1:0"}
	one.start(t)
	two.start(t)
	t.Cleanup(func() { one.server.Close(); two.server.Close(); <-one.done; <-two.done })
	// net/http closes connections it takes for idle in the moment of a shutdown, GOAWAY or not:
	// what meets that may have arrived, and goes out again only because it is a PUT.
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: one.address, Second: two.address, Protocol: "h2c",
		Route: ", retry: {attempts: 3, on: [connect, reset], budget: 100%}",
	})
	c, base := edgetest.ClientOf(t, authority, f.Process, "HTTP/2")
	stop := make(chan struct{})
	var asked, failed atomic.Int64
	var first atomic.Pointer[string]
	var load sync.WaitGroup
	for range 8 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				asked.Add(1)
				if err := askEcho(t.Context(), c, base); err != nil {
					failed.Add(1)
					text := err.Error()
					first.CompareAndSwap(nil, &text)
				}
			}
		})
	}
	for range 3 {
		for _, r := range []*replica{one, two} {
			before := asked.Load()
			testkit.Eventually(t, "requests go on", func() bool { return asked.Load() > before+50 })
			r.stop(t)
			r.start(t)
		}
	}
	close(stop)
	load.Wait()
	if failed.Load() > 0 {
		t.Errorf("%d of %d requests failed, first: %s", failed.Load(), asked.Load(), *first.Load())
	}
	t.Logf("%d requests over 6 restarts", asked.Load())
}

func askEcho(ctx context.Context, c *http.Client, base string) error {
	req, err := http.NewRequestWithContext(ctx, "PUT", base+"/", strings.NewReader("hello"))
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != 200 || string(body) != "hello") {
		return fmt.Errorf("%s %s", resp.Status, body)
	}
	return err
}

// A drain tells clients of HTTP/2 with GOAWAY, lets what has begun come to its end, and
// ends the process at once when it has.
func TestADrainLetsStreamsComeToTheirEnd(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	release := make(chan struct{})
	begun := make(chan struct{}, 10)
	address := edgetest.Serve(t, authority, "h2c",
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("begun, "))
			_ = http.NewResponseController(w).Flush()
			begun <- struct{}{}
			<-release
			_, _ = w.Write([]byte("done"))
		}))
	f := testkit.StartFront(t, authority, testkit.Cluster{Address: address, Protocol: "h2c"})
	c, base := edgetest.ClientOf(t, authority, f.Process, "HTTP/2 over TLS")
	results := make(chan string, 10)
	for range cap(results) {
		go func() {
			resp, err := c.Get(base + "/")
			if err != nil {
				results <- err.Error()
				return
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			results <- fmt.Sprint(string(body), err)
		}()
	}
	for range cap(results) {
		<-begun
	}
	if err := f.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "nobody is let in any more", func() bool {
		conn, err := net.DialTimeout("tcp", f.Addr("tls"), testkit.Deadline)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	select {
	case <-f.Exited():
		t.Fatal("it ended before its requests did")
	default:
	}
	close(release)
	for range cap(results) {
		if r := <-results; r != "begun, done<nil>" {
			t.Errorf("a request that had begun ended with %q", r)
		}
	}
	if code := f.Wait(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A reload leaves connections of HTTP/2 alone; the requests that follow take the new
// plan, those under way keep the old one.
func TestAReloadKeepsHTTP2Connections(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	named := func(name string) string {
		return edgetest.Serve(t, authority, "http1",
			http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, name)
			}))
	}
	one, two := named("one"), named("two")
	f := testkit.StartFront(t, authority, testkit.Cluster{Address: one})
	c, base := edgetest.ClientOf(t, authority, f.Process, "HTTP/2 over TLS")
	ask := func() string {
		resp, err := c.Get(base + "/")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return string(body)
	}
	if got := ask(); got != "one" {
		t.Fatalf("%q", got)
	}
	connections := func() int64 {
		return edgetest.Status(t, f.Process).Listeners[2].ActiveConnections
	}
	before := connections()
	text, err := os.ReadFile(f.Config())
	if err != nil {
		t.Fatal(err)
	}
	if err := testkit.Replace(f.Config(), strings.Replace(string(text), one, two, 1)); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(testkit.Deadline)
	for ask() != "two" {
		if time.Now().After(deadline) {
			t.Fatal("the new plan does not come")
		}
	}
	if after := connections(); before != 1 || after != 1 {
		t.Errorf("%d connections before and %d after, want the same one", before, after)
	}
}
