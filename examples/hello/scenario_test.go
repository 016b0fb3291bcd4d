// Package hello_test does what this folder's README does, step by step, so that the README stays
// true.
package hello_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// startFiles is the README's file server: it serves ./www on a free port.
func startFiles(t *testing.T) (addr string, seen <-chan *http.Request) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	requests := make(chan *http.Request, 16)
	files := http.FileServer(http.Dir("www"))
	server := &http.Server{
		ReadHeaderTimeout: testkit.Deadline,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			requests <- r
			files.ServeHTTP(w, r)
		}),
	}
	go func() { _ = server.Serve(ln) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	return ln.Addr().String(), requests
}

// startEdge runs the edge with this folder's own gateway.yaml, only on other ports.
func startEdge(t *testing.T, upstream string) *testkit.Process {
	t.Helper()
	text, err := os.ReadFile("gateway.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config := string(text)
	for old, with := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:0", "127.0.0.1:9000": upstream,
		"127.0.0.1:9901": "127.0.0.1:0",
	} {
		if !strings.Contains(config, old) {
			t.Fatalf("gateway.yaml no longer has %s, which the README tells", old)
		}
		config = strings.Replace(config, old, with, 1)
	}
	return testkit.StartEdge(t, config)
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Deadline)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestHello(t *testing.T) {
	upstream, seen := startFiles(t)
	edge := startEdge(t, upstream)
	base := "http://" + edge.Addr("public")

	t.Run("a request goes through", func(t *testing.T) {
		resp, body := get(t, base+"/hello/world.txt")
		want, err := os.ReadFile("www/hello/world.txt")
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != 200 || body != string(want) {
			t.Errorf("got %d %q, want 200 %q", resp.StatusCode, body, want)
		}
		r := <-seen
		if r.Header.Get("X-Forwarded-For") != "127.0.0.1" || r.Header.Get("X-Request-Id") == "" ||
			r.Header.Get("Via") == "" {
			t.Errorf(
				"the upstream sees %v; the README promises X-Forwarded-For, X-Request-Id and Via",
				r.Header)
		}
	})

	t.Run("the upstream's own errors pass", func(t *testing.T) {
		resp, body := get(t, base+"/hello/nobody.txt")
		if resp.StatusCode != 404 || strings.Contains(body, "GW_") {
			t.Errorf("got %d %q, want the file server's 404", resp.StatusCode, body)
		}
		<-seen
	})

	t.Run("what has no route is answered here", func(t *testing.T) {
		resp, body := get(t, base+"/other")
		var doc struct {
			Error struct {
				Code          string `json:"code"`
				CorrelationID string `json:"correlation_id"`
			} `json:"error"`
		}
		if err := json.Unmarshal([]byte(body), &doc); err != nil || resp.StatusCode != 404 ||
			doc.Error.Code != "GW_NO_ROUTE" {
			t.Errorf("got %d %q (%v), want 404 GW_NO_ROUTE", resp.StatusCode, body, err)
		}
		if id := resp.Header.Get("X-Request-Id"); id == "" || id != doc.Error.CorrelationID {
			t.Errorf("X-Request-Id %q, correlation_id %q", id, doc.Error.CorrelationID)
		}
	})

	t.Run("every request is in the access log", func(t *testing.T) {
		testkit.Eventually(t, "three lines", func() bool {
			return strings.Count(edge.Stdout(), "\n") == 3
		})
	})

	t.Run("it ends cleanly", func(t *testing.T) {
		if code := edge.Stop(t, 10*time.Second); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})
}
