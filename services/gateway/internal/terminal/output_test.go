package terminal_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestColoursAreWhereTheyAreWanted(t *testing.T) {
	for _, tc := range []struct {
		mode string
		env  func(string) string
		want bool
	}{
		{terminal.Auto, environment(), false}, // a buffer is no terminal
		{terminal.Always, environment(), true},
		// what was asked for here counts more
		{terminal.Always, environment("NO_COLOR", "1"), true},
		{terminal.Never, environment(), false},
	} {
		var b bytes.Buffer
		o := terminal.NewOutput(&b, tc.mode, tc.env)
		o.Printf("%s\n", o.Paint(terminal.Red, "text"))
		if got := strings.Contains(b.String(), "\x1b[31mtext\x1b[0m"); got != tc.want ||
			!strings.Contains(b.String(), "text") {
			t.Errorf("--color %s: %q", tc.mode, b.String())
		}
	}
}

func TestArgumentsAreMadeSafe(t *testing.T) {
	var b bytes.Buffer
	o := terminal.NewOutput(&b, terminal.Always, environment())
	const evil = "\x1b[2J"
	o.Printf("%s %s %s %s %v %d\n", evil, errors.New(evil), []string{evil, evil},
		o.Paint(terminal.Red, evil), time.Second, 7)
	want := `\x1b[2J \x1b[2J \x1b[2J, \x1b[2J ` + "\x1b[31m" + `\x1b[2J` + "\x1b[0m 1s 7\n"
	if b.String() != want {
		t.Errorf("got %q\nwant %q", b.String(), want)
	}
	b.Reset()
	o.Lines("one\n" + evil + "\n")
	if b.String() != "one\n"+`\x1b[2J`+"\n" {
		t.Errorf("got %q", b.String())
	}
}

func TestTablesAreAlignedByLetters(t *testing.T) {
	for _, mode := range []string{terminal.Never, terminal.Always} {
		var b bytes.Buffer
		o := terminal.NewOutput(&b, mode, environment())
		table := o.Table("  ", "NAME", ">COUNT", "WHY")
		table.Row("größe", 5, "")
		table.Row("a\x1b", int64(12345), o.Paint(terminal.Green, "a reason"))
		table.Row("", "none", "x")
		table.Write()
		got := b.String()
		for _, code := range []string{"\x1b[1m", "\x1b[32m", "\x1b[0m"} {
			if (mode == terminal.Always) != strings.Contains(got, code) {
				t.Errorf("%s: %q", mode, got)
			}
			got = strings.ReplaceAll(got, code, "")
		}
		want := "  NAME   COUNT  WHY\n" +
			"  größe      5\n" +
			"  a\\x1b  12345  a reason\n" +
			"          none  x\n"
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestProgressIsALineAfterASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		o := terminal.NewOutput(&b, terminal.Auto, environment())
		done := o.Progress("counting\x1b")
		time.Sleep(900 * time.Millisecond) // on the clock of the bubble
		done()
		if b.Len() > 0 {
			t.Errorf("after less than a second it says %q", b.String())
		}
		done = o.Progress("counting\x1b")
		time.Sleep(5 * time.Second)
		done()
		if b.String() != "counting\\x1b …\n" {
			t.Errorf("after five seconds it says %q", b.String())
		}
	})
}
