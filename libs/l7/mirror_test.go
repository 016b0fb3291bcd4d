package l7

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// Bodies come while responses go, and copies are answered at the same time. Endpoints answer before
// they read, in between, or after that; clients get what they are to, and of the copies nothing is
// left. The race detector has all of it in one process.
func TestMirrorsBesideRequests(t *testing.T) {
	answer := func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex() // over HTTP/1.1; HTTP/2 is that
		if strings.HasPrefix(r.URL.Path, "/early") {
			_, _ = io.WriteString(w, "early ")
			_ = http.NewResponseController(w).Flush()
		}
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n)
	}
	endpoint := func(h2c bool) string {
		s := httptest.NewUnstartedServer(http.HandlerFunc(answer))
		s.Config.Protocols = protocols(h2c)
		s.Start()
		t.Cleanup(s.Close)
		return s.Listener.Addr().String()
	}
	d := document(endpoint(false))
	for name, h2c := range map[string]bool{"one": false, "two": true} {
		c := config.NewCluster(name, endpoint(h2c))
		if h2c {
			c.Protocol = config.ClusterH2C
		}
		d.Clusters = append(d.Clusters, c)
		d.Routes[0].Mirror = append(d.Routes[0].Mirror, config.Mirror{
			Cluster: name, Share: 1, MaxBodyBytes: 40_000, MaxActive: 20,
			Timeout: config.DefaultMirrorTimeout, Compare: &config.Compare{
				Status: true, Body: config.BodyExact, MaxBodyBytes: 1000,
			},
		})
	}
	p, err := plan.Build(d)
	if err != nil {
		t.Fatal(err)
	}
	e, address := startPlan(t, p, nil)
	var all sync.WaitGroup
	for i := range 6 {
		tr := &http.Transport{Protocols: protocols(i%2 == 0)}
		t.Cleanup(tr.CloseIdleConnections)
		client := &http.Client{Transport: tr, Timeout: testkit.Deadline}
		all.Go(func() {
			for n := range 20 {
				size := n * 2500 // the last ones are over the bound of the copies
				path, want := "/late", fmt.Sprint(size)
				if n%2 == 0 {
					path, want = "/early", "early "+want
				}
				body := io.MultiReader(bytes.NewReader(make([]byte, size/2)),
					bytes.NewReader(make([]byte, size-size/2))) // of unknown length
				resp, err := client.Post("http://"+address+path, "", body)
				if err != nil {
					t.Error(err)
					return
				}
				got, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || string(got) != want {
					t.Errorf("%s of %d bytes: %q, %v", path, size, got, err)
				}
			}
		})
	}
	all.Wait()
	testkit.Eventually(t, "no copy is under way", func() bool {
		return e.Metrics.Mirror("r", "one").Active.Load() == 0 &&
			e.Metrics.Mirror("r", "two").Active.Load() == 0
	})
	if last := e.Mirrors().Last(1, ""); len(last) > 0 {
		t.Errorf("a difference is invented: %+v", last)
	}
}
