//go:build unix

package reload_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// SIGHUP asks for a reload, from the first moment on; by itself it would end the
// process.
func TestHangupSignalReloads(t *testing.T) {
	t.Parallel()
	e, _ := edgetest.StartFaulty(t, testkit.Answer(edgetest.OK))
	if err := e.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the edge says what became of the reload", func() bool {
		return strings.Contains(e.Stderr(), "reload: unchanged")
	})
	c := testkit.Dial(t, e.Addr("public"))
	if r := c.Exchange(t, "GET", edgetest.Get); r.Status != 200 {
		t.Errorf("after SIGHUP: %d", r.Status)
	}
}
