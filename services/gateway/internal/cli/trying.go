package cli

import (
	"net"
	"strings"
	"sync"

	"github.com/gatewayhomebrew/gateway/examples"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// trying passes on the start-up lines of a gateway, learns from them where its listeners are, and
// then says what to try.
type trying struct {
	app     *app
	example examples.Example

	mu      sync.Mutex
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

// Address passes on where something can be reached, and keeps it if commands can name it.
func (t *trying) Address(what, url string) {
	t.Note(what + ": " + url)
	t.mu.Lock()
	defer t.mu.Unlock()
	if scheme, _, _ := strings.Cut(url, "://"); scheme == "http" || scheme == "https" ||
		scheme == "tcp" {
		t.learn(what, url)
	}
}

// Note passes on what else the gateway says.
func (t *trying) Note(text string) { t.app.err.Printf("gateway: %s\n", text) }

// learn needs mu held.
func (t *trying) learn(what, url string) {
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
	return strings.NewReplacer(examples.URL, url, examples.Host, host, examples.Port,
		port).Replace(text)
}
