package rig

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/config/changes"
)

const listen = "127.0.0.1:18080"

func site(t *testing.T) Site {
	return Site{Dir: t.TempDir(), Upstream: "127.0.0.1:18081", Duty: Few()}
}

// TestProxiesHaveTheSameDuty wants in each rival's configuration what the edge does by itself.
func TestProxiesHaveTheSameDuty(t *testing.T) {
	t.Parallel()
	s := site(t)
	confs := map[string]string{
		"nginx": nginxConf(s, listen), "haproxy": haproxyConf(s, listen),
		"edge": edgeConf(s, listen),
	}
	for name, conf := range confs {
		for _, want := range []string{listen, s.Upstream} {
			if !strings.Contains(conf, want) {
				t.Errorf("%s: %q is missing in\n%s", name, want, conf)
			}
		}
		for _, r := range fewRoutes {
			if !strings.Contains(conf, r.host) || !strings.Contains(conf, r.prefix) {
				t.Errorf("%s: the route %s is missing in\n%s", name, r.name, conf)
			}
		}
		if name == Edge {
			continue
		}
		for _, field := range []string{
			"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-Id", "Via",
		} {
			if strings.Count(conf, field) != 1 {
				t.Errorf("%s: sets %s %d times", name, field, strings.Count(conf, field))
			}
		}
	}
	if n, want := strings.Count(confs["nginx"], "server_name "), 2; n != want {
		t.Errorf("nginx has %d named servers, want one for each of the %d hosts", n, want)
	}
}

// document is what the edge reads of a configuration.
func document(t *testing.T, text string) *config.Document {
	t.Helper()
	path := filepath.Join(t.TempDir(), "edge.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := config.Resolve(path, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	return source.Document
}

func TestEdgeConfigurationIsValid(t *testing.T) {
	t.Parallel()
	if d := document(t, edgeConf(site(t), listen)); len(d.Routes) != len(fewRoutes) ||
		d.AccessLog.Output != config.OutputOff {
		t.Errorf("%d routes, access log %q", len(d.Routes), d.AccessLog.Output)
	}
	many := site(t).For(Many(1000, 1, Default))
	if d := document(t, edgeConf(many, listen)); len(d.Routes) != 1000 ||
		d.AccessLog.Output != many.accessLog(Edge) || d.AccessLog.Sample != 1 {
		t.Errorf("%d routes, access log %+v", len(d.Routes), d.AccessLog)
	}
}

// A turn of the reload row changes something each time, and not the number of clusters.
func TestTurnsDiffer(t *testing.T) {
	t.Parallel()
	s := site(t).For(Many(500, 7, NoLog))
	var docs []*config.Document
	for turn := range 4 {
		docs = append(docs, document(t, EdgeTurn(s, listen, "127.0.0.1:18082", turn)))
	}
	for turn := 1; turn < len(docs); turn++ {
		c := changes.Diff(docs[turn-1], docs[turn])
		if len(c.Routes.Changed) != 5 || len(c.Routes.Added)+len(c.Routes.Removed) != 1 ||
			c.Clusters.Kept != 7 || c.Listeners.Kept != 1 || len(c.Other) != 0 {
			t.Errorf("turn %d: %+v", turn, c)
		}
	}
}

func TestManyRoutesAreTheSameForAll(t *testing.T) {
	t.Parallel()
	d := Many(1000, 1, Default)
	s := site(t).For(d)
	haproxy, nginx, edge := haproxyMapText(s), nginxConf(s, listen), edgeConf(s, listen)
	if d.Routes() != 1000 || strings.Count(haproxy, "\n") != 1000 ||
		strings.Count(nginx, "proxy_pass") != 1000 || strings.Count(edge, "path_prefix") != 1000 {
		t.Errorf("%d routes: %d, %d and %d", d.Routes(), strings.Count(haproxy, "\n"),
			strings.Count(nginx, "proxy_pass"), strings.Count(edge, "path_prefix"))
	}
	requests := strings.Split(strings.TrimSpace(d.Requests()), "\n")
	if len(requests) != 1000-len(fewRoutes) {
		t.Errorf("%d requests", len(requests))
	}
	for _, r := range requests {
		host, path, _ := strings.Cut(r, " ")
		prefix := path[:strings.LastIndexByte(path, '/')+1]
		if !strings.Contains(haproxy, host+prefix+" ") ||
			!strings.Contains(nginx, "server_name "+host+";") {
			t.Fatalf("%s%s is not routed", host, path)
		}
	}
	buffered := s.For(Many(1000, 1, Buffered))
	if !strings.Contains(nginx, "access_log "+s.accessLog("nginx")+";") ||
		!strings.Contains(nginxConf(buffered, listen), "buffer=") {
		t.Error("nginx does not log as it should")
	}
	if !strings.Contains(haproxyConf(s, listen), "option httplog") ||
		strings.Contains(haproxyConf(site(t), listen), "httplog") {
		t.Error("haproxy does not log as it should")
	}
	few, _ := NginxProxy(site(t), Found{}, listen)
	logged, _ := NginxProxy(buffered, Found{}, listen)
	if few.AccessLog != "" || logged.AccessLog != buffered.accessLog(NginxBuffered) ||
		logged.Name != NginxBuffered {
		t.Errorf("%+v and %+v", few, logged)
	}
}

func TestServersRunInTheForegroundFromTheSite(t *testing.T) {
	t.Parallel()
	s := site(t)
	program := Found{Path: "/bin/program", Version: "1.2"}
	upstream, err := NginxUpstream(s, program)
	if err != nil {
		t.Fatal(err)
	}
	nginx, err := NginxProxy(s, program, listen)
	if err != nil {
		t.Fatal(err)
	}
	haproxy, err := HAProxyProxy(s, program, listen)
	if err != nil {
		t.Fatal(err)
	}
	edge, err := EdgeProxy(s, program, listen, "a {listen} b {upstream}")
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range []Server{upstream, nginx, haproxy, edge} {
		conf := server.Argv[len(server.Argv)-1]
		if server.Argv[0] != program.Path || server.Version != "1.2" ||
			filepath.Dir(conf) != s.Dir {
			t.Errorf("%+v", server)
		}
		if _, err := os.Stat(conf); err != nil {
			t.Error(err)
		}
	}
	text, err := os.ReadFile(edge.Argv[2])
	if want := fmt.Sprintf("a %s b %s", listen, s.Upstream); err != nil || string(text) != want {
		t.Errorf("the edge's own configuration became %q, %v; want %q", text, err, want)
	}
	for _, body := range Bodies {
		info, err := os.Stat(filepath.Join(s.Dir, "www", body.Path))
		if err != nil || info.Size() != int64(body.Size) {
			t.Errorf("%s: %v, %v", body.Path, info, err)
		}
	}
}

func TestOtherProxyGetsItsAddresses(t *testing.T) {
	t.Parallel()
	s := site(t)
	o := Other(s, "mine", "prog -l {listen} --to http://{upstream}/ {dir}/c", listen)
	want := []string{"prog", "-l", listen, "--to", "http://" + s.Upstream + "/", s.Dir + "/c"}
	if o.Name != "mine" || o.Addr != listen ||
		strings.Join(o.Argv, "|") != strings.Join(want, "|") {
		t.Errorf("%+v, want %q", o, want)
	}
}

func TestFreeAddrCanBeListenedOn(t *testing.T) {
	t.Parallel()
	addr, err := FreeAddr()
	if err != nil || !strings.HasPrefix(addr, "127.0.0.1:") {
		t.Errorf("%q, %v", addr, err)
	}
	if n := len(filler(100)); n != 100 ||
		http.DetectContentType([]byte(filler(100))) != "text/plain; charset=utf-8" {
		t.Errorf("the filler has %d bytes: %q", n, filler(100))
	}
}

func TestPoliciesAreOfTheRouteThatIsMeasured(t *testing.T) {
	t.Parallel()
	for _, name := range []string{Contract, JWT, Basic, RateLimit} {
		p, err := NewPolicy(name)
		if err != nil {
			t.Fatal(err)
		}
		s := site(t).For(WithPolicy(name, "edge-"+name, p))
		if _, err := s.WritePolicy(); err != nil {
			t.Fatal(err)
		}
		conf, err := s.write("edge.yaml", edgeConf(s, listen))
		if err != nil {
			t.Fatal(err)
		}
		source, err := config.Resolve(conf, func(string) string { return "" })
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, r := range source.Document.Routes {
			does := r.Auth != nil || r.OpenAPI != nil || r.RateLimit != nil
			if does != (r.Name == guardedRoute.name) {
				t.Errorf("%s: the route %s does something: %v", name, r.Name, does)
			}
		}
		if _, err := http.ReadRequest(bufio.NewReader(strings.NewReader(p.Message))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if open := s.For(WithPolicy("open", "", p.Open())); strings.Contains(
			edgeConf(open, listen), "auth") {
			t.Errorf("%s: the other edge has it too", name)
		}
	}
	if _, err := NewPolicy("none"); err == nil {
		t.Error("there is a policy none")
	}
}
