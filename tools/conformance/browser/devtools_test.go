//go:build unix

package browser_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// A phone is a page in Chromium that is looked at through its debugger, by pipes: scripts of the
// page need not run for that.
type phone struct {
	t       *testing.T
	out     io.Writer
	in      *bufio.Reader
	id      int
	session string
}

// openPhone starts Chromium with an empty page as wide as a phone, until the test ends.
func openPhone(t *testing.T, program string, width, height int) *phone {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	cmd := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu",
		"--disable-dev-shm-usage", "--remote-debugging-pipe", "--no-proxy-server",
		"--hide-scrollbars", "--user-data-dir="+t.TempDir())
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it starts others: all end with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	theirIn, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	in, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
		for _, f := range []*os.File{theirIn, out, in, theirOut} {
			_ = f.Close()
		}
	})
	_ = theirOut.Close() // so that its end is seen
	p := &phone{t: t, out: out, in: bufio.NewReader(in)}
	var target struct {
		TargetID string `json:"targetId"`
	}
	p.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	p.call("Target.attachToTarget", map[string]any{
		"targetId": target.TargetID, "flatten": true,
	}, &attached)
	p.session = attached.SessionID
	p.call("Page.enable", nil, nil)
	p.resize(width, height)
	return p
}

// resize gives the phone another size.
func (p *phone) resize(width, height int) {
	p.t.Helper()
	p.call("Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": height, "deviceScaleFactor": 1, "mobile": true,
	}, nil)
}

// message is one of the debugger's, either way.
type message struct {
	ID        int             `json:"id,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    any             `json:"params,omitempty"`
	SessionID string          `json:"sessionId,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	Error     json.RawMessage `json:"error,omitempty"`
}

// read reads the next message.
func (p *phone) read() (m message) {
	p.t.Helper()
	text, err := p.in.ReadBytes(0)
	if err != nil {
		p.t.Fatalf("chromium has ended: %v", err)
	}
	if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
		p.t.Fatal(err)
	}
	return m
}

// call calls a method of the debugger, and waits for its result.
func (p *phone) call(method string, params, result any) {
	p.t.Helper()
	p.id++
	text, err := json.Marshal(message{
		ID: p.id, Method: method, Params: params, SessionID: p.session,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.out.Write(append(text, 0)); err != nil {
		p.t.Fatal(err)
	}
	for {
		m := p.read()
		if m.ID != p.id {
			continue
		}
		if m.Error != nil {
			p.t.Fatalf("%s: %s", method, m.Error)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				p.t.Fatal(err)
			}
		}
		return
	}
}

// visit opens a page, and waits until it is there.
func (p *phone) visit(url string) {
	p.t.Helper()
	p.call("Page.navigate", map[string]any{"url": url}, nil)
	for p.read().Method != "Page.loadEventFired" {
	}
}

// evaluate is the value of an expression in the page.
func (p *phone) evaluate(expression string) (value any) {
	p.t.Helper()
	var got struct {
		Result struct {
			Value any `json:"value"`
		} `json:"result"`
	}
	p.call("Runtime.evaluate", map[string]any{
		"expression": expression, "returnByValue": true,
	}, &got)
	return got.Result.Value
}

// picture is what the phone shows, as PNG.
func (p *phone) picture() []byte {
	p.t.Helper()
	var got struct {
		Data []byte `json:"data"`
	}
	p.call("Page.captureScreenshot", map[string]any{"format": "png"}, &got)
	return got.Data
}
