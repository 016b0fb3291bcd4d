package exampletest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/examples/servers"
)

// patience is how long a client's program may take.
const patience = 30 * time.Second

// Need fails the test for an error. For a program that is not installed it skips it; not in CI,
// which has them all.
func Need(t testing.TB, err error) {
	t.Helper()
	var missing *servers.MissingError
	switch {
	case err == nil:
	case errors.As(err, &missing) && os.Getenv("CI") != "true":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

// Find returns the path of a client's program; see Need.
func Find(t testing.TB, program string) string {
	t.Helper()
	path, err := servers.Find(program)
	Need(t, err)
	return path
}

// Output runs a program to its end and returns what it printed, without the last line feed.
func Output(t testing.TB, stdin io.Reader, argv ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errs
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(errs.String()))
	}
	return strings.TrimSuffix(out.String(), "\n"), err
}

// A Program is a client that is talked to line by line, as at a terminal.
type Program struct {
	stdin io.WriteCloser
	lines chan string // closed at the end of what it prints
	err   error       // how it ended; valid once lines is closed
}

// StartProgram runs a program. The end of the test ends it.
func StartProgram(t testing.TB, argv ...string) *Program {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	p := &Program{stdin: stdin, lines: make(chan string, 100)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer r.Close()
		for s := bufio.NewScanner(r); s.Scan(); {
			select {
			case p.lines <- s.Text():
			case <-ctx.Done():
			}
		}
		p.err = cmd.Wait()
		close(p.lines)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return p
}

// Say gives it a line.
func (p *Program) Say(t testing.TB, line string) {
	t.Helper()
	if _, err := io.WriteString(p.stdin, line+"\n"); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
}

// Hear returns the next line that it prints.
func (p *Program) Hear(t testing.TB) string {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case line, ok := <-p.lines:
		if !ok {
			t.Fatalf("it has ended: %v", p.err)
		}
		return line
	case <-timer.C:
		t.Fatal("it says nothing")
	}
	return ""
}

// Expect wants its next lines to be these.
func (p *Program) Expect(t testing.TB, lines ...string) {
	t.Helper()
	for _, want := range lines {
		if got := p.Hear(t); got != want {
			t.Fatalf("it says %q, want %q", got, want)
		}
	}
}

// End says no more to it, waits until it has ended, and returns what it printed meanwhile and how
// it ended.
func (p *Program) End() (rest []string, err error) {
	p.stdin.Close()
	for line := range p.lines { // the end of its context is the latest
		rest = append(rest, line)
	}
	return rest, p.err
}
