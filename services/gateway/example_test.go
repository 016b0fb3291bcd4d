package main_test

import (
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples"
	"github.com/gatewayhomebrew/gateway/examples/servers"
)

func TestHelloRunsInAnEmptyFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := start(t, dir, "example", "run", "hello", "--port", "0")
	folder := p.says(`configuration: (\S+)/gateway\.yaml `)[1]
	p.says(`Ctrl-C ends it`)
	for _, command := range regexp.MustCompile(`curl -i (\S+)`).FindAllStringSubmatch(p.said(),
		-1) {
		resp, body := get(t, command[1])
		switch {
		case strings.HasSuffix(command[1], "/hello/world.txt"):
			if resp.StatusCode != 200 || body != "Hello from behind the gateway.\n" {
				t.Errorf("%s: %d %q", command[1], resp.StatusCode, body)
			}
		case resp.StatusCode != 404 || !strings.Contains(body, "GW_NO_ROUTE"):
			t.Errorf("%s: %d %q", command[1], resp.StatusCode, body)
		}
	}
	if code, out := ask(t, "status", "--admin", p.admin()); code != 0 ||
		!strings.Contains(out, folder) {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if code := p.interrupt(); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("%s is left behind (%v)", folder, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v in the folder it was started in (%v)", left, err)
	}
}

func TestAnExampleIsReloadedWhenItIsEdited(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "example", "run", "hello", "--port", "0")
	file := p.says(`configuration: (\S+) `)[1]
	p.says(`Ctrl-C ends it`)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file,
		[]byte(strings.Replace(string(text), "path_prefix: /hello", "path_prefix: /", 1)),
		0o600); err != nil {
		t.Fatal(err)
	}
	p.says(`reload: applied`)
	if resp, _ := get(t, "http://"+p.listener()+"/hello/world.txt"); resp.StatusCode != 200 {
		t.Errorf("after the reload the upstream is lost: %d", resp.StatusCode)
	}
	if strings.Count(p.said(), "Ctrl-C ends it") != 1 {
		t.Error("what to try is said again")
	}
}

func TestEveryExampleStartsAndEnds(t *testing.T) {
	for _, e := range examples.All() {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			for _, u := range e.Upstreams {
				program := map[string]string{
					examples.Postgres: "postgres", examples.Redis: "redis-server",
				}[u.Kind]
				if program == "" {
					continue
				}
				if _, err := servers.Find(program); err != nil && os.Getenv("CI") != "true" {
					t.Skip(err)
				}
			}
			p := start(t, t.TempDir(), "example", "run", e.Name, "--port", "0")
			p.says(`Ctrl-C ends it`)
			if said := p.said(); strings.Contains(said, " "+examples.URL) ||
				strings.Contains(said, " 127.0.0.1:9") {
				t.Errorf("what to try has no real addresses:\n%s", said)
			}
			if code := p.interrupt(); code != 0 {
				t.Errorf("exit code %d after Ctrl-C", code)
			}
		})
	}
}

func TestATakenPortIsExplained(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	code, out := ask(t, "example", "run", "hello", "--port",
		strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	if code != 1 ||
		!strings.Contains(out,
			"gateway example run hello --port 0` takes free ports for everything") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}
