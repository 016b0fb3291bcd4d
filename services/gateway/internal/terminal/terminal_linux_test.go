package terminal_test

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// openTerminal returns both ends of a terminal that is 60 columns wide: what is written to tty can
// be read from screen.
func openTerminal(t *testing.T) (screen *bufio.Reader, tty *os.File) {
	t.Helper()
	main, tty := testkit.OpenTerminal(t)
	size := &unix.Winsize{Row: 24, Col: 60}
	if err := unix.IoctlSetWinsize(int(main.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	return bufio.NewReader(main), tty
}

// shown reads up to a line that contains end, and returns what came before it.
func shown(t *testing.T, screen *bufio.Reader, end string) string {
	t.Helper()
	var all strings.Builder
	for {
		line, err := screen.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, end) {
			return all.String() + line[:strings.Index(line, end)]
		}
		all.WriteString(strings.ReplaceAll(line, "\r\n", "\n"))
	}
}

func TestATerminalHasColoursUnlessItIsToldNotTo(t *testing.T) {
	screen, tty := openTerminal(t)
	for _, tc := range []struct {
		mode string
		env  func(string) string
		want bool
	}{
		{terminal.Auto, environment("TERM", "xterm"), true},
		{terminal.Auto, environment("TERM", "xterm", "NO_COLOR", "1"), false},
		{terminal.Auto, environment("TERM", "dumb"), false},
		{terminal.Always, environment("TERM", "xterm", "NO_COLOR", "1"), true},
		{terminal.Always, environment("TERM", "dumb"), true},
		{terminal.Never, environment("TERM", "xterm"), false},
	} {
		o := terminal.NewOutput(tty, tc.mode, tc.env)
		o.Printf("%s\nEND\n", o.Paint(terminal.Green, "text"))
		if got := shown(t, screen, "END"); strings.Contains(got, "\x1b") != tc.want {
			t.Errorf("--color %s with TERM=%s NO_COLOR=%s: %q", tc.mode, tc.env("TERM"),
				tc.env("NO_COLOR"), got)
		}
	}
}

func TestATableFitsATerminal(t *testing.T) {
	screen, tty := openTerminal(t)
	o := terminal.NewOutput(tty, terminal.Never, environment("TERM", "xterm"))
	table := o.Table("", "CODE", "WHAT TO DO")
	table.Row("GW_UPSTREAM_CONNECT",
		"Check that the endpoint runs and listens on the configured address. The log "+
			"line names it.")
	table.Write()
	o.Printf("END\n")
	got := shown(t, screen, "END")
	want := "CODE                 WHAT TO DO\n" +
		"GW_UPSTREAM_CONNECT  Check that the endpoint runs and\n" +
		"                     listens on the configured address. The\n" +
		"                     log line names it.\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestProgressIsDrawnOverAndRemoved(t *testing.T) {
	screen, tty := openTerminal(t)
	synctest.Test(t, func(t *testing.T) {
		o := terminal.NewOutput(tty, terminal.Auto, environment("TERM", "xterm"))
		done := o.Progress("counting")
		time.Sleep(2500 * time.Millisecond) // on the clock of the bubble
		done()
		o.Printf("END\n")
	})
	got := shown(t, screen, "END")
	if !strings.Contains(got, "counting … 1 s") || !strings.Contains(got, "counting … 2 s") ||
		!strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("%q", got)
	}
}
