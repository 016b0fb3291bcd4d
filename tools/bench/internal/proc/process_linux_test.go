package proc

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// shell starts a shell script on core 0, which every machine has.
func shell(t *testing.T, script string) *Process {
	t.Helper()
	p, err := Start("script", 0, t.TempDir(), []string{"sh", "-c", script})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// said waits until the script has printed enough lines.
func said(t *testing.T, p *Process, lines int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		if log := strings.Fields(p.Log()); len(log) >= lines {
			return log
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the script said only %q", p.Log())
		case <-time.After(time.Millisecond):
		}
	}
}

func TestStopEndsChildrenThatDoNotListen(t *testing.T) {
	t.Parallel()
	p := shell(t, `trap "" TERM; sleep 600 & echo $!; wait`)
	child, err := strconv.Atoi(said(t, p, 1)[0])
	if err != nil {
		t.Fatal(err)
	}
	p.Stop()
	p.Stop()
	select {
	case <-p.Done():
	default:
		t.Error("Stop returned before the end")
	}
	// A killed orphan goes in its own time, or waits to be reaped by the process that adopts
	// orphans here.
	for limit := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(child) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") ||
			strings.Contains(string(stat), ") X ") {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("child %d lives on: %q", child, stat)
		}
	}
}

func TestUsageCountsChildren(t *testing.T) {
	t.Parallel()
	// The child works until it has used a CPU for a while; then both sleep.
	p := shell(t,
		`sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo done; sleep 600' & sleep 600`)
	said(t, p, 1)
	cpu, err := p.CPU()
	if err != nil || cpu < 10*time.Millisecond {
		t.Errorf("CPU time is %v, %v", cpu, err)
	}
	if mem, err := p.Resident(); err != nil || mem < 100<<10 {
		t.Errorf("resident memory is %d, %v", mem, err)
	}
	p.Stop()
	if _, err := p.CPU(); err == nil {
		t.Error("a process that ended has a CPU time")
	}
}

func TestOutput(t *testing.T) {
	t.Parallel()
	out, _, err := Output(t.Context(), 0, []string{"echo", "hello"})
	if err != nil || out != "hello\n" {
		t.Errorf("%q, %v", out, err)
	}
	if _, _, err := Output(t.Context(), 0, []string{
		"sh", "-c", "echo why >&2; exit 3",
	}); err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("a failure is told as %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := Output(ctx, 0, []string{
		"sleep", "600",
	}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a program that took too long is told as %v", err)
	}
}
