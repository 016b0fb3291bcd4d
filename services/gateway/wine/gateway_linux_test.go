package wine_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// upstream echoes bodies, says who it is, and keeps requests for /slow until it is let go on.
func upstream(t *testing.T, name string) (
	address string, waiting *atomic.Int32, goOn chan struct{},
) {
	waiting, goOn = new(atomic.Int32), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Upstream", name)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if r.URL.Path == "/slow" {
			waiting.Add(1)
			select {
			case <-goOn:
			case <-r.Context().Done():
			}
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), waiting, goOn
}

func document(endpoint string) string {
	return fmt.Sprintf(`version: 1
listeners: [{name: public, address: 127.0.0.1:0}]
clusters: [{name: app, endpoints: [{address: %q}]}]
routes: [{name: all, cluster: app}]
admin: {address: 127.0.0.1:0}
`, endpoint)
}

// The gateway of Windows starts, passes requests on, takes a changed file, and on Ctrl-Break lets
// what has begun come to its end, and ends with 0.
func TestTheGatewayOfWindowsRunsReloadsAndDrains(t *testing.T) {
	wine(t)
	one, _, _ := upstream(t, "one")
	two, waiting, goOn := upstream(t, "two")
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	must(t, os.WriteFile(file, []byte(document(one)), 0o644))
	p := start(t, built(t, "GATEWAY_WINE_BINARY", ".."), "run", "--config", onWindows(file))
	address := "http://" + p.find(t, `listener public: http://(\S+)`)
	p.find(t, `msg=ready`)

	client := &http.Client{Timeout: patience, Transport: &http.Transport{MaxConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	ask := func(path string, body []byte) (name string, err error) {
		resp, err := client.Post(address+path, "application/octet-stream", bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		if err == nil && (resp.StatusCode != http.StatusOK || !bytes.Equal(got, body)) {
			err = fmt.Errorf("status %d, %d bytes of %d", resp.StatusCode, len(got), len(body))
		}
		return resp.Header.Get("X-Upstream"), err
	}
	for i := range 50 {
		body := bytes.Repeat([]byte{byte(i)}, i*i*400) // up to a MB
		if name, err := ask("/", body); err != nil || name != "one" {
			t.Fatalf("request %d: %q answered, %v", i, name, err)
		}
	}

	// Another file takes the place of the first, as editors do it.
	must(t, os.WriteFile(file+".new", []byte(document(two)), 0o644))
	must(t, os.Rename(file+".new", file))
	p.find(t, `reload: applied`)
	if name, err := ask("/", []byte("again")); err != nil || name != "two" {
		t.Errorf("after the reload %q answered, %v", name, err)
	}

	const underway = 8
	ends := make(chan error, underway)
	for range underway {
		go func() {
			_, err := ask("/slow", bytes.Repeat([]byte("slow"), 1<<16))
			ends <- err
		}()
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(patience); waiting.Load() < underway; {
		if time.Now().After(end) {
			t.Fatalf("%d requests are underway, want %d", waiting.Load(), underway)
		}
		<-look.C
	}
	p.stop(t)
	p.find(t, `(?i)msg="?drain`)
	close(goOn)
	for range underway {
		if err := <-ends; err != nil {
			t.Errorf("a request that was underway at the Ctrl-Break: %v", err)
		}
	}
	if code := p.wait(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
