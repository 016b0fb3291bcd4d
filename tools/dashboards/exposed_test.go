package dashboards

import (
	"context"
	"crypto/tls"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// exposed are the metrics that services have, with the labels of each.
type exposed map[string]map[string]bool

var (
	sample     = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? `)
	sampleName = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*"`)
	histogram  = regexp.MustCompile(`^# TYPE (\S+) histogram`)
)

// read adds what a page of metrics has. The name of a histogram stands for a native one, which has
// the labels of its buckets but le.
func (e exposed) read(page string) {
	add := func(name string, labels []string) {
		if e[name] == nil {
			e[name] = map[string]bool{"job": true, "instance": true}
		}
		for _, l := range labels {
			e[name][l] = true
		}
	}
	histograms := map[string]bool{}
	for line := range strings.Lines(page) {
		if m := histogram.FindStringSubmatch(line); m != nil {
			histograms[m[1]] = true
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil || line[0] == '#' {
			continue
		}
		var labels []string
		for _, l := range sampleName.FindAllStringSubmatch(m[2], -1) {
			labels = append(labels, l[1])
		}
		add(m[1], labels)
	}
	for name := range histograms {
		add(name, nil)
		for label := range e[name+"_bucket"] {
			if label != "le" {
				e[name][label] = true
			}
		}
	}
}

// scrape reads the metrics of all processes.
func (s *site) scrape(t *testing.T) exposed {
	t.Helper()
	all := exposed{"up": {"job": true, "instance": true}}
	client := http.Client{
		Timeout: testkit.Deadline, Transport: &http.Transport{DisableKeepAlives: true},
	}
	for _, p := range s.processes {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+p.admin+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(p, resp.Status, err)
		}
		all.read(string(page))
	}
	return all
}

// request sends a request on a connection of its own. What comes of it, a connection that is reset
// included, is in the metrics.
func request(address, path string, fields ...string) {
	c, err := testkit.DialTimeout(address, testkit.Deadline)
	if err != nil {
		return
	}
	defer c.Close()
	fields = append([]string{"GET " + path + " HTTP/1.1", "Host: shop.example"}, fields...)
	if err := c.Send(strings.Join(fields, "\r\n") + "\r\nConnection: close\r\n\r\n"); err == nil {
		_, _ = c.Response("GET")
	}
}

// handshake is a client that says no more than TLS wants.
func handshake(ctx context.Context, address string) {
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	if c, err := dialer.DialContext(ctx, "tcp", address); err == nil {
		c.Close()
	}
}

// use has the fleet do once what makes each metric appear.
func (s *site) use(t *testing.T) {
	t.Helper()
	public := s.edge.Addr("public")
	request(public, "/", "Accept-Encoding: gzip")
	for range 4 { // an adaptive limit learns from ten
		request(public, "/search")
	}
	request(public, "/staff", "Authorization: Basic YW5hOndyb25n")
	request(public, "/api/nothing")
	request(public, "/gone")
	request(s.edge.Addr("secure"), "/") // no TLS: the handshake fails
	handshake(t.Context(), s.edge.Addr("secure"))
	request(s.relay.Addr("tcp"), "/")
	request(s.relay.Addr("dead"), "/")
	var ignored map[string]any
	s.edge.Decode(t, "POST", "/reload", &ignored)
}

func (s *site) publish(t *testing.T, text string, bake *configpb.Rollout) {
	t.Helper()
	if _, err := s.sync.Publish(t.Context(), &configpb.PublishRequest{
		Config: s.published(text), Rollout: bake, IfBusy: configpb.IfBusy_IF_BUSY_REPLACE,
	}); err != nil {
		t.Error(err)
	}
}

// wanted are metrics whose labels depend on what has happened, by what tells that it has.
var wanted = []string{
	"gateway_active_checks_total", "gateway_compress_bytes_total", "gateway_mirror_requests_total",
	"gateway_gossip_contact_age_seconds", "gateway_tls_handshake_failures_total",
	"gateway_relay_sessions_total", "gateway_upstream_duration_seconds_bucket",
	"gateway_limit_learned", "gateway_tls_handshake_duration_seconds_bucket",
	"gateway_upstream_connect_duration_seconds_bucket",
	"gateway_relay_session_duration_seconds_bucket", "gateway_retries_total",
}

// whatIsThere runs a fleet until it has every metric that there is.
func whatIsThere(t *testing.T) exposed {
	t.Helper()
	s := startSite(t)
	s.publish(t, "one", nil)
	all, missing := exposed{}, ""
	t.Cleanup(func() {
		if missing != "" {
			t.Logf("nothing has made %s appear", missing)
		}
	})
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	testkit.Within(t, patience, "the fleet has used what it has", func() bool {
		s.use(t)
		<-tick.C
		maps.Copy(all, s.scrape(t))
		missing = ""
		for _, name := range wanted {
			if all[name] == nil {
				missing += " " + name
			}
		}
		return missing == ""
	})
	return all
}
