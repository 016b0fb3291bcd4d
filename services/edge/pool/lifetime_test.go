package pool_test

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// What an endpoint says in Keep-Alive goes before the cluster's idle time, which is 90 s here.
func TestKeepAliveOfTheEndpointIsUsed(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	address := edgetest.Serve(t, authority, "http1",
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Keep-Alive", r.Header.Get("X-Say"))
		}))
	f := testkit.StartFront(t, authority, testkit.Cluster{Address: address})
	idle := func() (n int64) {
		for _, e := range edgetest.Status(t, f.Process).Clusters[0].Endpoints {
			n += e.IdleConnections
		}
		return n
	}
	c := testkit.Dial(t, f.Addr("plain"))
	for _, say := range []string{"timeout=2", "max=7, Timeout=1", "timeout=0"} {
		r := c.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a.test\r\nX-Say: "+say+"\r\n\r\n")
		if r.Status != 200 || r.Fields.Get("Keep-Alive") != "" {
			t.Errorf("%s: answered %d with %v", say, r.Status, r.Fields)
		}
		testkit.Eventually(t, say+": the connection is closed", func() bool { return idle() == 0 })
	}
	for _, say := range []string{"timeout=60", "timeout=soon", "max=5"} {
		c.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a.test\r\nX-Say: "+say+"\r\n\r\n")
		testkit.Eventually(t, say+": the connection is kept", func() bool { return idle() == 1 })
	}
}

// Connections end at their age, and after their requests, while requests go on: none of these is
// lost, and no connection has more than its requests.
func TestLifetimesLoseNoRequest(t *testing.T) {
	t.Parallel()
	const clients, each, most = 4, 150, 7
	onEach(t, func(t *testing.T, client, cluster string) {
		authority := testkit.NewAuthority(t)
		var mu sync.Mutex
		perConnection := map[string]int{}
		address := edgetest.Serve(t, authority, cluster,
			http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				mu.Lock()
				perConnection[r.RemoteAddr]++
				mu.Unlock()
				_, _ = w.Write(body)
			}))
		f := testkit.StartFront(t, authority, testkit.Cluster{
			Address: address, Protocol: cluster,
			More: ", limits: {max_connection_age: 200ms, max_requests_per_connection: 7}",
		})
		var lost atomic.Int64
		var group sync.WaitGroup
		for range clients {
			c := newCaller(t, f, client)
			group.Go(func() {
				for range each {
					// POST is not sent again when a connection turns out to be closed.
					resp, err := c.Post(c.base+"/", "text/plain", http.NoBody)
					if err != nil || resp.StatusCode != 200 {
						lost.Add(1)
					}
					if err == nil {
						_, _ = io.Copy(io.Discard, resp.Body)
						_ = resp.Body.Close()
					}
				}
			})
		}
		group.Wait()
		if n := lost.Load(); n > 0 {
			t.Errorf("%d of %d requests are lost", n, clients*each)
		}
		total := 0
		for _, n := range perConnection {
			if total += n; n > most {
				t.Errorf("a connection had %d requests, want at most %d", n, most)
			}
		}
		if total != clients*each || len(perConnection) < total/most {
			t.Errorf("%d requests over %d connections", total, len(perConnection))
		}
	})
}

// An age alone moves steady traffic to new connections.
func TestSteadyTrafficGetsNewConnections(t *testing.T) {
	t.Parallel()
	for _, cluster := range clusterProtocols {
		t.Run(cluster, func(t *testing.T) {
			t.Parallel()
			authority := testkit.NewAuthority(t)
			f := testkit.StartFront(t, authority, testkit.Cluster{
				Address:  edgetest.Serve(t, authority, cluster, open()),
				Protocol: cluster, More: ", limits: {max_connection_age: 300ms}",
			})
			c := newCaller(t, f, "HTTP/1.1")
			seen := map[string]bool{}
			testkit.Eventually(t, "three connections were used", func() bool {
				seen[c.get(t, "").connection] = true
				return len(seen) >= 3
			})
		})
	}
}
