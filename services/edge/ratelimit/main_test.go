// Package ratelimit_test has tests of the limits of an edge: how many requests a route takes, and
// what those are answered that are too many.
package ratelimit_test

import (
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// get sends a request with header lines, names and values by turns, and reads the answer.
func get(t testing.TB, c *http.Client, url string, lines ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	edgetest.Must(t, err)
	for i := 0; i+1 < len(lines); i += 2 {
		r.Header.Add(lines[i], lines[i+1])
	}
	resp, err := c.Do(r)
	edgetest.Must(t, err)
	body, err := io.ReadAll(resp.Body)
	edgetest.Must(t, err)
	edgetest.Must(t, resp.Body.Close())
	return resp, string(body)
}
