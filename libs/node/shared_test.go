package node

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// named is an endpoint that answers every line with its name: a request as HTTP has it, any
// other line with a line. A request for /hold it never answers.
func named(t *testing.T, name string) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(4 * testkit.Deadline))
			serving.Go(func() { answer(c, name) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		serving.Wait()
	})
	return ln.Addr().String()
}

func answer(c net.Conn, name string) {
	defer c.Close()
	lines := bufio.NewReader(c)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if !strings.HasPrefix(line, "GET ") {
			_, _ = fmt.Fprintf(c, "%s\n", name)
			continue
		}
		for field := ""; field != "\r\n" && err == nil; {
			field, err = lines.ReadString('\n')
		}
		if !strings.HasPrefix(line, "GET /hold ") {
			const head = "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
			_, _ = fmt.Fprintf(c, head, len(name), name)
		}
	}
}

// both is a node that serves both protocols, with one cluster for both.
type both struct{ web, db, admin string }

// startBoth runs one. limits are those of all listeners and of the cluster, in YAML.
func startBoth(t *testing.T, all, cluster string, endpoints ...string) both {
	t.Helper()
	n := both{free(t), free(t), free(t)}
	var list []string
	for _, e := range endpoints {
		list = append(list, fmt.Sprintf("{address: %q}", e))
	}
	yaml := fmt.Sprintf(`version: 1
listeners:
  - {name: web, address: %q}
  - {name: db, address: %q, protocol: tcp, cluster: shared}
clusters: [{name: shared, endpoints: [%s], limits: %s}]
routes: [{name: all, cluster: shared, retry: {attempts: 1}}]
limits: %s
drain: {timeout: 100ms}
admin: {address: %q}
`, n.web, n.db, strings.Join(list, ", "), cluster, all, n.admin)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx, t, yaml, io.Discard, config.ProtocolHTTP, config.ProtocolTCP) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	testkit.Eventually(t, "it is ready", func() bool {
		resp, err := http.Get("http://" + n.admin + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == 200
	})
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return n
}

// request sends one on a connection of its own, and returns the status and the body.
func (n both) request(t *testing.T) (status int, body string) {
	t.Helper()
	c := testkit.Dial(t, n.web)
	defer c.Close()
	r := c.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
	return r.Status, string(r.Body)
}

// session opens one, and returns the name of its endpoint; an error says that it was ended.
func (n both) session(t *testing.T) (c *testkit.Client, endpoint string, err error) {
	t.Helper()
	if c, err = testkit.DialTimeout(n.db, testkit.Deadline); err != nil {
		return nil, "", err // it may be reset before Dial looks
	}
	t.Cleanup(c.Close)
	if err := c.Send("who\n"); err != nil {
		return c, "", err
	}
	endpoint, err = c.Bytes(1)
	return c, endpoint, err
}

// clusters are those of /status.
func (n both) clusters(t *testing.T) []admin.Cluster {
	t.Helper()
	resp, err := http.Get("http://" + n.admin + "/status")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var s struct{ Clusters []admin.Cluster }
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s.Clusters
}

// A cluster that both protocols use has one limit on its connections, for the two together.
func TestRequestsAndSessionsShareTheLimitOfACluster(t *testing.T) {
	t.Parallel()
	n := startBoth(t, "{}", "{max_connections: 1, max_pending: 0}", named(t, "a"))
	if status, body := n.request(t); status != 200 || body != "a" {
		t.Fatalf("alone: %d %q", status, body)
	}
	// The connection of the request is idle then, and makes room.
	testkit.Eventually(t, "it is idle", func() bool {
		return n.clusters(t)[0].Endpoints[0].IdleConnections == 1
	})
	c, endpoint, err := n.session(t)
	if err != nil || endpoint != "a" {
		t.Fatalf("a session beside an idle connection: %q, %v", endpoint, err)
	}
	if status, body := n.request(t); status != 503 || !strings.Contains(body, "GW_OVERLOADED") {
		t.Errorf("a request while a session has the only connection: %d %s", status, body)
	}
	all := n.clusters(t)
	if len(all) != 1 || all[0].Connections != 1 || all[0].MaxConnections != 1 {
		t.Errorf("/status has %+v, want the cluster once, with one connection", all)
	}
	c.Close()
	connections := func() int64 { return n.clusters(t)[0].Connections }
	testkit.Eventually(t, "the session is over", func() bool { return connections() == 0 })
	held := testkit.Dial(t, n.web)
	if err := held.Send("GET /hold HTTP/1.1\r\nHost: a.test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the request has it", func() bool { return connections() == 1 })
	if _, endpoint, err := n.session(t); !testkit.IsClosed(err) {
		t.Errorf("a session while a request has the only connection: %q, %v", endpoint, err)
	}
}

// Requests and sessions take turns in one schedule, and one judge counts what both tell.
func TestRequestsAndSessionsShareACursorAndAVerdict(t *testing.T) {
	t.Parallel()
	n := startBoth(t, "{}", "{}", named(t, "a"), named(t, "b"))
	var requests, sessions string
	for range 3 {
		_, body := n.request(t)
		requests += body
		c, endpoint, err := n.session(t)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		sessions += endpoint
	}
	if requests != "aaa" || sessions != "bbb" {
		t.Errorf("requests went to %s and sessions to %s, want turns", requests, sessions)
	}
	testkit.Eventually(t, "all six were judged", func() bool {
		all := n.clusters(t)
		return len(all) == 1 && len(all[0].Endpoints) == 2 &&
			strings.Contains(all[0].Endpoints[0].Reason, "0 of 3 requests") &&
			strings.Contains(all[0].Endpoints[1].Reason, "0 of 3 requests")
	})
}

// The limit on client connections is for all listeners together, whatever they speak.
func TestTheLimitOfAllListenersCountsBothProtocols(t *testing.T) {
	t.Parallel()
	n := startBoth(t, "{max_connections: 2}", "{}", named(t, "a"))
	web := testkit.Dial(t, n.web)
	if r := web.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"); r.Status != 200 {
		t.Fatalf("the first client: %d", r.Status)
	}
	if _, endpoint, err := n.session(t); err != nil || endpoint != "a" {
		t.Fatalf("the second client: %q, %v", endpoint, err)
	}
	if _, endpoint, err := n.session(t); !testkit.IsClosed(err) {
		t.Errorf("a third client, with a session: %q, %v", endpoint, err)
	}
	turnedAway := testkit.Dial(t, n.web)
	if r, err := turnedAway.Response("GET"); err != nil || r.Status != 503 {
		t.Errorf("a third client, with a request: %+v, %v", r, err)
	}
	if r := web.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"); r.Status != 200 {
		t.Errorf("the first client later: %d", r.Status)
	}
}
