package logs_test

import (
	"encoding/json"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A person at a terminal gets readable lines, with colours unless they are not wanted; anything
// else gets JSON unless it asks for text.
func TestTheFormOfLines(t *testing.T) {
	t.Parallel()
	const clock = `\d\d:\d\d:\d\d\.\d{3}`
	const moment = `\d{4}-\d\d-\d\dT` + clock + "Z"
	const rest = ` GET  127\.0\.0\.1:\d+/0 [\d.]+ms all`
	const plain, whole = "^" + clock + " 200" + rest, "^" + moment + " 200" + rest
	coloured := `^\x1b\[2m` + clock + `\x1b\[0m \x1b\[32m200\x1b\[0m` + rest + `\r?$`
	for name, tc := range map[string]struct {
		terminal bool
		log, env string
		want     string // "" is JSON
	}{
		"a terminal":              {true, "output: stdout", "TERM=xterm", coloured},
		"a terminal, NO_COLOR":    {true, "output: stdout", "NO_COLOR=1", plain},
		"a terminal that is dumb": {true, "output: stdout", "TERM=dumb", plain},
		"a terminal, json":        {true, "output: stdout, format: json", "TERM=xterm", ""},
		"a terminal, text":        {true, "output: stdout, format: text", "TERM=xterm", coloured},
		"a pipe":                  {false, "output: stdout", "TERM=xterm", ""},
		"a pipe, text":            {false, "output: stdout, format: text", "TERM=xterm", whole},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reader, stdout *os.File
			if tc.terminal {
				reader, stdout = testkit.OpenTerminal(t)
			} else {
				reader, stdout = pipe(t)
			}
			o := start(t, testkit.EdgeBinary, answering(tc.log), stdout, "NO_COLOR=", tc.env)
			o.get(t, 1)
			read := make(chan string, 1)
			go func() {
				var all []byte
				buf := make([]byte, 4096)
				for !strings.Contains(string(all), "\n") {
					n, err := reader.Read(buf)
					all = append(all, buf[:n]...)
					if err != nil && err != io.EOF {
						break
					}
				}
				read <- strings.TrimRight(string(all), "\r\n")
			}()
			got := <-read
			if tc.want == "" && !json.Valid([]byte(got)) ||
				tc.want != "" && !regexp.MustCompile(tc.want).MatchString(got) {
				t.Errorf("the line is %q, want %s", got, tc.want)
			}
			o.stop(t)
		})
	}
}

// A reload changes what lines look like, which are written, and what they leave out.
func TestAReloadChangesTheForm(t *testing.T) {
	t.Parallel()
	e := edgetest.StartReloadable(t, answering("output: stdout"))
	c := testkit.Dial(t, e.Addr("public"))
	var last string
	ask := func(n int) {
		t.Helper()
		before := strings.Count(e.Stdout(), "\n")
		c.Exchange(t, "GET", "GET /a?token=planted&b=c HTTP/1.1\r\nHost: a.test\r\n"+
			"User-Agent: agent\r\n\r\n")
		if n == 0 {
			return
		}
		testkit.Eventually(t, "the line is there", func() bool {
			return strings.Count(e.Stdout(), "\n") == before+1
		})
		all := strings.Split(strings.TrimSpace(e.Stdout()), "\n")
		last = all[len(all)-1]
	}
	for _, step := range []struct {
		log  string
		n    int
		has  string
		hasn string
	}{
		{"format: json", 1, `"path":"/a","route":"all"`, "b=c"},
		{"format: text", 1, " GET  a.test/a ", "{"},
		{"format: text, query: true", 1, " GET  a.test/a?token=<redacted>&b=c ", "planted"},
		{"query: true", 1, `"query":"token=<redacted>&b=c"`, "planted"},
		{"query: true, redact: {query: [B]}", 1, `"token=<redacted>&b=<redacted>"`, "b=c"},
		{"redact: {fields: [user_agent, client]}", 1, `"user_agent":"<redacted>"`, "127.0.0.1"},
		{"sample: 0", 0, "", ""},
		{"sample: 0, slow: 1ns", 1, `"path":"/a"`, "b=c"},
		{"sample: 1", 1, `"path":"/a"`, "b=c"},
	} {
		e.Change(t, answering(step.log))
		ask(step.n)
		if step.n > 0 && (!strings.Contains(last, step.has) || strings.Contains(last, step.hasn)) {
			t.Errorf("%s: %s", step.log, last)
		}
	}
}
