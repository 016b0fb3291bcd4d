package main_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/gatewayhomebrew/gateway/libs/configserver/fleettest"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// ran is what a command line did.
type ran struct {
	code        int
	out, errout string
}

// fleet runs `gateway fleet` against a config-sync.
func fleet(t *testing.T, server string, args ...string) ran {
	t.Helper()
	path, err := testkit.GatewayBinary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"fleet"}, args...)...)
	cmd.Env = append(os.Environ(), "GATEWAY_CONFIG_SYNC="+server, "USER=ann")
	var out, errout strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errout
	_ = cmd.Run()
	return ran{cmd.ProcessState.ExitCode(), out.String(), errout.String()}
}

func (r ran) want(t *testing.T, code int, out, errout string) {
	t.Helper()
	if r.code != code || !strings.Contains(r.out, out) || !strings.Contains(r.errout, errout) {
		t.Errorf("exit code %d, want %d\nstdout %s\n  want %q\nstderr %s\n  want %q", r.code, code,
			r.out, out, r.errout, errout)
	}
}

// fleetDocument is a configuration; "fail: 5xx" in its comment makes simulated nodes fail.
func fleetDocument(t *testing.T, comment string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	text := "version: 1\nlisteners: [{name: public, address: \"127.0.0.1:8080\"}]\n" +
		"clusters: [{name: users, endpoints: [{address: \"127.0.0.1:9001\"}]}]\n" +
		"routes: [{name: all, cluster: users}]\n# " + comment + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// simulated are nodes that follow a config-sync until the test ends.
func simulated(t *testing.T, address string, count int) []*fleettest.Node {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	t.Cleanup(func() { cancel(); group.Wait() })
	nodes := make([]*fleettest.Node, count)
	for i := range nodes {
		n := &fleettest.Node{Name: fmt.Sprintf("n%d", i), Requests: 100}
		nodes[i] = n
		group.Go(func() {
			_ = n.Run(ctx, func() (*grpc.ClientConn, error) {
				return grpc.NewClient(address,
					grpc.WithTransportCredentials(insecure.NewCredentials()))
			})
		})
	}
	return nodes
}

func TestAFleetIsSteeredFromTheCommandLine(t *testing.T) {
	t.Parallel()
	s := testkit.StartConfigsync(t, "--store", filepath.Join(t.TempDir(), "store"), "--heartbeat",
		"50ms")
	fleet(t, s.Address, "status").want(t, 0, "nothing is good yet", "")
	fleet(t, s.Address, "history").want(t, 0, "nothing was published yet", "")
	simulated(t, s.Address, 4)
	testkit.Eventually(t, "all nodes are connected", func() bool {
		return strings.Contains(fleet(t, s.Address, "status").out, "4 nodes connected")
	})

	good := fleet(t, s.Address, "publish", fleetDocument(t, "one"), "--rollout", "1,100%", "--bake",
		"100ms", "-m", "the first")
	good.want(t, 0, "revision 1 is good", "")
	if !strings.Contains(good.out, "published as revision 1") ||
		!strings.Contains(good.out, "step 2 of 2") {
		t.Errorf("it does not show how it goes:\n%s", good.out)
	}
	bad := fleet(t, s.Address, "publish", fleetDocument(t, "fail: 5xx"), "--bake", "1m", "--json")
	bad.want(t, 1, `"event":"ended","revision":2,"outcome":"undone"`, "")
	for line := range strings.Lines(bad.out) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil || e["event"] == "" {
			t.Errorf("%q is no event: %v", line, err)
		}
	}
	fleet(t, s.Address, "status").want(t, 0, "revision 2 is undone: responses with 5xx", "")
	history := fleet(t, s.Address, "history")
	history.want(t, 0, "the first", "")
	if !strings.Contains(history.out, "ann") ||
		!strings.Contains(history.out, "takes back revision 2") ||
		!strings.Contains(history.out, "config-sync") {
		t.Errorf("history:\n%s", history.out)
	}

	if r := fleet(t, s.Address, "publish", fleetDocument(t, "two"), "--bake", "1m",
		"--no-wait"); r.code != 0 {
		t.Fatal(r)
	}
	fleet(t, s.Address, "publish", fleetDocument(t, "three")).want(t, 1, "", "being rolled out")
	testkit.Eventually(t, "it can be paused", func() bool {
		return fleet(t, s.Address, "pause", "--reason", "lunch").code == 0
	})
	fleet(t, s.Address, "status").want(t, 0, "paused", "")
	fleet(t, s.Address, "resume").want(t, 0, "done: revision 4", "")
	fleet(t, s.Address, "force", "--revision", "99").want(t, 1, "", "config-sync:")
	fleet(t, s.Address, "abort").want(t, 0, "done: revision 4", "")
	fleet(t, s.Address, "publish", fleetDocument(t, "four"), "--rollout", "100%", "--bake", "0s",
		"--if-busy", "wait").want(t, 0, "is good", "")
	fleet(t, s.Address, "rollback", "--to", "1", "-m", "back").want(t, 0, "is good", "")
	fleet(t, s.Address, "rollback", "--to", "77").want(t, 1, "", "no such revision")
	fleet(t, s.Address, "show", "1").want(t, 0, "# one\n", "")
	fleet(t, s.Address, "show", "1234").want(t, 1, "", "there is no revision 1234")

	// A rollout that is watched outlives config-sync, and so does the watching.
	done := make(chan ran, 1)
	file := fleetDocument(t, "five")
	go func() {
		done <- fleet(t, s.Address, "publish", file, "--rollout", "1,100%", "--bake", "2s")
	}()
	testkit.Eventually(t, "it has begun", func() bool {
		return strings.Contains(fleet(t, s.Address, "status").out, "rolling out:")
	})
	_ = s.End(syscall.SIGKILL)
	fleet(t, s.Address, "status").want(t, 1, "", "can't be reached")
	s.Start(t)
	select {
	case r := <-done:
		r.want(t, 0, "is good", "waiting for it")
	case <-time.After(time.Minute):
		t.Error("it does not end")
	}
}

// What one operator wrote into the history is shown to others, on their terminals.
func TestWhatOthersWroteIsNotObeyed(t *testing.T) {
	t.Parallel()
	s := testkit.StartConfigsync(t, "--store", filepath.Join(t.TempDir(), "store"))
	const hostile = "a\x1b[2J\u009b31m\u202eb"
	plain := func(what, text string) {
		t.Helper()
		if strings.ContainsAny(text, "\x1b\u009b\u202e") {
			t.Errorf("%s has what a terminal obeys: %q", what, text)
		}
		if !strings.Contains(text, `\u009b31m\u202eb`) {
			t.Errorf("%s does not show it: %q", what, text)
		}
	}
	done := make(chan ran, 1)
	file := fleetDocument(t, "a")
	go func() { done <- fleet(t, s.Address, "publish", file, "--json", "-m", hostile) }()
	testkit.Eventually(t, "it has begun", func() bool {
		return strings.Contains(fleet(t, s.Address, "status").out, "rolling out:")
	})
	r := fleet(t, s.Address, "abort", "--reason", hostile, "--json")
	r.want(t, 0, "{", "")
	plain("abort --json", r.out)
	r = <-done
	r.want(t, 1, `"outcome":"undone"`, "")
	plain("publish --json", r.out)
	for _, args := range [][]string{
		{"history"}, {"history", "--json"}, {"status"}, {"status", "--json"},
	} {
		plain(strings.Join(args, " "), fleet(t, s.Address, args...).out)
	}
}

func TestWhatCanNotBePublished(t *testing.T) {
	t.Parallel()
	s := testkit.StartConfigsync(t, "--store", filepath.Join(t.TempDir(), "store"))
	dir := t.TempDir()
	file := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(file,
		[]byte("version: 1\nlisteners: [{name: a, address: x}]\n"+
			"routes: [{name: r, cluster: nobody}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := fleet(t, s.Address, "publish", file)
	r.want(t, 2, "", "bad.yaml:2:32: listeners[0].address: E_ADDRESS")
	r.want(t, 2, "", "bad.yaml:3:29: routes[0].cluster: E_UNKNOWN_CLUSTER")
	fleet(t, s.Address, "publish", file, "--json").want(t, 2, `"code":"E_ADDRESS"`, "")
	fleet(t, s.Address, "publish", fleetDocument(t, "a"), "--dry-run").want(t, 0,
		"nothing was published", "")
	fleet(t, s.Address, "history").want(t, 0, "nothing was published yet", "")
	fleet(t, s.Address, "publish", filepath.Join(dir, "none.yaml")).want(t, 2, "", "can't be read")
	if err := os.WriteFile(file, make([]byte, 5<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	fleet(t, s.Address, "publish", file).want(t, 2, "", "E_TOO_LARGE")
	for _, args := range [][]string{
		{"publish"}, {"publish", file, "--rollout", "half"}, {"publish", file, "--gate", "x=1"},
		{"publish", file, "--if-busy", "maybe"}, {"publish", file, "--bake", "-3s"},
		{"status", "--server", "nowhere"}, {"history", "--limit", "0"},
		{"status", "--cert", "a.pem"}, {"status", "--timeout", "0s"}, {"upgrade"},
	} {
		if r := fleet(t, s.Address, args...); r.code != 2 || r.errout == "" || r.out != "" {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

// Where config-sync knows who asks, certificates say it; and a configuration has to be signed.
func TestAnOperatorHasACertificateAndAKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name string, text []byte) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	ca := testkit.NewAuthority(t)
	named := func(name, uri string) (cert, key string) {
		leaf := ca.Leaf(t, func(c *x509.Certificate) {
			if u, err := url.Parse(uri); err == nil && uri != "" {
				c.URIs = []*url.URL{u}
			}
		}, "127.0.0.1")
		return put(name+".crt", leaf.Cert), put(name+".key", leaf.Key)
	}
	caFile := put("ca.pem", ca.PEM)
	cert, key := named("server", "")
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	signers := put("signers.pem", encode("PUBLIC KEY", der, err))
	der, err = x509.MarshalPKCS8PrivateKey(private)
	signing := put("signing.key", encode("PRIVATE KEY", der, err))
	s := testkit.StartConfigsync(t, "--store", filepath.Join(dir, "store"), "--tls-cert", cert,
		"--tls-key", key, "--client-ca", caFile, "--signers", signers)

	fleet(t, s.Address, "status").want(t, 1, "", "if it wants TLS, give --ca, --cert and --key")
	as := func(name, uri string) []string {
		cert, key := named(name, uri)
		return []string{"--ca", caFile, "--cert", cert, "--key", key}
	}
	ann := as("ann", "spiffe://gateway/operator/ann")
	fleet(t, s.Address, append([]string{"status"}, ann...)...).want(t, 0, "nothing is good yet", "")
	fleet(t, s.Address,
		append([]string{"status"}, as("edge", "spiffe://gateway/node/edge-1")...)...).want(t, 1, "",
		"does not allow it")
	publish := append([]string{
		"publish", fleetDocument(t, "a"), "--no-wait", "--author", "mallory",
	}, ann...)
	fleet(t, s.Address, publish...).want(t, 1, "", "does not allow it")
	fleet(t, s.Address, append(publish, "--sign-key", signers)...).want(t, 1, "", "--sign-key")
	fleet(t, s.Address, append(publish, "--sign-key", signing)...).want(t, 0,
		"published as revision 1", "")
	r := fleet(t, s.Address, append([]string{"history"}, ann...)...)
	r.want(t, 0, "ann", "")
	if strings.Contains(r.out, "mallory") {
		t.Errorf("the author is whom the certificate names:\n%s", r.out)
	}
}
