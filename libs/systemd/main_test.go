package systemd

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain runs the tests, or is the child of one of them: what systemd would have started.
func TestMain(m *testing.M) {
	if os.Getenv("SYSTEMD_TEST_CHILD") == "" {
		goleak.VerifyTestMain(m)
		return
	}
	child := Take()
	var said childSaid
	for _, name := range variables() {
		if _, ok := os.LookupEnv(name); ok {
			said.Left = append(said.Left, name)
		}
	}
	for _, name := range []string{"web", "local", "twice", "datagrams", "none"} {
		l, err := child.Listener(name)
		if err != nil {
			said.Errors = append(said.Errors, err.Error())
			continue
		}
		said.Addresses = append(said.Addresses, l.Addr().String())
	}
	said.Watchdog = child.Notifier != nil && child.Notifier.watchdog > 0
	if err := child.Ready("child"); err != nil {
		said.Errors = append(said.Errors, err.Error())
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// childSaid is what a child found.
type childSaid struct {
	Left, Errors, Addresses []string
	Watchdog                bool
}
