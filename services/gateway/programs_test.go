package main_test

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// program is a binary that serves, with what it takes to start it on free ports.
type program struct {
	name   string
	find   func() (string, error)
	verb   []string // before the flags
	config string   // "": none
	flags  []string
}

func programs(t *testing.T) []program {
	tcp := "version: 1\nlisteners: [{name: public, address: \"127.0.0.1:0\", protocol: tcp, " +
		"cluster: nobody}]\n" +
		"clusters: [{name: nobody, endpoints: [{address: \"127.0.0.1:1\"}]}]\n" +
		"admin: {address: \"127.0.0.1:0\"}\n"
	fleet := "version: 1\nadmin: {address: \"127.0.0.1:0\"}\n" +
		"healthagg: {address: \"127.0.0.1:0\"}\ngossip: {bind: \"127.0.0.1:0\"}\n"
	store := []string{
		"--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--store",
		filepath.Join(t.TempDir(), "store"),
	}
	return []program{
		{"edge", testkit.EdgeBinary, nil, document, nil},
		{"relay", testkit.RelayBinary, nil, tcp, nil},
		{"configsync", testkit.ConfigsyncBinary, nil, "", store},
		{"healthagg", testkit.HealthaggBinary, nil, fleet, nil},
		{"gateway", testkit.GatewayBinary, []string{"run"}, document, nil},
	}
}

// start runs the program with more flags.
func (p program) start(t *testing.T, more ...string) *process {
	t.Helper()
	return launch(t, p.command(t, more...))
}

// startIn runs the program in a place among the processes.
func (p program) startIn(t *testing.T, attr *syscall.SysProcAttr) *process {
	t.Helper()
	cmd := p.command(t)
	cmd.SysProcAttr = attr
	return launch(t, cmd)
}

func (p program) command(t *testing.T, more ...string) *exec.Cmd {
	t.Helper()
	path, err := p.find()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args := append(append([]string(nil), p.verb...), p.flags...)
	if p.config != "" {
		file := filepath.Join(dir, "gateway.yaml")
		if err := os.WriteFile(file, []byte(p.config), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", file)
	}
	return clean(t, dir, exec.Command(path, append(args, more...)...))
}

// Every program says everything about itself on stderr, in the format of the log: start-up lines
// too, and why it ends. A duration has a unit there.
func TestWithTheJSONFormatEveryLineOnStderrIsJSON(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		t.Run(program.name, func(t *testing.T) {
			t.Parallel()
			p := program.start(t, "--log-format", "json")
			p.says(`"msg":"admin: http://127.0.0.1:\d+"`)
			p.says(`"address":"(http|tcp|grpc)://127.0.0.1:\d+".*"what":"listener (public|grpc)"`)
			p.says(`"msg":"ready"`)
			p.end(syscall.SIGTERM, 0)
			for line := range strings.Lines(p.said()) {
				if !json.Valid([]byte(line)) {
					t.Errorf("this line is no JSON: %s", line)
				}
			}
			if regexp.MustCompile(`"(timeout|took)":[0-9]`).MatchString(p.said()) {
				t.Error("a duration is a number without a unit")
			}
			if p.stdout.Len() > 0 {
				t.Errorf("stdout is for data, and has %q", &p.stdout)
			}

			p = program.start(t, "--log-format", "json", "--port", "http")
			if code := p.wait(); code != 2 || !json.Valid([]byte(p.said())) ||
				!strings.Contains(p.said(), "--port") {
				t.Errorf("wrong usage: exit code %d, and it says %s", code, p.said())
			}
		})
	}
}

func TestStartupLinesAreOnStderr(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		t.Run(program.name, func(t *testing.T) {
			t.Parallel()
			p := program.start(t)
			p.says(program.name + `: admin: http://127\.0\.0\.1:\d+\n`)
			p.says(program.name + `: listener (public|grpc): (http|tcp|grpc)://127\.0\.0\.1:\d+\n`)
			p.end(syscall.SIGTERM, 0)
			if p.stdout.Len() > 0 {
				t.Errorf("stdout is for data, and has %q", &p.stdout)
			}
		})
	}
}

// SIGHUP asks for a reload; a program that has nothing to reload goes on all the same.
func TestAHangupEndsNoProgram(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		t.Run(program.name, func(t *testing.T) {
			t.Parallel()
			p := program.start(t)
			p.says(`msg=ready`)
			p.send(syscall.SIGHUP)
			p.says(`reload: unchanged|SIGHUP: there are no certificates`)
			p.end(syscall.SIGTERM, 0)
		})
	}
}

func TestTheVersionNamesTheCommit(t *testing.T) {
	t.Parallel()
	for _, program := range programs(t) {
		path, err := program.find()
		if err != nil {
			t.Fatal(err)
		}
		out, err := clean(t, t.TempDir(), exec.Command(path, "--version")).Output()
		if want := regexp.MustCompile(`^` + program.name +
			` \S+, commit \S+, go\S+, \w+/\w+`); err != nil || !want.Match(out) {
			t.Errorf("%s --version: %q, %v", program.name, out, err)
		}
	}
}

// A relay has no demo, and no TLS of its own: it neither offers nor asks for what it cannot use.
func TestARelaySpeaksOfWhatItCanDo(t *testing.T) {
	t.Parallel()
	path, err := testkit.RelayBinary()
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) ran {
		cmd := clean(t, t.TempDir(), exec.Command(path, args...))
		out, _ := cmd.CombinedOutput() // the exit code is looked at
		return ran{cmd.ProcessState.ExitCode(), string(out), ""}
	}
	help := run("--help")
	help.want(t, 0, "not for this service", "")
	for _, word := range []string{"demo", "HTTP/2", "first listener's"} {
		if strings.Contains(help.out, word) {
			t.Errorf("the help speaks of %q:\n%s", word, help.out)
		}
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "there is no configuration: name a file with --config"},
		{[]string{"--port", "0"}, "there is no configuration"},
		{[]string{"--tls-cert", "a.pem", "--tls-key", "a.key"}, "edge ends TLS"},
		{[]string{"--tls-cert", "a.pem"}, "edge ends TLS"},
	} {
		r := run(c.args...)
		r.want(t, 2, c.says, "")
		if strings.Contains(r.out, "public") || strings.Contains(r.out, "demo") {
			t.Errorf("relay %q speaks of what it has not: %s", c.args, r.out)
		}
	}
}

// held is a request in the middle of its exchange: the endpoint has it, and has not answered.
type held struct {
	t        *testing.T
	client   net.Conn
	endpoint chan net.Conn
}

// hold makes an endpoint that takes one request and keeps it.
func hold(t *testing.T) (h *held, endpoint string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h = &held{t: t, endpoint: make(chan net.Conn, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = c.Read(make([]byte, 4096)) // the head; a failure shows when it is answered
		h.endpoint <- c
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
		if h.client != nil {
			h.client.Close()
		}
	})
	return h, l.Addr().String()
}

// ask sends the request, and returns when the endpoint has it.
func (h *held) ask(address string) net.Conn {
	h.t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		h.t.Fatal(err)
	}
	h.client = c
	if _, err := io.WriteString(c, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		h.t.Fatal(err)
	}
	e := <-h.endpoint
	h.t.Cleanup(func() { e.Close() })
	return e
}

// comesToItsEnd lets the endpoint answer, and checks that the client gets it.
func (h *held) comesToItsEnd(endpoint net.Conn) {
	h.t.Helper()
	if _, err := io.WriteString(endpoint,
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone"); err != nil {
		h.t.Fatal(err)
	}
	endpoint.Close()
	answer, err := io.ReadAll(h.client)
	if err != nil || !strings.HasSuffix(string(answer), "done") {
		h.t.Errorf("the client got %q, %v", answer, err)
	}
	h.client.Close() // a TCP session ends when both sides have
}

// holding is a document whose one route, or tcp listener, leads to an endpoint.
func holding(protocol, endpoint string) string {
	text := strings.Replace(document, "127.0.0.1:1}", endpoint+"}", 1)
	if protocol == "tcp" {
		text = strings.Replace(text, "address: 127.0.0.1:0}]",
			"address: 127.0.0.1:0, protocol: tcp, cluster: nobody}]", 1)
		text = text[:strings.Index(text, "routes:")] + text[strings.Index(text, "admin:"):]
	}
	return text
}
