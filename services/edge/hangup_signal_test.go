package main_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// SIGHUP asks for a reload, which this version does not have: it must say so and go on, where the system's
// default would end the process.
func TestHangupSignalEndsNothing(t *testing.T) {
	t.Parallel()
	e, _ := faulty(t, testkit.Answer(simpleOK))
	if err := e.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, "the edge says that it cannot reload", func() bool { return strings.Contains(e.Stderr(), "cannot reload") })
	c := testkit.Dial(t, e.Addr("public"))
	if r := c.Exchange(t, "GET", simpleGet); r.Status != 200 {
		t.Errorf("after SIGHUP: %d", r.Status)
	}
}
