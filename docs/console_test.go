package docs_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// What a page tells its reader to type is run here, and has to print what the page shows.
//
// A block of YAML is the gateway.yaml of the commands below it, up to the next one. A block with a
// path behind its language, as "html pages/down.html", is that file. A block "console" has
// commands, each behind "$ ", and below each the lines that it prints, in their order: others may
// stand between them, and "…" at the end of a line stands for what differs each time. The apps
// behind the gateway are this test's, one at each address with a port of 9000 to 9099: see app.
// What they answer to a GET of /x is the file app/x.json, where the page has it.
func TestCommandsOfEveryPagePrintWhatItShows(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("curl is not installed: apt-get install curl")
	}
	ran := 0
	for name, page := range pages(t) {
		if all := blocks(page); strings.Contains(page, "```console\n") {
			ran++
			t.Run(strings.TrimPrefix(name, "docs/"), func(t *testing.T) {
				t.Parallel()
				s := &session{page: name, dir: t.TempDir(), curl: curl}
				for _, b := range all {
					s.do(t, b)
				}
			})
		}
	}
	if ran == 0 {
		t.Error("no page has commands")
	}
}

// A session is a reader who follows a page from its top.
type session struct {
	page, dir, curl string

	config string
	edge   *testkit.Process
	real   map[string]string // the ports of this run by those of the page
}

func (s *session) do(t *testing.T, b block) {
	t.Helper()
	language, file, _ := strings.Cut(b.info, " ")
	switch {
	case language == "yaml" && file == "":
		s.stop()
		s.config = b.text
	case language == "console":
		for _, c := range strings.Split("\n"+b.text, "\n$ ")[1:] {
			command, want, _ := strings.Cut(c, "\n")
			s.run(t, b.line, command, want)
		}
	case strings.Contains(file, "."):
		s.put(t, file, b.text)
	}
}

func (s *session) put(t *testing.T, name, text string) {
	t.Helper()
	name = filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *session) stop() {
	if s.edge != nil {
		s.edge.Kill()
		s.edge = nil
	}
}

// run runs a command of the page and compares what it prints.
func (s *session) run(t *testing.T, line int, command, want string) {
	t.Helper()
	command, _, _ = strings.Cut(command, "  #")
	var program string
	switch verb, _, _ := strings.Cut(command, " "); verb {
	case "gateway":
		b, err := testkit.GatewayBinary()
		if err != nil {
			t.Fatal(err)
		}
		program = b
		s.apps(t, command)
	case "curl":
		s.start(t)
		program = s.curl
	default:
		t.Fatalf("%s:%d: %q is no command of these pages", s.page, line, command)
	}
	if s.config != "" && s.edge == nil {
		s.put(t, "gateway.yaml", s.config)
	}
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Deadline)
	defer cancel()
	// A shell takes quotes and expansions as a reader's does.
	_, arguments, _ := strings.Cut(command, " ")
	c := exec.CommandContext(ctx, "/bin/sh", "-c", `"$0" `+s.ports(arguments, s.real), program)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "NO_PROXY=*", "no_proxy=*")
	var printed, trouble bytes.Buffer
	c.Stdout, c.Stderr = &printed, &trouble
	if err := c.Run(); ctx.Err() != nil {
		t.Fatalf("%s:%d: %s: %v", s.page, line, command, err)
	}
	got := s.ports(strings.ReplaceAll(printed.String(), "\r", ""), turned(s.real))
	if missing := lacks(got, want); missing != "" {
		t.Errorf("%s:%d: %s\ndoes not print, or not in this order:\n  %s\nbut\n%s\n%s", s.page,
			line, command, missing, got, trouble.String())
	}
}

// lacks gives the first line of want that is not in got behind the ones before it.
func lacks(got, want string) string {
	have := strings.Split(got, "\n")
next:
	for w := range strings.SplitSeq(strings.TrimRight(want, "\n"), "\n") {
		begin, open := strings.CutSuffix(w, "…")
		for i, g := range have {
			if strings.TrimRight(g, " ") == w || open && strings.HasPrefix(g, begin) {
				have = have[i+1:]
				continue next
			}
		}
		return w
	}
	return ""
}

// start runs the edge on the configuration of the page, with ports that are free here.
func (s *session) start(t *testing.T) {
	t.Helper()
	if s.edge != nil {
		return
	}
	s.real = map[string]string{}
	for _, m := range port.FindAllString(s.config, -1) {
		p := m[strings.LastIndexAny(m, ": ")+1:]
		if s.real[p] != "" {
			continue
		}
		if !isApp(p) {
			ln := s.listen(t, p)
			ln.Close()
		}
	}
	s.apps(t, s.config)
	text := s.ports(s.config, s.real)
	if !strings.Contains(text, "\nadmin:") {
		text += "\nadmin: {address: 127.0.0.1:0}\n"
	}
	edge, err := testkit.RunEdge(s.dir, text)
	if err != nil {
		t.Fatalf("%s: %v\n%s", s.page, err, text)
	}
	s.edge = edge
	t.Cleanup(edge.Kill)
}

// apps runs those whose ports stand in a text.
func (s *session) apps(t *testing.T, text string) {
	t.Helper()
	for _, m := range port.FindAllString(text, -1) {
		p := m[strings.LastIndexAny(m, ": ")+1:]
		if isApp(p) && s.real[p] == "" {
			s.serve(t, s.listen(t, p), p)
		}
	}
}

func isApp(port string) bool {
	n, _ := strconv.Atoi(port)
	return n >= 9000 && n < 9100
}

// listen takes a port that is free here for one of the page.
func (s *session) listen(t *testing.T, p string) net.Listener {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.real == nil {
		s.real = map[string]string{}
	}
	s.real[p] = strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	return ln
}

// port is how a page writes one: behind a colon, or behind "port: ".
var port = regexp.MustCompile(`(?::|\bport: )[0-9]{4,5}\b`)

// ports puts other ports in the place of those that are keys of with.
func (s *session) ports(text string, with map[string]string) string {
	return port.ReplaceAllStringFunc(text, func(p string) string {
		before, number := p[:strings.LastIndexAny(p, ": ")+1], p[strings.LastIndexAny(p, ": ")+1:]
		if other := with[number]; other != "" {
			return before + other
		}
		return p
	})
}

func turned(m map[string]string) map[string]string {
	back := make(map[string]string, len(m))
	for k, v := range m {
		back[v] = k
	}
	return back
}

// serve runs the app of a port of the page: it answers with its port and with the request as it
// came; /status/N with that status, and /big with 20 kB of JSON.
func (s *session) serve(t *testing.T, ln net.Listener, name string) {
	t.Helper()
	server := &http.Server{ReadHeaderTimeout: testkit.Deadline, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			file := filepath.Join(s.dir, "app", filepath.Clean("/"+r.URL.Path)+".json")
			if text, err := os.ReadFile(file); err == nil && r.Method == http.MethodGet {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write(text)
				return
			}
			app(w, r, name)
		})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(ln)
	}()
	t.Cleanup(func() { server.Close(); <-done })
}

func app(w http.ResponseWriter, r *http.Request, name string) {
	if r.URL.Path == "/big" {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `["`+strings.Repeat("all work and no play ", 1000)+`"]`)
		return
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: %s %s\nHost: %s\n", name, r.Method, r.URL.RequestURI(), r.Host)
	_ = r.Header.Write(&b)
	w.Header().Set("Content-Type", "text/plain")
	if code, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/status/")); err == nil {
		w.WriteHeader(code)
	}
	_, _ = w.Write(b.Bytes())
}
