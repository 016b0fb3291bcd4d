// Package fleetrollout_test does what this folder's README does, step by step, so that the README
// stays true.
package fleetrollout_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/examples/exampletest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const nodes = 5

// A site is config-sync, five edges that follow it, and the shop behind them.
type site struct {
	sync  *testkit.Configsync
	edges []*testkit.Process
	shop  string
	dir   string
}

func start(t *testing.T) *site {
	t.Helper()
	up := testkit.NewUpstream(t, testkit.Answer(exampletest.Text(200, "shop\n")))
	s := &site{
		sync: testkit.StartConfigsync(t, "--store", filepath.Join(t.TempDir(), "history")),
		shop: up.Addr(), dir: t.TempDir(),
	}
	for i := range nodes {
		dir := t.TempDir()
		s.edges = append(s.edges, s.edge(t, dir, i+1))
	}
	return s
}

// edge runs a node on its own node.yaml, with free ports.
func (s *site) edge(t *testing.T, dir string, number int) *testkit.Process {
	t.Helper()
	text := replaced(t, "node.yaml", "edge-1", fmt.Sprintf("edge-%d", number), "127.0.0.1:8080",
		"127.0.0.1:0", "127.0.0.1:9901", "127.0.0.1:0", "127.0.0.1:9500", s.sync.Address)
	e, err := testkit.RunEdge(dir, text)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Kill()
		if t.Failed() {
			t.Logf("edge-%d's stderr:\n%s", number, e.Stderr())
		}
	})
	return e
}

// replaced is a file of this folder with other texts in it, old and new by turns.
func replaced(t *testing.T, file string, pairs ...string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%s no longer has %s, which the README tells", file, pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// config writes what is to be published; ports are free ones.
func (s *site) config(t *testing.T, shop, revision string) string {
	t.Helper()
	file := filepath.Join(s.dir, "gateway.yaml")
	text := replaced(t, "gateway.yaml", "127.0.0.1:8080", "127.0.0.1:0", "127.0.0.1:9000", shop,
		`"one"`, fmt.Sprintf("%q", revision))
	if err := testkit.Replace(file, text); err != nil {
		t.Fatal(err)
	}
	return file
}

// fleet runs `gateway fleet`.
func (s *site) fleet(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	path, err := testkit.GatewayBinary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"fleet"}, args...)...)
	cmd.Env = append(os.Environ(), "GATEWAY_CONFIG_SYNC="+s.sync.Address)
	text, _ := cmd.CombinedOutput()
	return string(text), cmd.ProcessState.ExitCode()
}

const get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

// revision is what an edge says that it serves.
func revision(t *testing.T, e *testkit.Process) string {
	t.Helper()
	c := testkit.Dial(t, e.Addr("public"))
	defer c.Close()
	r := c.Exchange(t, "GET", get)
	return strings.Join(r.Fields.Values("X-Revision"), "")
}

func (s *site) all(t *testing.T, want string) {
	t.Helper()
	for i, e := range s.edges {
		testkit.Within(t, 15*time.Second, fmt.Sprintf("edge-%d serves %q", i+1, want), func() bool {
			return revision(t, e) == want
		})
	}
}

func TestFleetRollout(t *testing.T) {
	s := start(t)
	testkit.Within(t, 15*time.Second, "the five are connected", func() bool {
		out, _ := s.fleet(t, "status")
		return strings.Contains(out, "5 nodes connected")
	})
	out, code := s.fleet(t, "publish", s.config(t, s.shop, "one"), "--rollout", "1,50%,100%",
		"--bake", "1s", "-m", "the first")
	if code != 0 || !strings.Contains(out, "revision 1 is good") ||
		!strings.Contains(out, "step 3 of 3") {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	s.all(t, "one")
	var loads []*exampletest.Load
	for _, e := range s.edges {
		loads = append(loads, exampletest.StartLoad(t, e.Addr("public"), 1, get))
	}

	// How long requests take is the machine's here.
	out, code = s.fleet(t, "publish", s.config(t, s.shop, "two"), "--rollout", "1,50%,100%",
		"--bake", "1s", "--gate", "max_p99_increase=off")
	if code != 0 || !strings.Contains(out, "revision 2 is good") {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	s.all(t, "two")

	began := time.Now()
	out, code = s.fleet(t, "publish", s.config(t, "127.0.0.1:1", "three"), "--gate",
		"max_p99_increase=off")
	if code != 1 || !strings.Contains(out, "revision 3 is undone") {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	s.all(t, "two")
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %s to undo", took)
	}
	failing := 0
	for i, l := range loads {
		requests, failures := l.Stop()
		if len(failures) > 0 {
			failing++
		}
		if requests < 100 {
			t.Errorf("edge-%d answered %d requests", i+1, requests)
		}
		for _, f := range failures {
			if !strings.Contains(f, "GW_UPSTREAM_CONNECT") {
				t.Errorf("edge-%d: %s", i+1, f)
			}
		}
	}
	if failing < 1 || failing > 2 {
		t.Errorf("%d edges failed requests: one gets it, and one bears that out", failing)
	}
	if out, _ := s.fleet(t, "history"); !strings.Contains(out, "takes back revision 3") {
		t.Errorf("the history:\n%s", out)
	}

	s.alone(t)
	if out, code := s.fleet(t, "rollback", "--to", "1"); code != 0 {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	s.all(t, "one")
}

// alone ends config-sync: edges serve, and one that is started anew does too.
func (s *site) alone(t *testing.T) {
	t.Helper()
	if err := s.sync.End(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	s.all(t, "two")
	dir := filepath.Dir(s.edges[4].Config())
	s.edges[4].Kill()
	again := s.edge(t, dir, 5)
	s.edges[4] = again
	if got := revision(t, again); got != "two" {
		t.Errorf("without config-sync it serves %q", got)
	}
	s.sync.Start(t)
}
