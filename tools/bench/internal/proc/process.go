package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// stopGrace is how long a program has to end after SIGTERM before it is killed.
const stopGrace = 2 * time.Second

// Process is a running program with all its children.
type Process struct {
	Name string
	PID  int

	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when the program has been waited for
}

// Start runs argv on one core. What it prints goes to NAME.log in dir.
func Start(name string, core int, dir string, argv []string) (*Process, error) {
	cmd, err := pinned(core, argv)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, name+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", name, err)
	}
	defer func() { _ = log.Close() }() // the child has its own descriptor by then
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, dir
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &Process{Name: name, PID: cmd.Process.Pid, cmd: cmd, log: path, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // how it ended matters only while it should run, and then Log tells
	}()
	return p, nil
}

// Output runs argv on one core to its end, or until ctx is done, and returns its standard output
// and the CPU time it took.
func Output(ctx context.Context, core int, argv []string) (string, time.Duration, error) {
	cmd, err := pinned(core, argv)
	if err != nil {
		return "", 0, err
	}
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		return "", 0, fmt.Errorf("starting %s: %w", argv[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		killGroup(cmd.Process.Pid)
		<-ended
		return "", 0, ctx.Err()
	}
	if err != nil {
		return "", 0,
			fmt.Errorf("%s: %w\n%s%s", strings.Join(argv, " "), err, out.String(), errs.String())
	}
	return out.String(), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Log returns the end of what the program printed, for an error message.
func (p *Process) Log() string {
	const most = 2000
	text, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	if len(text) > most {
		text = text[len(text)-most:]
	}
	return strings.TrimSpace(string(text))
}

// Stop ends the program and its children and returns when they are gone. It may be called more than
// once.
func (p *Process) Stop() {
	if p == nil {
		return
	}
	terminateGroup(p.PID)
	select {
	case <-p.done:
	case <-time.After(stopGrace):
	}
	killGroup(p.PID) // a child that outlived its parent, or a parent that did not listen
	<-p.done
}

// pinned prepares argv to run on one core. taskset sets the affinity and then becomes the program,
// so the program finds one CPU when it counts them: an edge takes GOMAXPROCS=1 from that, as it
// would in a container with one CPU.
func pinned(core int, argv []string) (*exec.Cmd, error) {
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		return nil, errors.New("taskset is missing: install util-linux")
	}
	cmd := exec.Command(taskset, append([]string{"-c", strconv.Itoa(core)}, argv...)...)
	ownGroup(cmd)
	return cmd, nil
}

// PinSelf moves the benchmark itself to a core, so that its few wakeups do not land on the measured
// one.
func PinSelf(ctx context.Context, core int) error {
	out, err := exec.CommandContext(ctx, "taskset", "-a", "-c", "-p", strconv.Itoa(core),
		strconv.Itoa(os.Getpid())).CombinedOutput()
	if err != nil {
		return fmt.Errorf("moving the benchmark to core %d: %w: %s", core, err,
			strings.TrimSpace(string(out)))
	}
	return nil
}
