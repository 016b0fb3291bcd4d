// Package logs_test has tests of the access log of an edge and a relay: what its lines say, how
// they look, what they leave out, and what becomes of them when nobody takes them.
package logs_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// A line is one of the log, as JSON has it.
type line map[string]any

// text is a field that is text, "" where there is none.
func (l line) text(field string) string {
	s, _ := l[field].(string)
	return s
}

// number is a field that is a number, -1 where there is none.
func (l line) number(field string) float64 {
	if n, ok := l[field].(float64); ok {
		return n
	}
	return -1
}

// linesOf reads the lines of a log that is JSON.
func linesOf(t testing.TB, log string) (lines []line) {
	t.Helper()
	for text := range strings.Lines(log) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("no JSON: %q: %v", text, err)
		}
		lines = append(lines, l)
	}
	return lines
}

// await waits until the process has written n lines, and returns them.
func await(t testing.TB, e *testkit.Process, n int) []line {
	t.Helper()
	testkit.Eventually(t, "the lines are there", func() bool {
		return strings.Count(e.Stdout(), "\n") >= n
	})
	lines := linesOf(t, e.Stdout())
	if len(lines) != n {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), n, e.Stdout())
	}
	return lines
}
