package admin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/openspec"
	"github.com/gatewayhomebrew/gateway/openspec/openspectest"
)

// service is a stand-in for what the API shows.
type service struct {
	admin.Options
	snapshot admin.Snapshot
	document *config.Document
	reload   admin.Receipt
	rollback admin.Receipt
	upgrade  admin.Upgrade
	drains   int
	logged   *logtest.Hook
}

var started = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// live is a service in full health.
func live() *service {
	d := config.Embedded()
	d.Gossip = &config.Gossip{Bind: "127.0.0.1:1", Key: "hunter2"}
	s := &service{document: d, snapshot: admin.Snapshot{
		State: admin.Ready, Digest: "abc", Source: "the embedded default",
		Listeners: []admin.Listener{
			{
				Name: "public", Address: "127.0.0.1:8080", ConfiguredAddress: "127.0.0.1:0",
				Protocol: "http", ActiveConnections: 3, Certificates: []admin.Certificate{
					{File: "a.pem", Names: []string{"a.test"}, NotAfter: started},
				},
			},
		},
		Clusters: []admin.Cluster{
			{Name: "none"}, {
				Name: "demo", Connections: 2, MaxConnections: 1024, Endpoints: []admin.Endpoint{
					{
						Address: "127.0.0.1:9001", Weight: 1, EffectiveWeight: 1,
						Reason: "as configured",
					},
				},
			},
		},
		AccessLog: admin.AccessLog{Output: "stdout", Dropped: 7},
	}}
	s.reload = admin.Receipt{
		ID: 2, Time: started, Trigger: admin.ByAPI, Result: admin.Applied, Reason: admin.ReasonOK,
		DurationMS: 1.5,
		Routes: changes.Set{
			Kept:    1,
			Changed: []changes.Change{{Name: "a", What: []string{"max_body_bytes: 1 -> 2"}}},
		},
		StreamsClosed: []admin.StreamsClosed{
			{Listener: "old", Count: 1, Why: "the listener is gone"},
		},
	}
	s.rollback = admin.Receipt{
		ID: 3, Time: started, Trigger: admin.ByAPI, Result: admin.RolledBack,
		Reason: admin.ReasonRequest,
	}
	s.upgrade = admin.Upgrade{
		ID: 1, Time: started, Trigger: admin.ByAPI, Result: admin.Upgraded, Reason: admin.ReasonOK,
		Binary: "/usr/local/bin/gateway", OldVersion: "1.2.3", NewVersion: "1.3.0", OldPID: 7,
		NewPID: 8, Generation: 2, Digest: "abc", DurationMS: 4321.5,
	}
	s.snapshot.Process = &admin.Process{
		PID: 7, Generation: 1, Upgrades: []admin.Upgrade{s.upgrade},
		Old: []admin.OldProcess{{PID: 6, Generation: 1, Since: started, Connections: 3}},
	}
	log, hook := logtest.NewNullLogger()
	s.logged = hook
	s.Options = admin.Options{
		Version:  "1.2.3",
		Started:  started,
		Now:      func() time.Time { return started.Add(90 * time.Second) },
		Log:      log,
		Snapshot: func() admin.Snapshot { return s.snapshot },
		Config:   func() *config.Document { return s.document },
		Metrics:  metrics.New().Handler(),
		Catalog: func() []admin.CatalogRoute {
			return []admin.CatalogRoute{
				{
					Name: "a", Clusters: []admin.CatalogShare{{Cluster: "demo", Weight: 1}},
					OpenAPI: &admin.CatalogOpenAPI{
						Spec: "a.yaml", Requests: "enforce", Responses: "off",
					},
				},
				{
					Name: "b", Hosts: []string{"b.example"}, PathPrefix: "/b",
					Methods: []string{"GET"}, Hits: 5,
					Clusters: []admin.CatalogShare{{Cluster: "demo", Weight: 1}},
				},
			}
		},
		Why: func(id string) (admin.Explanation, bool) {
			return admin.Explanation{
				ID: id, Time: started,
				Attempts: []admin.Attempt{
					{Endpoint: "127.0.0.1:1", Outcome: "refused", DurationMS: 0.5},
				},
			}, id == "known"
		},
		Failures: func(most int) []admin.Explanation {
			return []admin.Explanation{{
				ID: "known", Time: started, Method: "GET", Host: "a.test", Path: "/a", Status: 502,
				Code: "GW_UPSTREAM_CONNECT", Cause: "127.0.0.1:1 refused the connection",
			}}[:min(most, 1)]
		},
		Mirrors: func(string) []admin.Explanation {
			said := "200"
			return []admin.Explanation{{
				ID: "known", Time: started, Attempts: []admin.Attempt{},
				Mirrors: []admin.Mirror{{
					Cluster: "shadow", Endpoint: "127.0.0.1:2", ID: "known", Status: 500, Count: 1,
					Differences: []admin.Difference{{Part: "status", Primary: &said}},
				}},
			}}
		},
		Reload:   func(context.Context) admin.Receipt { return s.reload },
		Rollback: func(context.Context) admin.Receipt { return s.rollback },
		Upgrade:  func(context.Context) admin.Upgrade { return s.upgrade },
		Drain:    func() { s.drains++ },
	}
	return s
}

// with is a live service with something changed.
func with(change func(*service)) *service {
	s := live()
	change(s)
	return s
}

func starting() *service {
	return with(func(s *service) {
		s.document = nil
		s.snapshot = admin.Snapshot{State: admin.Starting, Reason: "no plan yet"}
	})
}

func draining() *service {
	return with(func(s *service) {
		s.snapshot.State, s.snapshot.Reason = admin.Draining, "it was told to stop"
	})
}

func (s *service) handler() http.Handler { return admin.New(s.Options).Handler() }

// warnings are the messages logged at that level or worse.
func (s *service) warnings() (out []string) {
	for _, e := range s.logged.AllEntries() {
		if e.Level <= logrus.WarnLevel {
			out = append(out, e.Message)
		}
	}
	return out
}

func document(t testing.TB) *openspectest.Document {
	t.Helper()
	d, err := openspectest.Parse(openspec.Admin)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// do asks a handler; headers are names and values by turns.
func do(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1:9901"+path, nil)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
