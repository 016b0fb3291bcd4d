// Package answers_test does what this folder's README does, step by step, so that the README
// stays true.
package answers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

func TestAnswers(t *testing.T) {
	page, err := filepath.Abs("pages/down.html")
	if err != nil {
		t.Fatal(err)
	}
	edge := exampletest.Start(t, map[string]string{
		"127.0.0.1:9000": testkit.NewUpstream(t,
			testkit.Answer(exampletest.Text(200, "the app"))).Addr(),
		"pages/down.html": page,
	})
	for _, tc := range []struct {
		path, kind, want string
		status           int
	}{
		{"/shop/cart", "text/html; charset=utf-8", "is being painted", 503},
		{"/healthz", "text/plain; charset=utf-8", "ok\n", 200},
		{"/robots.txt", "text/plain; charset=utf-8", "Disallow: /\n", 200},
		{"/v1/users", "text/plain; charset=utf-8", "use /v2\n", 410},
		{"/", "", "the app", 200},
	} {
		a := edge.Do(t, "GET", tc.path, nil)
		if a.Status != tc.status || !strings.Contains(a.Body, tc.want) ||
			a.Header.Get("Content-Type") != tc.kind ||
			(a.Status == 503) != (a.Header.Get("Retry-After") == "600") {
			t.Errorf("%s: %d %v %q", tc.path, a.Status, a.Header, a.Body)
		}
	}
}
