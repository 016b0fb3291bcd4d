package slowclients_test

import (
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// pageSize is what / answers: larger than what socket buffers on the way hold for a client with a
// window this small, so that a slow reader is felt.
const pageSize = 2 << 20

// A site is the upstream: a page for attackers at /, a few bytes for the polite client at /ping,
// and a count of the requests that attackers got through to it.
type site struct {
	addr     string
	attacked atomic.Int64
}

func startSite(t *testing.T) *site {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{addr: ln.Addr().String()}
	page := strings.Repeat("x", pageSize)
	mux := http.NewServeMux()
	mux.HandleFunc("/ping", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("pong"))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.attacked.Add(1)
		// Ranges are honoured, as the range attack hopes.
		http.ServeContent(w, r, "page.txt", modified, strings.NewReader(page))
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: testkit.Deadline}
	go func() { _ = server.Serve(ln) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	return s
}
