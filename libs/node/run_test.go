package node

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// text is a bytes.Buffer for several goroutines.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// run runs an edge with a configuration, in this process; it serves http unless other
// protocols are named.
func run(
	ctx context.Context, t *testing.T, yaml string, stderr io.Writer, protocols ...string,
) error {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(string) string { return "" }
	s := Settings{Config: file, Protocols: []string{config.ProtocolHTTP}}
	if err := s.Complete(none); err != nil {
		t.Fatal(err)
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	if len(protocols) == 0 {
		protocols = []string{config.ProtocolHTTP}
	}
	return Run(ctx, Options{
		Process: &program.Process{
			Name: "test", Log: log, Lines: program.NewLines("test", stderr, program.Text),
			Stdout: io.Discard, Stderr: stderr,
		},
		Protocols: protocols,
		Load:      func(p *config.Published) (config.Source, error) { return s.Load(none, p) },
	})
}

// The leak check of the package sees what any of these leaves behind.
func TestAnEdgeThatCannotRunLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	first, adminAddr := free(t), free(t)
	rest := "clusters: [{name: c, endpoints: [{address: '127.0.0.1:1'}]}]\n" +
		"routes: [{name: r, path_prefix: /, cluster: c}]\n"
	for name, c := range map[string]struct {
		yaml  string
		usage bool
	}{
		"nonsense": {"version: 1\nlisten: []\n", true},
		"a listener's address": {
			"version: 1\nlisteners: [{name: a, address: '" + first + "'}, {name: b, address: '" +
				taken.Addr().String() + "'}]\nadmin: {address: '" + adminAddr + "'}\n" +
				rest, false,
		},
		"the admin address": {
			"version: 1\nlisteners: [{name: a, address: '" + first + "'}]\nadmin: {address: '" +
				taken.Addr().String() + "'}\n" + rest, false,
		},
		"the access log": {
			"version: 1\nlisteners: [{name: a, address: '" + first + "'}]\nadmin: {address: '" +
				adminAddr + "'}\naccess_log: {output: /nowhere/at/all.log}\n" + rest, true,
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), testkit.Deadline)
		err := run(ctx, t, c.yaml, io.Discard)
		cancel()
		if err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		if errors.Is(err, program.ErrConfig) != c.usage {
			t.Errorf("%s: %v is a matter of the configuration: %v", name, err, !c.usage)
		}
		for _, addr := range []string{first, adminAddr} {
			ln, err := net.Listen("tcp", addr)
			if err != nil {
				t.Errorf("%s: %s is still in use: %v", name, addr, err)
				continue
			}
			ln.Close()
		}
	}
}

// Run ends with its context, and gives everything back: a second run can have the same addresses.
func TestAnEdgeRunsAndEnds(t *testing.T) {
	t.Parallel()
	addr, adminAddr := free(t), free(t)
	yaml := "version: 1\nlisteners: [{name: public, address: '" + addr + "'}]\nadmin: {address: '" +
		adminAddr +
		"'}\nclusters: [{name: c, endpoints: [{address: '127.0.0.1:1'}]}]\n" +
		"routes: [{name: r, path_prefix: /, cluster: c}]\n"
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 4*testkit.Deadline)
		var stderr text
		done := make(chan error, 1)
		go func() { done <- run(ctx, t, yaml, &stderr) }()
		testkit.Eventually(t, "it serves", func() bool { return takes(addr) && takes(adminAddr) })
		testkit.Eventually(t, "it says where", func() bool {
			return strings.Contains(stderr.String(), "test: listener public: http://"+addr+"\n") &&
				strings.Contains(stderr.String(), "test: admin: http://"+adminAddr+"\n")
		})
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(testkit.Deadline):
			t.Fatal("it does not end")
		}
		if takes(addr) || takes(adminAddr) {
			t.Error("an address is still in use")
		}
	}
}
