package vectors_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// TestVectorsAgainstRivals shows whether the judge is fair: it runs the vectors that are not this
// gateway's own rules against nginx and HAProxy and prints what part they pass. It fails on nothing
// and runs only with GATEWAY_RIVALS=1.
func TestVectorsAgainstRivals(t *testing.T) {
	if os.Getenv("GATEWAY_RIVALS") == "" {
		t.Skip("set GATEWAY_RIVALS=1 to run the vectors against nginx and haproxy")
	}
	for _, rival := range []struct {
		name, template string
		args           func(config string) []string
	}{
		{"nginx", "testdata/nginx.conf", func(c string) []string {
			return []string{"-p", filepath.Dir(c), "-c", c}
		}},
		{"haproxy", "testdata/haproxy.cfg", func(c string) []string {
			return []string{"-db", "-f", c}
		}},
	} {
		t.Run(rival.name, func(t *testing.T) {
			bin, err := exec.LookPath(rival.name)
			if err != nil {
				t.Skipf("%s is not installed (Debian package %s)", rival.name, rival.name)
			}
			up := newVectorUpstream(true)
			addr := edgetest.FreeAddr(t)
			scripted := testkit.NewUpstream(t, up.serve)
			text, err := os.ReadFile(rival.template)
			if err != nil {
				t.Fatal(err)
			}
			config := filepath.Join(t.TempDir(), "rival.conf")
			filled := strings.NewReplacer("LISTEN", addr, "UPSTREAM", scripted.Addr(), "DIR",
				filepath.Dir(config)).Replace(string(text))
			if err := os.WriteFile(config, []byte(filled), 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			cmd := exec.CommandContext(ctx, bin, rival.args(config)...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { cancel(); _ = cmd.Wait() })
			testkit.Eventually(t, rival.name+" listens", func() bool {
				return edgetest.Dials(addr)
			})
			score(t, &bench{addr: func(string) string { return addr }, up: up, rival: true})
		})
	}
}

// TestVectorsAgainstAnyProxy runs the same vectors against the proxy at GATEWAY_VECTOR_TARGET,
// which must pass everything to GATEWAY_VECTOR_UPSTREAM, where the test listens.
func TestVectorsAgainstAnyProxy(t *testing.T) {
	target, listen := os.Getenv("GATEWAY_VECTOR_TARGET"), os.Getenv("GATEWAY_VECTOR_UPSTREAM")
	if target == "" || listen == "" {
		t.Skip("set GATEWAY_VECTOR_TARGET and GATEWAY_VECTOR_UPSTREAM (host:port each) to run " +
			"the vectors against any proxy")
	}
	up := newVectorUpstream(true)
	u, err := testkit.ListenUpstream(listen, up.serve)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.Close)
	score(t, &bench{addr: func(string) string { return target }, up: up, rival: true})
}

// score prints the pass rate per class, and every miss.
func score(t *testing.T, b *bench) {
	var vs []vector
	for _, v := range allVectors() {
		if !v.house && v.listener == "" {
			vs = append(vs, v)
		}
	}
	passed, total := map[string]int{}, map[string]int{}
	sum := 0
	for _, v := range b.run(vs) {
		total[v.class]++
		if v.problem == "" {
			passed[v.class]++
			sum++
			continue
		}
		t.Logf("miss: %s/%s: %s", v.class, v.name, v.problem)
	}
	for _, c := range classes {
		if total[c.name] > 0 {
			t.Logf("%-20s %3d of %3d", c.name, passed[c.name], total[c.name])
		}
	}
	t.Logf("%s",
		fmt.Sprintf("%d of %d vectors pass: %.1f %%", sum, len(vs),
			100*float64(sum)/float64(max(1, len(vs)))))
}
