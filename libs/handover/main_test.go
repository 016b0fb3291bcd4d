package handover

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// childVariable makes the test binary the process that is started.
const childVariable = "HANDOVER_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(child())
	}
	goleak.VerifyTestMain(m)
}

// child answers each message with what it knows of itself, and ends with its channel.
func child() int {
	p := Take()
	if p.From == nil {
		fmt.Fprintln(os.Stderr, "no process before")
		return 3
	}
	left := "none"
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "GATEWAY_HANDOVER") {
			left = v
		}
	}
	for {
		m, err := p.From.Receive(time.Now().Add(time.Minute))
		if err != nil {
			return 0
		}
		if m.Kind == "exit" {
			return 7
		}
		says := fmt.Sprintf("%s|%s|%s|%d", strings.Join(p.Args, " "), p.Dir, left, len(m.Files))
		if err := p.From.Send("says", []byte(says), m.Files...); err != nil {
			return 4
		}
		closeAll(m.Files)
	}
}
