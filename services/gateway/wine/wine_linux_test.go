package wine_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long what has to come is waited for. Wine itself needs some seconds to start.
const patience = 2 * time.Minute

// wine is the program and the folder of its libraries. A test without it is skipped.
func wine(t *testing.T) (program, libraries string) {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		t.Skip("Wine runs programs of amd64 on amd64 alone")
	}
	if os.Getenv("TEST_SRCDIR") != "" && os.Getenv("GATEWAY_WINE_BINARY") == "" {
		t.Skip("Bazel has made no programs of Windows for it (GATEWAY_WINE_BINARY, " +
			"GATEWAY_WINE_STARTER)")
	}
	missing := "no wine, which the Debian packages wine and wine64 have"
	program, err := exec.LookPath("wine")
	if err == nil {
		for _, pattern := range []string{
			"/usr/lib/x86_64-linux-gnu/wine*/x86_64-windows", "/usr/lib*/wine*/x86_64-windows",
			"/opt/wine*/lib*/wine/x86_64-windows",
		} {
			if found, _ := filepath.Glob(pattern); len(found) > 0 {
				return program, found[0]
			}
		}
		missing = "wine has no library of x86_64-windows; the Debian package wine64 has them"
	}
	t.Skip(missing)
	return "", ""
}

// prefix makes a Windows for one test: a folder with the libraries of Wine. What Wine makes by
// itself is a copy of them, of 700 MB, for which it takes a minute.
func prefix(t *testing.T, libraries string) string {
	t.Helper()
	dir := t.TempDir()
	system := filepath.Join(dir, "drive_c", "windows", "system32")
	must(t, os.MkdirAll(system, 0o755))
	must(t, os.MkdirAll(filepath.Join(dir, "dosdevices"), 0o755))
	must(t, os.Symlink("../drive_c", filepath.Join(dir, "dosdevices", "c:")))
	must(t, os.Symlink("/", filepath.Join(dir, "dosdevices", "z:")))
	must(t, os.WriteFile(filepath.Join(dir, ".update-timestamp"), []byte("disable\n"), 0o644))
	files, err := os.ReadDir(libraries)
	must(t, err)
	for _, f := range files {
		must(t, os.Symlink(filepath.Join(libraries, f.Name()), filepath.Join(system, f.Name())))
	}
	// Go takes its random numbers from a library that Wine 8 has not.
	random := filepath.Join(system, "bcryptprimitives.dll")
	if _, err := os.Stat(random); err != nil {
		must(t, os.WriteFile(random, forwarder("bcryptprimitives.dll", "ProcessPrng",
			"advapi32.SystemFunction036"), 0o644))
	}
	return dir
}

// built returns a program of Windows: what Bazel has made, by its name in the environment, or what
// the go command makes of a package.
func built(t *testing.T, env, pkg string) string {
	t.Helper()
	made.Lock()
	defer made.Unlock()
	if made.programs[pkg] == "" {
		made.programs[pkg] = build(t, env, pkg)
	}
	return made.programs[pkg]
}

// made are the programs that a test has asked for, by package.
var made = struct {
	sync.Mutex
	programs map[string]string // guarded by Mutex
}{programs: map[string]string{}}

func build(t *testing.T, env, pkg string) string {
	t.Helper()
	if path := os.Getenv(env); path != "" {
		if root := os.Getenv("TEST_SRCDIR"); root != "" && !filepath.IsAbs(path) {
			path = filepath.Join(root, os.Getenv("TEST_WORKSPACE"), path)
		}
		return path
	}
	dir, err := os.MkdirTemp(folder, "")
	must(t, err)
	out := filepath.Join(dir, "program.exe")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", out, pkg)
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return out
}

// onWindows is how a path is called in Wine.
func onWindows(path string) string { return `Z:` + strings.ReplaceAll(path, "/", `\`) }

// A process is a program that runs in Wine.
type process struct {
	orders net.Conn
	ended  chan struct{} // closed when it has ended
	code   int           // then

	mu   sync.Mutex
	said bytes.Buffer // guarded by mu
}

// start runs a program in Wine until the test ends.
func start(t *testing.T, program string, args ...string) *process {
	t.Helper()
	command, libraries := wine(t)
	starter := built(t, "GATEWAY_WINE_STARTER", "./starter")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	cmd := exec.Command(command, append([]string{
		onWindows(starter), l.Addr().String(), onWindows(program),
	}, args...)...)
	cmd.Dir = t.TempDir()
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "GATEWAY_") {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	cmd.Env = append(cmd.Env, "WINEPREFIX="+prefix(t, libraries), "WINEDEBUG=-all", "DISPLAY=",
		"HOME="+t.TempDir())
	p := &process{ended: make(chan struct{})}
	r, w, err := os.Pipe()
	must(t, err)
	cmd.Stdout, cmd.Stderr = w, w
	must(t, cmd.Start())
	_ = w.Close()
	read := make(chan struct{})
	go func() { // until everything that runs in Wine has ended
		defer close(read)
		defer r.Close()
		for lines := bufio.NewReader(r); ; {
			line, err := lines.ReadString('\n')
			p.mu.Lock()
			p.said.WriteString(line)
			p.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() { // until the starter has ended
		_ = cmd.Wait()
		p.code = cmd.ProcessState.ExitCode()
		close(p.ended)
	}()
	t.Cleanup(func() {
		if p.orders != nil {
			_ = p.orders.Close() // the starter ends the program, and then itself
		} else {
			_ = cmd.Process.Kill()
		}
		<-p.ended
		_ = r.SetReadDeadline(time.Now().Add(patience)) // Wine's own server ends a moment later
		<-read
		if t.Failed() {
			t.Logf("it said:\n%s", p.output())
		}
	})
	must(t, l.(*net.TCPListener).SetDeadline(time.Now().Add(patience)))
	if p.orders, err = l.Accept(); err != nil {
		t.Fatalf("Wine does not start: %v", err)
	}
	return p
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// find waits until the process has said what matches, and returns its first group.
func (p *process) find(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	end := time.NewTimer(patience)
	defer end.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if m := re.FindStringSubmatch(p.output()); m != nil {
			return m[len(m)-1]
		}
		select {
		case <-tick.C:
		case <-p.ended:
			t.Fatalf("it ended with %d before it said %q", p.code, pattern)
		case <-end.C:
			t.Fatalf("it did not say %q in %v", pattern, patience)
		}
	}
}

// stop sends a Ctrl-Break.
func (p *process) stop(t *testing.T) {
	t.Helper()
	_, err := io.WriteString(p.orders, "break\n")
	must(t, err)
}

// wait returns the exit code.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	end := time.NewTimer(patience)
	defer end.Stop()
	select {
	case <-p.ended:
		return p.code
	case <-end.C:
		t.Fatalf("it did not end in %v", patience)
		return -1
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
