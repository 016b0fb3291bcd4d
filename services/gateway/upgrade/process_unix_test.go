//go:build unix

package upgrade_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// deadline only tells a process that hangs from one that is slow.
const deadline = 2 * time.Minute

// A service is a gateway whose processes take each other's place.
type service struct {
	t      *testing.T
	dir    string
	binary string // that is started, and replaced
	log    *os.File
	group  int // of the processes, which all of them are in
	http   *http.Client
	admin  string
	first  *exec.Cmd
	exited chan struct{} // closed when the first process has
}

// binaries are two builds of one program with versions of their own.
var binaries = sync.OnceValues(func() (built [2]string, err error) {
	if _, err := testkit.GatewayBinary(); err != nil { // and its sources were looked at
		return built, err
	}
	dir, err := os.MkdirTemp("", "upgrade")
	if err != nil {
		return built, err
	}
	for i := range built {
		built[i] = filepath.Join(dir, fmt.Sprintf("gateway-%d", i))
		cmd := exec.Command("go", "build", "-ldflags",
			fmt.Sprintf("-X main.version=%d.0", i+1), "-o", built[i],
			"github.com/gatewayhomebrew/gateway/services/gateway")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return built, fmt.Errorf("%w: %s", err, out)
		}
	}
	return built, nil
})

// version is what build i says that it is.
func version(i int) string { return fmt.Sprintf("%d.0", i+1) }

// place puts a build at the path that the service was started by, as a package manager does.
func (s *service) place(i int) {
	s.t.Helper()
	built, err := binaries()
	if err != nil {
		s.t.Fatal(err)
	}
	fresh := s.binary + ".new"
	if err := os.Link(built[i], fresh); err != nil {
		text, err := os.ReadFile(built[i])
		if err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(fresh, text, 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := os.Rename(fresh, s.binary); err != nil {
		s.t.Fatal(err)
	}
}

// put puts something else there.
func (s *service) put(text string, mode os.FileMode) {
	s.t.Helper()
	fresh := s.binary + ".new"
	_ = os.Remove(fresh)
	if err := os.WriteFile(fresh, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chmod(fresh, mode); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(fresh, s.binary); err != nil {
		s.t.Fatal(err)
	}
}

// start runs a gateway with a configuration, which has no admin API yet.
func start(t *testing.T, config string, env ...string) *service {
	t.Helper()
	if os.Getenv("TEST_SRCDIR") != "" {
		t.Skip("two builds with versions of their own take the go command, which Bazel's " +
			"tests do not have")
	}
	dir, err := os.MkdirTemp("", "up") // short, for the paths of unix sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &service{
		t: t, dir: dir, binary: filepath.Join(dir, "gateway"), exited: make(chan struct{}),
		http: &http.Client{
			Transport: &http.Transport{DisableKeepAlives: true}, Timeout: deadline,
		},
	}
	s.place(0)
	s.write("gateway.yaml", strings.ReplaceAll(config, "DIR", dir)+
		"\nadmin: {address: 127.0.0.1:0}\n")
	if s.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(dir, "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s.first = exec.Command(s.binary, "run", "gateway.yaml")
	s.first.Dir, s.first.Stderr, s.first.Stdout = dir, s.log, out
	s.first.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "GATEWAY_") {
			s.first.Env = append(s.first.Env, pair)
		}
	}
	s.first.Env = append(s.first.Env, env...)
	if err := s.first.Start(); err != nil {
		t.Fatal(err)
	}
	s.group = s.first.Process.Pid
	go func() {
		_ = s.first.Wait() // the exit code is looked at where it counts
		close(s.exited)
	}()
	t.Cleanup(s.end)
	s.admin = s.says(`gateway: admin: http://(\S+)`)
	s.says(`(msg=ready)`)
	return s
}

// end ends all processes of the service.
func (s *service) end() {
	_ = syscall.Kill(-s.group, syscall.SIGKILL) // an error: there is none any more
	<-s.exited
	if s.t.Failed() {
		s.t.Logf("the log:\n%s", clip(s.said()))
	}
	s.log.Close()
	s.http.CloseIdleConnections()
}

func clip(text string) string {
	if len(text) > 40000 {
		return text[len(text)-40000:]
	}
	return text
}

func (s *service) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		s.t.Fatal(err)
	}
}

func (s *service) said() string {
	text, err := os.ReadFile(s.log.Name())
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// says waits for a text in the log, and returns its first group.
func (s *service) says(pattern string) string {
	s.t.Helper()
	re := regexp.MustCompile(pattern)
	var found []string
	testkit.Eventually(s.t, "the log says "+pattern, func() bool {
		found = re.FindStringSubmatch(s.said())
		return found != nil
	})
	return found[1]
}

// listener is the address of a listener.
func (s *service) listener(name string) string {
	s.t.Helper()
	return s.says(`gateway: listener ` + name + `: \w+://(\S+)`)
}

// status asks the process that answers.
func (s *service) status() admin.Status {
	s.t.Helper()
	var out admin.Status
	resp, err := s.http.Get("http://" + s.admin + "/status")
	if err != nil {
		s.t.Fatalf("the status: %v", err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// upgrade asks for an upgrade.
func (s *service) upgrade() (admin.Upgrade, int) {
	s.t.Helper()
	u, status, err := s.tryUpgrade()
	if err != nil {
		s.t.Fatal(err)
	}
	return u, status
}

func (s *service) tryUpgrade() (u admin.Upgrade, status int, err error) {
	resp, err := s.http.Post("http://"+s.admin+"/upgrade", "", nil)
	if err != nil {
		return u, 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return u, 0, err
	}
	return u, resp.StatusCode, json.Unmarshal(b, &u)
}

// succeed upgrades to a build, and fails the test where that does not go well.
func (s *service) succeed(i int) admin.Upgrade {
	s.t.Helper()
	s.place(i)
	var u admin.Upgrade
	testkit.Eventually(s.t, "there is room for another process", func() bool {
		var status int
		u, status = s.upgrade()
		if u.Reason == admin.ReasonCrowded && status == http.StatusConflict {
			return false
		}
		if status != http.StatusOK || u.Result != admin.Upgraded {
			s.t.Fatalf("upgrade: status %d, %+v", status, u)
		}
		return true
	})
	got := s.status()
	if got.Version != version(i) || got.Process.PID != u.NewPID ||
		got.Process.Generation != u.Generation || got.State != admin.Ready {
		s.t.Fatalf("after upgrade %+v there is %s, %+v", u, got.Version, got.Process)
	}
	if len(got.Process.Upgrades) == 0 || got.Process.Upgrades[0].ID != u.ID {
		s.t.Errorf("the receipt %d is not in %+v", u.ID, got.Process.Upgrades)
	}
	return u
}

// alone waits until no old process is left.
func (s *service) alone() {
	s.t.Helper()
	testkit.Eventually(s.t, "the old processes have ended", func() bool {
		return len(s.status().Process.Old) == 0
	})
}

// counters are all counters, and what histograms count.
func (s *service) counters() (map[string]float64, error) {
	resp, err := s.http.Get("http://" + s.admin + "/metrics")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d: %w", resp.StatusCode, err)
	}
	counts := map[string]bool{}
	out := map[string]float64{}
	for line := range strings.Lines(string(b)) {
		if words := strings.Fields(line); strings.HasPrefix(line, "# TYPE ") {
			counts[words[2]] = slices.Contains([]string{
				"counter", "histogram", "summary",
			}, words[3])
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndexByte(strings.TrimSpace(line), ' ')
		series := line[:at]
		name, _, _ := strings.Cut(series, "{")
		summed := false
		for _, end := range []string{"_bucket", "_count", "_sum"} {
			summed = summed || counts[strings.TrimSuffix(name, end)] && strings.HasSuffix(name, end)
		}
		if !summed && !counts[name] || strings.Contains(series, "quantile=") ||
			strings.HasSuffix(name, "_seconds") && !strings.Contains(name, "_total") {
			continue
		}
		var v float64
		if _, err := fmt.Sscan(line[at+1:], &v); err != nil {
			return nil, err
		}
		out[series] = v
	}
	return out, nil
}
