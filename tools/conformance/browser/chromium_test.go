//go:build unix

package browser_test

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

//go:embed page.html
var page []byte

// patience bounds one page. A quiet machine needs two seconds.
const patience = 3 * time.Minute

// chromium is the program. A test without it is skipped; in CI it fails.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium-headless-shell", "chromium"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("no chromium-headless-shell, which the Debian package of that name has")
	}
	t.Skip("no chromium-headless-shell, which the Debian package of that name has")
	return ""
}

// A fetch is one that the page makes.
type fetch struct {
	Name        string            `json:"name"`
	URL         string            `json:"url"`
	Method      string            `json:"method,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	Credentials string            `json:"credentials,omitempty"`
	Body        string            `json:"body,omitempty"`
}

// An outcome is what a script learns of a fetch.
type outcome struct {
	Read   bool              `json:"read"`
	Status int               `json:"status"`
	Text   string            `json:"text"`
	Fields map[string]string `json:"fields"`
	Error  string            `json:"error"`
}

// A pages is the server of the page.
type pages struct {
	*httptest.Server
	fetches []fetch
	results chan map[string]outcome
}

func servePages(t *testing.T) *pages {
	p := &pages{results: make(chan map[string]outcome, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page.html", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
	mux.HandleFunc("GET /cases", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(p.fetches)
	})
	mux.HandleFunc("POST /results", func(_ http.ResponseWriter, r *http.Request) {
		var all map[string]outcome
		if err := json.NewDecoder(r.Body).Decode(&all); err != nil {
			t.Errorf("the page's results: %v", err)
		}
		p.results <- all
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// origin is the page's, with the host by one of its names.
func (p *pages) origin(host string) string {
	return "http://" + host + p.URL[strings.LastIndexByte(p.URL, ':'):]
}

// visit has Chromium make the fetches from a page of an origin.
func (p *pages) visit(t *testing.T, program, origin string, fetches []fetch) map[string]outcome {
	t.Helper()
	p.fetches = fetches
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// Without --dump-dom and the like it stays until its debugger says otherwise.
	cmd := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu",
		"--disable-dev-shm-usage", "--remote-debugging-pipe", "--no-proxy-server",
		"--user-data-dir="+t.TempDir(), origin+"/page.html")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	// The program is a script that starts others: all of them end with the page.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	debugger, theirs, err := os.Pipe() // nothing comes on either
	if err != nil {
		t.Fatal(err)
	}
	defer debugger.Close()
	defer theirs.Close()
	cmd.ExtraFiles = []*os.File{debugger, theirs}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case all := <-p.results:
		cancel()
		<-done // it was killed
		return all
	case err := <-done:
		t.Fatalf("chromium ended before the page did: %v\n%s", err, &said)
	}
	return nil
}
