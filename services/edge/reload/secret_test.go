//go:build unix

package reload_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A secret that is rotated in its file is taken up without a word to the gateway,
// and its value is shown nowhere.
func TestARotatedSecretIsTakenUp(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	dir := t.TempDir()
	secret := filepath.Join(dir, "token")
	if err := os.WriteFile(secret, []byte("first-value\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := testkit.RunEdge(dir,
		edgetest.OneRoute(up.Addr(), `headers: {request: {set: {X-Token: "secret:file:token"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Kill)
	c := testkit.Dial(t, e.Addr("public"))
	c.Exchange(t, "GET", edgetest.Get)
	if got := up.Conn(t, 0).Received(); !strings.Contains(got, "X-Token: first-value\r\n") {
		t.Fatalf("the upstream got %q", got)
	}
	if err := os.WriteFile(secret+".new", []byte("second-value\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(secret+".new", secret); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the new value is sent", func() bool {
		c.Exchange(t, "GET", edgetest.Get)
		return strings.Contains(up.Conn(t, 0).Received(), "X-Token: second-value\r\n")
	})
	if shown := e.Stderr() + e.Stdout() +
		fmt.Sprint(edgetest.Status(t, e)); strings.Contains(shown, "-value") {
		t.Error("the value of a secret is in a log or in /status")
	}
}
