package cli

import (
	"bytes"
	"net"
	"strings"
	"sync"

	"github.com/gatewayhomebrew/gateway/examples"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// trying passes on what an edge prints at its start, learns from it where its listeners are, and then says what to try.
type trying struct {
	app     *app
	example examples.Example

	mu      sync.Mutex
	line    []byte            // not complete yet; guarded by mu
	urls    map[string]string // by listener; guarded by mu
	missing int               // listeners that have not been announced; guarded by mu
	said    bool              // guarded by mu
}

func newTrying(a *app, e examples.Example) *trying {
	return &trying{app: a, example: e, urls: make(map[string]string)}
}

// wait says how many listeners there will be.
func (t *trying) wait(listeners int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.said {
		t.missing = listeners
	}
}

// Write takes what the edge prints.
func (t *trying) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line = append(t.line, p...)
	for {
		line, rest, ok := bytes.Cut(t.line, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		text := string(line)
		t.line = append([]byte(nil), rest...)
		t.app.err.Printf("%s\n", text)
		t.learn(text)
	}
}

// learn needs mu held.
func (t *trying) learn(line string) {
	what, url, ok := strings.Cut(strings.TrimPrefix(line, "gateway: "), ": ")
	if !ok || !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "tcp://") {
		return
	}
	name, isListener := strings.CutPrefix(what, "listener ")
	t.urls[name] = url
	if isListener {
		t.missing--
	}
	if t.missing > 0 || t.said || !isListener {
		return
	}
	t.said = true
	o := t.app.err
	o.Printf("\n%s\n", o.Paint(terminal.Bold, "try"))
	for _, try := range t.example.Try {
		if url := t.urls[try.Listener]; url != "" {
			o.Printf("  %s\n", o.Paint(terminal.Dim, "# "+try.Shows))
			o.Printf("  %s\n", command(try.Command, url))
		}
	}
	o.Printf("\nCtrl-C ends it\n\n")
}

// command puts a listener's address into a command.
func command(text, url string) string {
	_, address, _ := strings.Cut(url, "://")
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return text // it is only shown
	}
	return strings.NewReplacer(examples.URL, url, examples.Host, host, examples.Port, port).Replace(text)
}
