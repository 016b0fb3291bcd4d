package cli

import (
	"bytes"
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
	what, url, ok := strings.Cut(strings.TrimPrefix(line, "gateway: "), ": http://")
	if !ok {
		return
	}
	name, isListener := strings.CutPrefix(what, "listener ")
	t.urls[name] = "http://" + url
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
			o.Printf("  %s\n", strings.ReplaceAll(try.Command, examples.URL, url))
		}
	}
	o.Printf("\nCtrl-C ends it\n\n")
}
