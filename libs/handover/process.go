package handover

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// variable tells a process by which descriptor it reaches the one before it.
const variable = "GATEWAY_HANDOVER_FD"

// firstDescriptor is that of the first of exec.Cmd.ExtraFiles.
const firstDescriptor = 3

// A Process is what this process knows of its own start.
type Process struct {
	// Path is the file that it was started by, as it was named: a symlink stays one, so that what
	// it leads to by now is what is started next. "" is not known.
	Path string
	Args []string // without the name of the binary
	Dir  string   // the folder that it was started in; "" is not known
	// From leads to the process before this one; nil: there is none.
	From *Channel
}

// Take finds out how this process was started, and by whom. What tells it of a process before it is
// gone from the environment after that. It changes the whole process, so only a main function calls
// it, once, before it changes the folder.
func Take() (p Process) {
	p.Args = os.Args[min(len(os.Args), 1):]
	p.Dir, _ = os.Getwd()
	p.Path = ownPath(p.Dir)
	value, ok := os.LookupEnv(variable)
	if !ok {
		return p
	}
	_ = os.Unsetenv(variable) // it is a name that there is
	if fd, err := strconv.Atoi(value); err != nil || fd != firstDescriptor {
		return p // set by somebody else, and no message could come
	}
	f := os.NewFile(firstDescriptor, "handover")
	keep(f)
	// An error: the descriptor is something else, as where a person has set the variable.
	p.From, _ = FromFile(f)
	return p
}

// ownPath is how this process was named by what has started it, as an absolute path.
func ownPath(dir string) string {
	path := ""
	if len(os.Args) > 0 && os.Args[0] != "" {
		path = os.Args[0]
	}
	if found, err := exec.LookPath(path); err == nil {
		path = found
	} else if exe, err := os.Executable(); err == nil {
		path = exe // argv[0] is anything that its parent likes
	}
	if path != "" && !filepath.IsAbs(path) && dir != "" {
		path = filepath.Join(dir, path)
	}
	return path
}

// A Successor is a process that was started to take this one's place.
type Successor struct {
	*Channel
	PID     int
	process *os.Process
	exited  chan struct{}
	state   *os.ProcessState // valid once exited is closed
}

// StartError is why a binary could not be started.
type StartError struct {
	Path string
	Why  string // what is wrong with it, and what to do
	Err  error
}

// Error says what is wrong with the binary.
func (e *StartError) Error() string { return e.Path + " can't be started: " + e.Why }

// Unwrap is the system's error.
func (e *StartError) Unwrap() error { return e.Err }

// Start starts a binary as this process was started: with the same arguments, environment, folder
// and output, and nothing to read from. env are further variables.
func (p Process) Start(path string, env ...string) (*Successor, error) {
	if err := startable(path); err != nil {
		return nil, err
	}
	mine, theirs, err := pair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	cmd := exec.Cmd{
		Path: path, Args: append([]string{path}, p.Args...), Dir: p.Dir,
		Env: append(append(os.Environ(), env...),
			fmt.Sprintf("%s=%d", variable, firstDescriptor)),
		Stdout: os.Stdout, Stderr: os.Stderr, ExtraFiles: []*os.File{theirs},
	}
	if err := cmd.Start(); err != nil {
		_ = mine.Close() // nobody is at the other end
		return nil, &StartError{path, explain(err), err}
	}
	s := &Successor{
		Channel: mine, PID: cmd.Process.Pid, process: cmd.Process, exited: make(chan struct{}),
	}
	go func() { // until it ends; this process may end before
		_ = cmd.Wait()
		s.state = cmd.ProcessState
		close(s.exited)
	}()
	return s, nil
}

// startable says what is wrong with a file before the system is asked to start it.
func startable(path string) error {
	if path == "" {
		return &StartError{"the binary", "it is not known by which file this process was " +
			"started; name one with upgrade.binary", fs.ErrNotExist}
	}
	info, err := os.Stat(path)
	if err != nil {
		return &StartError{path, explain(err), err}
	}
	switch {
	case !info.Mode().IsRegular():
		return &StartError{path, "it is no file", fs.ErrInvalid}
	case info.Size() == 0:
		return &StartError{path, "it is empty; copy the binary beside it and rename it",
			fs.ErrInvalid}
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o111 == 0:
		return &StartError{path, "it is not executable; chmod +x", fs.ErrPermission}
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o002 != 0:
		return &StartError{path, "anybody may write to it; chmod o-w", fs.ErrPermission}
	}
	return nil
}

// explain says in words why a file can't be started.
func explain(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "it is not there, or the interpreter that it names"
	case errors.Is(err, fs.ErrPermission):
		return "this process may not; look at its mode and its file system (noexec)"
	case errors.Is(err, syscall.ENOEXEC):
		return "it is no program for this system (" + runtime.GOOS + "/" + runtime.GOARCH + ")"
	case busy(err):
		return "it is being written; copy the binary beside it and rename it"
	}
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	return strings.TrimSpace(err.Error())
}

// Exited is closed when the process has ended.
func (s *Successor) Exited() <-chan struct{} { return s.exited }

// End says in words how the process has ended. It is for after that.
func (s *Successor) End() string {
	if s.state == nil {
		return "unknown"
	}
	return s.state.String() // "exit status 2", "signal: killed"
}

// Kill ends the process at once.
func (s *Successor) Kill() { _ = s.process.Kill() } // an error: it has ended

// Terminate asks the process to end.
func (s *Successor) Terminate() { _ = s.process.Signal(syscall.SIGTERM) } // an error: it has ended
