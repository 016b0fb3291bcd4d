package main_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// SIGHUP asks for a reload, from the first moment on; by itself it would end the
// process.
func TestHangupSignalReloads(t *testing.T) {
	t.Parallel()
	e, _ := faulty(t, testkit.Answer(simpleOK))
	if err := e.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the edge says what became of the reload", func() bool { return strings.Contains(e.Stderr(), "reload: unchanged") })
	c := testkit.Dial(t, e.Addr("public"))
	if r := c.Exchange(t, "GET", simpleGet); r.Status != 200 {
		t.Errorf("after SIGHUP: %d", r.Status)
	}
}
