package main_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// A second signal ends no drain: neither SIGTERM nor, without a terminal, SIGINT.
func TestASecondSignalLeavesTheDrainAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		program  program
		protocol string
	}{
		{program{"edge", testkit.EdgeBinary, nil, "", nil}, "http"},
		{program{"relay", testkit.RelayBinary, nil, "", nil}, "tcp"},
		{program{"gateway", testkit.GatewayBinary, []string{"run"}, "", nil}, "http"},
	} {
		for _, signals := range [][2]syscall.Signal{
			{syscall.SIGTERM, syscall.SIGTERM}, {syscall.SIGINT, syscall.SIGINT},
		} {
			t.Run(fmt.Sprint(c.program.name, " ", unix.SignalName(signals[0])), func(t *testing.T) {
				t.Parallel()
				h, endpoint := hold(t)
				c.program.config = holding(c.protocol, endpoint)
				// away from any terminal
				p := c.program.startIn(t, &syscall.SysProcAttr{Setsid: true})
				e := h.ask(p.says(`listener public: \w+://(\S+)\n`)[1])
				p.send(signals[0])
				p.says(`msg=draining .*timeout=30s`)
				p.send(signals[1])
				p.says(`drains already.*signal=` + unix.SignalName(signals[1]))
				h.comesToItsEnd(e)
				if code := p.wait(); code != 0 {
					t.Errorf("exit code %d", code)
				}
			})
		}
	}
}

// The same of an example, which is edited so that a request can be held.
func TestASecondSignalLeavesTheDrainOfAnExampleAlone(t *testing.T) {
	t.Parallel()
	h, endpoint := hold(t)
	p := start(t, t.TempDir(), "example", "run", "hello", "--port", "0")
	file := p.says(`configuration: (\S+) `)[1]
	p.says(`Ctrl-C ends it`)
	text := fmt.Sprintf("version: 1\nlisteners: [{name: public, address: \"127.0.0.1:8080\"}]\n"+
		"clusters: [{name: held, endpoints: [{address: %q}]}]\n"+
		"routes: [{name: all, cluster: held}]\n", endpoint)
	if err := testkit.Replace(file, text); err != nil {
		t.Fatal(err)
	}
	p.says(`reload: applied`)
	e := h.ask(p.listener())
	p.send(syscall.SIGTERM)
	p.says(`msg=draining`)
	p.send(syscall.SIGTERM)
	p.says(`drains already`)
	h.comesToItsEnd(e)
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// Ctrl-C at a terminal drains and says what the second one will do; that one ends the process at
// once, and a SIGTERM between them does not count.
func TestCtrlCTwiceAtATerminalEndsAtOnce(t *testing.T) {
	t.Parallel()
	for _, program := range []program{
		{"edge", testkit.EdgeBinary, nil, "", nil},
		{"gateway", testkit.GatewayBinary, []string{"run"}, "", nil},
	} {
		t.Run(program.name, func(t *testing.T) {
			t.Parallel()
			keyboard, tty := testkit.OpenTerminal(t)
			h, endpoint := hold(t)
			program.config = holding("http", endpoint)
			p := program.startAt(t, tty)
			h.ask(p.says(`listener public: http://(\S+)\n`)[1])
			typeCtrlC := func() {
				if _, err := keyboard.Write([]byte{3}); err != nil {
					t.Fatal(err)
				}
			}
			typeCtrlC()
			p.says(`Ctrl-C once more ends the process at once`)
			p.says(`msg=draining `)
			p.send(syscall.SIGTERM)
			p.says(`drains already`)
			typeCtrlC()
			if code := p.wait(); code != 1 ||
				!strings.Contains(p.said(), "what still runs is cut off") {
				t.Errorf("exit code %d", code)
			}
		})
	}
}
