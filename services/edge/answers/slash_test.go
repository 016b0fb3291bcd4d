package answers_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestASlashIsAddedToAStrippedPrefix(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	f := start(t, `
clusters: [{name: up, endpoints: [{address: "`+up.Addr()+`"}]}]
routes:
  - {name: app, path_prefix: /app/, cluster: up, rewrite: {strip_prefix: true}}
  - {name: api, path_prefix: /api, cluster: up, rewrite: {strip_prefix: true}}
`, nil)
	f.each(t, func(t *testing.T, c *asker) {
		for _, tc := range []struct {
			method, target, want string
			status               int
		}{
			{"GET", "/app?a=b", "/app/?a=b", 301}, {"HEAD", "/app", "/app/", 301},
			{"POST", "/app", "/app/", 308}, {"GET", "/app/", "", 200},
			{"GET", "/app/x", "", 200}, {"GET", "/api", "", 200},
		} {
			r, _ := c.ask(t, tc.method, tc.target)
			got := strings.TrimPrefix(r.Header.Get("Location"), c.base)
			if r.StatusCode != tc.status || got != tc.want {
				t.Errorf("%s %s: %d %q, want %d %q", tc.method, tc.target, r.StatusCode, got,
					tc.status, tc.want)
			}
		}
	})
}
