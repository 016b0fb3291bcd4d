// Package observability_test does what this folder's README does: Prometheus watches an edge, and
// an alert tells of a configuration that was refused.
package observability_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/examples/observability"
	"github.com/gatewayhomebrew/gateway/examples/servers"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// watcher is a Prometheus with the files of this folder, which looks each second.
func watcher(t *testing.T, edge *exampletest.Edge) *servers.Server {
	t.Helper()
	files := map[string]string{}
	for _, name := range []string{"prometheus.yml", "rules.yaml"} {
		text, err := fs.ReadFile(observability.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = strings.NewReplacer("127.0.0.1:9901", edge.Addr("admin"), "interval: 5s",
			"interval: 1s").Replace(string(text))
	}
	p, err := servers.Prometheus(t.Context(), "127.0.0.1:0", files)
	exampletest.Need(t, err)
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("Prometheus:\n%s", p.Printed())
		}
	})
	return p
}

// ask asks the API of a Prometheus.
func ask(t *testing.T, p *servers.Server, path string, data any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+p.Address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{
		Timeout: testkit.Deadline, Transport: &http.Transport{DisableKeepAlives: true},
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer := struct {
		Status, Error string
		Data          any
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Status != "success" {
		t.Fatalf("%s: %v, %s", path, err, answer.Error)
	}
}

// found reports whether a query finds anything.
func found(t *testing.T, p *servers.Server, query string) bool {
	t.Helper()
	var data struct{ Result []any }
	ask(t, p, "/api/v1/query?query="+url.QueryEscape(query), &data)
	return len(data.Result) > 0
}

func TestPrometheusWatchesAnEdge(t *testing.T) {
	ok := testkit.Answer(exampletest.Text(200, "shop\n"))
	one, two := testkit.NewUpstream(t, ok), testkit.NewUpstream(t, ok)
	edge := exampletest.Start(t, map[string]string{
		"127.0.0.1:9001": one.Addr(), "127.0.0.1:9002": two.Addr(),
	})
	p := watcher(t, edge)
	load := exampletest.StartLoad(t, edge.Addr("public"), 2,
		"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
	for _, query := range []string{
		`up{job="gateway-edge"} == 1`,
		`sum by (route) (rate(gateway_requests_total{code="200"}[10s])) > 1`,
		`gateway_active_check_passed{cluster="shop"} == 1`,
		`gateway_reload_last_successful == 1`,
	} {
		testkit.Within(t, 2*testkit.Deadline, query, func() bool { return found(t, p, query) })
	}
	if _, failures := load.Stop(); len(failures) > 0 {
		t.Error(failures)
	}

	var rules struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	testkit.Within(t, 2*testkit.Deadline, "every rule was evaluated", func() bool {
		ask(t, p, "/api/v1/rules", &rules)
		for _, g := range rules.Groups {
			for _, r := range g.Rules {
				if r.Health == "err" {
					t.Fatalf("%s: %s", r.Name, r.LastError)
				}
				// The group of days is evaluated every two minutes, at a moment of its own.
				if r.Health != "ok" && !strings.Contains(r.Name, "rate1d") &&
					!strings.Contains(r.Name, "rate3d") {
					return false
				}
			}
		}
		return len(rules.Groups) > 0
	})
	if found(t, p, "ALERTS") {
		t.Error("there are alerts, and all is well")
	}

	edge.Edit(t, "cluster: shop\n", "cluster: shoe\n")
	testkit.Within(t, 2*testkit.Deadline, "the refused reload is an alert", func() bool {
		return found(t, p, `ALERTS{alertname="GatewayReloadRefused"}`)
	})
	edge.Edit(t, "cluster: shoe\n", "cluster: shop\n")
	testkit.Within(t, 2*testkit.Deadline, "it has ended", func() bool {
		return !found(t, p, `ALERTS{alertname="GatewayReloadRefused"}`)
	})
}
