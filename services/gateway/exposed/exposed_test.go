package exposed_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/metrics/catalogue"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func trusting() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }

// page is what a service tells Prometheus.
func (s *site) page(service string) string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "GET",
		"http://"+s.admin[service]+"/metrics", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := http.Client{
		Timeout: testkit.Deadline, Transport: &http.Transport{DisableKeepAlives: true},
	}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		s.t.Fatalf("/metrics of %s: %s, %v", service, resp.Status, err)
	}
	return string(page)
}

var (
	about  = regexp.MustCompile(`^# (HELP|TYPE) (\S+) (.*)\n$`)
	sample = regexp.MustCompile(`^([a-z][a-z0-9_]*?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? `)
	label  = regexp.MustCompile(`([a-z_]+)="(?:[^"\\]|\\.)*"`)
)

// read adds the gateway's own metrics of a page.
func read(all map[string]*catalogue.Metric, page string) {
	at := func(name string) *catalogue.Metric {
		if all[name] == nil {
			all[name] = &catalogue.Metric{Name: name}
		}
		return all[name]
	}
	for line := range strings.Lines(page) {
		if m := about.FindStringSubmatch(line); m != nil {
			if m[1] == "HELP" {
				at(m[2]).Help = strings.NewReplacer(`\\`, `\`, `\n`, "\n").Replace(m[3])
			} else {
				at(m[2]).Type = m[3]
			}
			continue
		}
		name, rest, _ := strings.Cut(line, "{")
		if rest == "" {
			name, _, _ = strings.Cut(line, " ")
		}
		if all[name] == nil { // one of a histogram's
			name = sample.FindStringSubmatch(line)[1]
		}
		for _, l := range label.FindAllStringSubmatch(rest, -1) {
			if l[1] != "le" && !slices.Contains(at(name).Labels, l[1]) {
				all[name].Labels = append(all[name].Labels, l[1])
			}
		}
	}
	for name, m := range all {
		slices.Sort(m.Labels)
		if !strings.HasPrefix(name, "gateway_") {
			delete(all, name)
		}
	}
}

// usedSite is a site where all there is was used, with what each service exposes.
func usedSite(t *testing.T) (s *site, exposed map[string]map[string]*catalogue.Metric) {
	t.Helper()
	s = startSite(t)
	exposed = map[string]map[string]*catalogue.Metric{}
	missing := ""
	t.Cleanup(func() {
		if missing != "" {
			t.Logf("nothing has made these appear:%s", missing)
		}
	})
	for end := time.Now().Add(patience); ; {
		s.use()
		missing = ""
		for service := range s.admin {
			if exposed[service] == nil {
				exposed[service] = map[string]*catalogue.Metric{}
			}
			read(exposed[service], s.page(service))
			for _, m := range catalogue.All() {
				if slices.Contains(m.Services, service) && exposed[service][m.Name] == nil {
					missing += " " + service + "'s " + m.Name
				}
			}
		}
		if missing == "" || time.Now().After(end) {
			return s, exposed
		}
	}
}

// The catalogue, which docs/metrics.md is made of, has what services expose, and nothing else.
func TestTheCatalogueIsWhatServicesExpose(t *testing.T) {
	s, exposed := usedSite(t)
	for service := range s.admin {
		known := map[string]bool{}
		for _, m := range catalogue.All() {
			if !slices.Contains(m.Services, service) {
				continue
			}
			known[m.Name] = true
			got := exposed[service][m.Name]
			switch {
			case got == nil:
				t.Errorf("%s has no %s", service, m.Name)
			case got.Type != m.Type || got.Help != m.Help || !slices.Equal(got.Labels, m.Labels):
				t.Errorf("%s: the catalogue has\n%s %s %q %q, not\n%s %s %q %q", service, m.Name,
					m.Type, m.Labels, m.Help, got.Name, got.Type, got.Labels, got.Help)
			}
		}
		for name, m := range exposed[service] {
			// `gateway run` is an edge and a relay, and has what is used of both.
			if service == "gateway" {
				known[name] = slices.ContainsFunc(catalogue.All(), func(m catalogue.Metric) bool {
					return m.Name == name
				})
			}
			if !known[name] {
				t.Errorf("%s has what the catalogue does not: {%q, %q, %q, %q}", service, name,
					m.Type, m.Labels, m.Help)
			}
		}
	}
	checkPages(t, s)
}

// checkPages has Prometheus' own tool judge the page of each service.
func checkPages(t *testing.T, s *site) {
	t.Helper()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		const without = "no promtool, which the Debian package prometheus has"
		if os.Getenv("CI") != "" {
			t.Fatal(without)
		}
		t.Log(without)
		return
	}
	for service := range s.admin {
		cmd := exec.CommandContext(t.Context(), tool, "check", "metrics")
		cmd.Stdin = strings.NewReader(s.page(service))
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Run(); err != nil || said.Len() > 0 {
			t.Errorf("promtool says of %s: %v\n%s", service, err, &said)
		}
	}
	// A rule has an expression that is a query.
	var rules strings.Builder
	rules.WriteString("groups:\n  - name: queries\n    rules:\n")
	for _, m := range catalogue.All() {
		fmt.Fprintf(&rules, "      - {record: \"query:%s\", expr: %q}\n", m.Name, m.Query)
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.CommandContext(t.Context(), tool, "check", "rules", file).CombinedOutput()
	if err != nil {
		t.Errorf("promtool says of the queries: %v\n%s", err, said)
	}
}
