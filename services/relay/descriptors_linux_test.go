package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A relay that has no descriptor left is not ready and says why; its sessions go on, and so does it
// when there are some again. A session needs two, so one that is left is none.
func TestARelayWithoutDescriptorsIsNotReady(t *testing.T) {
	t.Parallel()
	for _, limit := range []uint64{40, 41, 42} {
		t.Run(strconv.FormatUint(limit, 10), func(t *testing.T) {
			t.Parallel()
			withoutDescriptors(t, limit)
		})
	}
}

// withoutDescriptors lets a relay have no more than limit.
func withoutDescriptors(t *testing.T, limit uint64) {
	up := testkit.NewUpstream(t, echo)
	e := testkit.StartRelay(t, config(up.Addr(), ""))
	// It has no descriptor for another connection to its admin API either.
	client := &http.Client{Timeout: testkit.Deadline}
	defer client.CloseIdleConnections()
	ready := func() (status int, reason string) {
		t.Helper()
		r, err := client.Get("http://" + e.Addr("admin") + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		var answer struct {
			Reason string `json:"reason"`
		}
		if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, answer.Reason
	}
	if status, reason := ready(); status != 200 {
		t.Fatalf("%d: %s", status, reason)
	}
	c := dial(t, e)
	says(t, c, "hello")

	var before unix.Rlimit
	tight := unix.Rlimit{Cur: limit}
	if err := unix.Prlimit(e.PID(), unix.RLIMIT_NOFILE, nil, &before); err != nil {
		t.Fatal(err)
	}
	tight.Max = before.Max
	if err := unix.Prlimit(e.PID(), unix.RLIMIT_NOFILE, &tight, nil); err != nil {
		t.Fatal(err)
	}
	var others []net.Conn
	for range 30 {
		// One that is reset before the system says that it is there has been turned away too.
		other, err := net.DialTimeout("tcp", e.Addr("db"), testkit.Deadline)
		if err == nil {
			others = append(others, other)
		}
	}
	var reason string
	testkit.Eventually(t, "it is not ready", func() bool {
		var status int
		status, reason = ready()
		return status == 503
	})
	if !strings.Contains(reason, "accept") {
		t.Errorf("it says only %q", reason)
	}
	for i := range 3 {
		says(t, c, fmt.Sprintf("still here %d", i))
	}
	for _, other := range others {
		other.Close()
	}
	testkit.Eventually(t, "it is ready again", func() bool {
		status, _ := ready()
		return status == 200
	})
	d := dial(t, e)
	says(t, d, "and takes new sessions")
	says(t, c, "beside the old one")
}
