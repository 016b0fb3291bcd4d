package fromnginx_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft/drafttest"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/fromnginx"
)

// nginxBinary is where nginx is, or a skip; in CI it has to be there.
func nginxBinary(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if bin, err := exec.LookPath(name); err == nil {
			return bin
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("nginx is not installed (Debian package nginx)")
	}
	t.Skip("nginx is not installed (Debian package nginx)")
	return ""
}

// TestNginxAndTheEdgeAnswerAlike runs nginx and the edge on what is imported from its file, and
// sends
// both the same requests.
func TestNginxAndTheEdgeAnswerAlike(t *testing.T) {
	bin := nginxBinary(t)
	dir := t.TempDir()
	template, err := os.ReadFile("testdata/differential.conf.in")
	if err != nil {
		t.Fatal(err)
	}
	ports := drafttest.FreePorts(t, 2)
	endpoints := drafttest.Endpoints(t, 6)
	replace := []string{"DIR", dir}
	for i, e := range endpoints {
		replace = append(replace, fmt.Sprintf("ENDPOINT%d", i), e)
	}
	for i, p := range ports {
		replace = append(replace, fmt.Sprintf("LISTEN%d", i), p)
	}
	file := filepath.Join(dir, "nginx.conf")
	conf := strings.NewReplacer(replace...).Replace(string(template))
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	// As root it would hand its folders to nobody, who is no user of every sandbox.
	cmd := exec.CommandContext(ctx, bin, "-p", dir, "-c", file, "-e", filepath.Join(dir, "e.log"),
		"-g", "user root;")
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() && said.Len() > 0 {
			t.Logf("nginx said:\n%s", said.String())
		}
	})

	d := draft.New("nginx", dir)
	if err := fromnginx.Import(file, d); err != nil {
		t.Fatal(err)
	}
	text, err := d.Finish()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ports {
		text = strings.ReplaceAll(text, "address: "+p, "address: 127.0.0.1:0")
	}
	edge := testkit.StartEdge(t, text+"admin: {address: 127.0.0.1:0}\n")
	x := drafttest.Differential{
		Product: map[string]string{}, Edge: map[string]string{}, Notes: d.Notes(),
		Own: []string{"Connection", "Via", "X-Forwarded-For", "X-Forwarded-Proto",
			"X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Request-Id",
			"Content-Length"},
		Answers: []string{"X-Frame-Options", "Cache-Control", "X-Powered-By", "X-Level"},
	}
	for i, l := range d.Listeners {
		name := fmt.Sprintf("L%d", i)
		x.Product[name], x.Edge[name] = ports[i], edge.Addr(l.Name)
	}
	testkit.Eventually(t, "nginx listens", func() bool {
		c, err := testkit.DialTimeout(ports[0], testkit.Deadline)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	begins := func(prefix string) func(drafttest.Request) bool {
		return func(r drafttest.Request) bool { return strings.HasPrefix(r.Target, prefix) }
	}
	x.Excuses = excuses(begins)
	requests := requests()
	if len(requests) < 200 {
		t.Errorf("only %d requests", len(requests))
	}
	x.Run(t, requests)
}

func excuses(begins func(string) func(drafttest.Request) bool) []drafttest.Excuse {
	all := []drafttest.Excuse{
		{Note: "prefixes end with a segment", Of: begins("/nested/x.json")},
		{Note: "`return 444` differs", Of: begins("/drop")},
		{Note: "the path /moved itself is redirected too", Of: begins("/moved")},
		{Note: "it is for what is below /one too", Of: begins("/one/")},
		{Note: "without `always` nginx adds it to answers below 400 only", Kind: "answer X-Level",
			Of: func(r drafttest.Request) bool { return r.Host == "fields.example" }},
		{Note: "other methods are answered with 405", Kind: "status", Of: begins("/methods/")},
	}
	if !draft.Has(draft.Placeholders) {
		all = append(all, drafttest.Excuse{
			Note: "`proxy_set_header X-Real-IP` is left out", Kind: "fields",
			Of: begins("/real/"),
		})
	}
	return all
}

// requests are what is sent to both: every path with every host, and some of other kinds.
func requests() (all []drafttest.Request) {
	paths := []string{
		"/", "/a", "/a/", "/a/b/c?x=1&y=%20", "/api", "/api/", "/api/v1/users?q=1", "/strip/",
		"/strip/x/y", "/strip", "/plain", "/plain/x", "/exact", "/exact/", "/img/a.png",
		"/img/a.txt",
		"/x/A.JPG", "/static/a.png", "/static/x", "/v12/x", "/v123/x", "/nested/deep/x.json",
		"/nested/x.json", "/nested/x", "/ping", "/gone", "/keep?a=b", "/home", "/old/x/y?z",
		"/real/x", "/deny/x", "/moved/x",
	}
	hosts := []string{"a.example", "b.example", "x.wild.example", "wild.example", "unknown.example"}
	for _, host := range hosts {
		for _, path := range paths {
			all = append(all, drafttest.Request{
				Listener: "L0", Method: http.MethodGet, Host: host, Target: path,
			})
		}
	}
	add := func(listener, method, host, target string, fields ...string) {
		all = append(all, drafttest.Request{
			Listener: listener, Method: method, Host: host, Target: target, Fields: fields,
		})
	}
	for _, path := range []string{"/", "/x?y=1", "/a/b"} {
		for _, host := range []string{"a.example", "www.b.example", "old.example", "to.example"} {
			add("L1", http.MethodGet, host, path)
			add("L1", http.MethodHead, host, path)
		}
	}
	for _, value := range []string{"1", "2", "22", "x", ""} {
		add("L0", http.MethodGet, "a.example", "/canary/x", "X-Version: "+value)
		add("L0", http.MethodGet, "a.example", "/canary/x?debug="+value)
		add("L0", http.MethodGet, "a.example", "/canary/x", "Cookie: beta="+value)
	}
	for _, method := range []string{"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"} {
		add("L0", method, "a.example", "/methods/x")
		add("L0", method, "a.example", "/a/x")
	}
	for _, path := range []string{"/", "/own/x", "/own/x?status=404", "/?status=500"} {
		add("L0", http.MethodGet, "fields.example", path, "X-In: 1", "X-Gone: 1",
			"Accept-Encoding: gzip")
	}
	add("L0", http.MethodGet, "a.example", "/plainx")
	add("L0", http.MethodGet, "a.example", "/drop")
	add("L0", http.MethodGet, "a.example", "/moved")
	add("L0", http.MethodGet, "a.example", "/one")
	add("L0", http.MethodGet, "a.example", "/one/below")
	all = append(all, drafttest.Request{
		Listener: "L0", Method: http.MethodPost, Host: "a.example", Target: "/api/v1/users",
		Body: "name=x", Fields: []string{"Content-Type: application/x-www-form-urlencoded"},
	})
	return all
}
