package fromcaddy_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft/drafttest"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromcaddy"
)

// caddyBinary is where Caddy is, or a skip; in CI it has to be there.
func caddyBinary(t *testing.T) string {
	t.Helper()
	bin, err := exec.LookPath("caddy")
	switch {
	case err == nil:
		return bin
	case os.Getenv("CI") != "":
		t.Fatal("caddy is not installed (Debian package caddy)")
	}
	t.Skip("caddy is not installed (Debian package caddy)")
	return ""
}

// TestCaddyAndTheEdgeAnswerAlike runs Caddy and the edge on what is imported from its file, and
// sends
// both the same requests.
func TestCaddyAndTheEdgeAnswerAlike(t *testing.T) {
	bin := caddyBinary(t)
	dir := t.TempDir()
	template, err := os.ReadFile("testdata/differential.caddyfile.in")
	if err != nil {
		t.Fatal(err)
	}
	listeners := drafttest.FreePorts(t, 2)
	var replace []string
	for i, e := range drafttest.Endpoints(t, 6) {
		replace = append(replace, fmt.Sprintf("ENDPOINT%d", i), e)
	}
	for i, address := range listeners {
		_, port, _ := net.SplitHostPort(address)
		replace = append(replace, fmt.Sprintf("PORT%d", i), port)
	}
	file := filepath.Join(dir, "Caddyfile")
	text := strings.NewReplacer(replace...).Replace(string(template))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, bin, "run", "--config", file, "--adapter", "caddyfile")
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("caddy said:\n%s", said.String())
		}
	})
	d := draft.New("caddy", dir)
	if err := fromcaddy.Import(file, d); err != nil {
		t.Fatal(err)
	}
	config, err := d.Finish()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range listeners {
		config = strings.ReplaceAll(config, "address: "+address, "address: 127.0.0.1:0")
	}
	edge := testkit.StartEdge(t, config+"admin: {address: 127.0.0.1:0}\n")
	x := drafttest.Differential{
		Product: map[string]string{}, Edge: map[string]string{}, Notes: d.Notes(),
		Own: []string{"Connection", "Via", "X-Forwarded-For", "X-Forwarded-Proto",
			"X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Request-Id",
			"Content-Length", "Accept-Encoding", "User-Agent"},
		Answers: []string{"Cache-Control", "X-Powered-By", "X-Level", "X-Down"},
		Excuses: []drafttest.Excuse{
			{Note: "`abort /drop` differs", Of: begins("/drop")},
			{Note: "prefixes end with a segment", Of: begins("/rawx")},
			{Note: "a host that no site has gets 404",
				Of: func(r drafttest.Request) bool { return r.Host == "unknown.example" }},
		},
	}
	for i, l := range d.Listeners {
		name := fmt.Sprintf("L%d", i)
		x.Product[name], x.Edge[name] = listeners[i], edge.Addr(l.Name)
	}
	testkit.Eventually(t, "Caddy listens", func() bool {
		c, err := testkit.DialTimeout(listeners[0], testkit.Deadline)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	all := requests()
	if len(all) < 200 {
		t.Errorf("only %d requests", len(all))
	}
	x.Run(t, all)
}

func begins(prefix string) func(drafttest.Request) bool {
	return func(r drafttest.Request) bool { return strings.HasPrefix(r.Target, prefix) }
}

// requests are what is sent to both: every path with every host, and some of other kinds.
func requests() (all []drafttest.Request) {
	paths := []string{
		"/", "/a", "/a/x?y=1", "/api", "/api/", "/api/v1/x?q=%20", "/blog", "/blog/", "/blog/a/b",
		"/old", "/old/", "/old/x?y", "/home", "/home?x=1", "/find?q=1", "/ping", "/ping/x", "/gone",
		"/json", "/broken", "/static/x", "/static", "/write/x", "/write", "/raw", "/raw/x",
		"/x.png",
		"/x/y.jpg", "/x.png/y", "/strip/a", "/strip", "/strip/", "/b/x", "/b", "/r/x", "/r",
	}
	hosts := []string{"a.example", "b.example", "x.wild.example", "to.example", "unknown.example"}
	add := func(listener, method, host, target string, fields ...string) {
		all = append(all, drafttest.Request{
			Listener: listener, Method: method, Host: host, Target: target, Fields: fields,
		})
	}
	for _, host := range hosts {
		for _, path := range paths {
			add("L0", http.MethodGet, host, path)
		}
	}
	for _, value := range []string{"1", "2", "21", "x", ""} {
		for _, path := range []string{"/", "/a/x", "/write/x", "/r/x", "/api/x", "/x.png"} {
			add("L0", http.MethodGet, "a.example", path, "X-Version: "+value)
			add("L0", http.MethodGet, "b.example", path, "X-Version: "+value)
		}
		add("L0", http.MethodGet, "a.example", "/x?beta="+value)
	}
	for _, method := range []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"} {
		add("L0", method, "a.example", "/write/x")
		add("L0", method, "a.example", "/", "X-Gone: 1", "X-In: 2")
		add("L0", method, "a.example", "/ping")
		add("L1", method, "any.example", "/p?q")
	}
	add("L0", http.MethodGet, "a.example", "/drop")
	add("L0", http.MethodGet, "a.example", "/rawx")
	return all
}
