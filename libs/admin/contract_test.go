package admin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

// service is a stand-in for what the API shows.
type service struct {
	snapshot admin.Snapshot
	document *config.Document
	drains   int
}

func (s *service) api() *admin.Server {
	started := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return admin.New(admin.Options{
		Version:  "1.2.3",
		Started:  started,
		Now:      func() time.Time { return started.Add(90 * time.Second) },
		Snapshot: func() admin.Snapshot { return s.snapshot },
		Config:   func() *config.Document { return s.document },
		Metrics:  metrics.New().Handler(),
		Drain:    func() { s.drains++ },
	})
}

func live() *service {
	d := config.Embedded()
	d.Gossip = &config.Gossip{Bind: "127.0.0.1:1", Key: "hunter2"}
	return &service{document: d, snapshot: admin.Snapshot{
		State: admin.Ready, Digest: "abc", Source: "the embedded default",
		Listeners: []admin.Listener{{Name: "public", Address: "127.0.0.1:8080", Protocol: "http", ActiveConnections: 3}},
		Clusters: []admin.Cluster{{Name: "none"}, {Name: "demo", Endpoints: []admin.Endpoint{
			{Address: "127.0.0.1:9001", Weight: 1, EffectiveWeight: 1, Reason: "as configured"},
		}}},
	}}
}

func do(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:9901"+path, nil)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestEveryOperationKeepsItsContract(t *testing.T) {
	d, err := openspectest.Parse(openspec.Admin)
	if err != nil {
		t.Fatal(err)
	}
	starting := &service{snapshot: admin.Snapshot{State: admin.Starting, Reason: "no plan yet"}}
	draining := live()
	draining.snapshot.State = admin.Draining
	covered := map[string]bool{}
	for _, c := range []struct {
		service   *service
		operation string
		status    int
		headers   []string
	}{
		{live(), "GET /healthz", 200, nil},
		{starting, "GET /healthz", 200, nil},
		{live(), "GET /readyz", 200, nil},
		{starting, "GET /readyz", 503, nil},
		{draining, "GET /readyz", 503, nil},
		{live(), "GET /metrics", 200, nil},
		{live(), "GET /status", 200, nil},
		{starting, "GET /status", 200, nil},
		{live(), "GET /config", 200, nil},
		{starting, "GET /config", 503, nil},
		{live(), "POST /drain", 202, nil},
		{live(), "POST /drain", 403, []string{"Sec-Fetch-Site", "cross-site"}},
	} {
		covered[c.operation] = true
		method, path, _ := strings.Cut(c.operation, " ")
		w := do(c.service.api().Handler(), method, path, c.headers...)
		if w.Code != c.status {
			t.Errorf("%s: status %d, want %d: %s", c.operation, w.Code, c.status, w.Body)
		}
		if err := d.Check(c.operation, w.Code, w.Header().Get("Content-Type"), w.Body.Bytes()); err != nil {
			t.Errorf("%v\n%s", err, w.Body)
		}
	}
	for _, op := range d.Operations() {
		if !covered[op] {
			t.Errorf("%s has no test", op)
		}
	}
}

func TestStatusSaysWhatRuns(t *testing.T) {
	w := do(live().api().Handler(), "GET", "/status")
	var s struct {
		Started string  `json:"started"`
		Uptime  float64 `json:"uptime_seconds"`
		Version string  `json:"version"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Started != "2026-01-02T03:04:05Z" || s.Uptime != 90 || s.Version != "1.2.3" {
		t.Errorf("%+v", s)
	}
}

func TestConfigIsRedactedAndReadsBack(t *testing.T) {
	s := live()
	w := do(s.api().Handler(), "GET", "/config")
	if strings.Contains(w.Body.String(), "hunter2") {
		t.Errorf("a secret is shown: %s", w.Body)
	}
	var shown map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &shown); err != nil || shown["version"] != 1.0 {
		t.Errorf("%v, %v", shown, err)
	}
}

func TestDrainStartsOnce(t *testing.T) {
	s := live()
	h := s.api().Handler()
	for range 3 {
		if w := do(h, "POST", "/drain"); w.Code != 202 {
			t.Errorf("status %d", w.Code)
		}
	}
	if w := do(h, "GET", "/drain"); w.Code != 405 {
		t.Errorf("GET: status %d", w.Code)
	}
	if s.drains != 1 {
		t.Errorf("drained %d times", s.drains)
	}
}

func TestForeignHostsAndOriginsAreRefused(t *testing.T) {
	s := live()
	h := s.api().Handler()
	for _, host := range []string{"evil.example", "evil.example:9901", "127.0.0.1.evil.example", ""} {
		if w := do(h, "GET", "/config", "Host", host); w.Code != 403 {
			t.Errorf("Host %q: status %d", host, w.Code)
		}
	}
	for _, host := range []string{"localhost:9901", "LOCALHOST", "127.0.0.1", "[::1]:9901", "[::1]"} {
		if w := do(h, "GET", "/healthz", "Host", host); w.Code != 200 {
			t.Errorf("Host %q: status %d", host, w.Code)
		}
	}
	if w := do(h, "POST", "/drain", "Origin", "http://evil.example"); w.Code != 403 || s.drains != 0 {
		t.Errorf("a foreign page drains: status %d", w.Code)
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "localhost:0", "127.0.0.2:0"} {
		l, err := admin.Listen(t.Context(), address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		l.Close()
	}
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0"} {
		if l, err := admin.Listen(t.Context(), address); err == nil || !strings.Contains(err.Error(), "not on loopback") {
			t.Errorf("%s: %v, %v", address, l, err)
		}
	}
}

func TestServesUntilTheContextEnds(t *testing.T) {
	l, err := admin.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- live().api().Serve(ctx, l) }()
	client := &http.Client{Timeout: 10 * time.Second, Transport: new(http.Transport)}
	resp, err := client.Get("http://" + l.Addr().String() + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	client.CloseIdleConnections()
	if resp.StatusCode != 200 {
		t.Errorf("status %d", resp.StatusCode)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
