// Package upstreams runs the servers that an example sends requests or sessions to.
package upstreams

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gatewayhomebrew/gateway/examples"
	"github.com/gatewayhomebrew/gateway/examples/access"
	"github.com/gatewayhomebrew/gateway/examples/servers"
	"github.com/gatewayhomebrew/gateway/examples/talk"
	"github.com/gatewayhomebrew/gateway/libs/demo"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// Running is the upstreams of one example.
type Running struct {
	all   []*Upstream
	group sync.WaitGroup
}

// Upstream is one of them.
type Upstream struct {
	Configured string // the address the example's configuration has
	Address    string // the real one
	Moved      bool   // the configured one was taken

	what     string
	scheme   string
	listener net.Listener
	server   *http.Server
	program  *servers.Server // in place of the two before
}

// String says what serves where.
func (u *Upstream) String() string { return u.what + " on " + u.scheme + "://" + u.Address }

// Start starts the upstreams of an example: where its configuration expects them, or, with anyPort
// and where something else is already, on any free port. Close ends them.
func Start(ctx context.Context, e examples.Example, anyPort bool) (*Running, error) {
	r := &Running{}
	for _, x := range e.Upstreams {
		u := &Upstream{Configured: x.Address}
		var err error
		if x.Kind == examples.Postgres || x.Kind == examples.Redis {
			err = u.run(ctx, x, anyPort)
		} else {
			err = u.serve(ctx, e, x, anyPort, &r.group)
		}
		if err != nil {
			r.Close()
			return nil, fmt.Errorf("upstream %s: %w", x.Address, err)
		}
		r.all = append(r.all, u)
	}
	return r, nil
}

// serve serves in this process.
func (u *Upstream) serve(
	ctx context.Context, e examples.Example, x examples.Upstream, anyPort bool,
	group *sync.WaitGroup,
) error {
	u.scheme = "http"
	handler, err := u.handler(e, x)
	if err != nil {
		return err
	}
	if err := u.listen(ctx, anyPort); err != nil {
		return err
	}
	// Longer than the gateway keeps idle connections, so that the gateway closes first.
	u.server = &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 5 * time.Minute,
		Protocols: new(http.Protocols),
	}
	u.server.Protocols.SetHTTP1(true)
	u.server.Protocols.SetUnencryptedHTTP2(true)        // clusters with protocol h2c begin with it
	group.Go(func() { _ = u.server.Serve(u.listener) }) // it ends with Close
	return nil
}

// run starts a program of the machine.
func (u *Upstream) run(ctx context.Context, x examples.Upstream, anyPort bool) error {
	u.scheme = "tcp"
	// The address is tried, and left to the program.
	if err := u.listen(ctx, anyPort); err != nil {
		return err
	}
	if err := u.listener.Close(); err != nil {
		return err
	}
	start := servers.Postgres
	if x.Kind == examples.Redis {
		start = func(ctx context.Context, address string) (*servers.Server, error) {
			return servers.Redis(ctx, address)
		}
	}
	var err error
	if u.program, err = start(ctx, u.Address); err != nil {
		return err
	}
	u.what = u.program.Name
	return nil
}

// All returns the upstreams.
func (r *Running) All() []*Upstream { return r.all }

// Real returns where the upstream is that a configuration expects at an address; the address itself
// when there is none.
func (r *Running) Real(address string) string {
	for _, u := range r.all {
		if u.Configured == address {
			return u.Address
		}
	}
	return address
}

// Close ends all, requests that run included, and waits for it.
func (r *Running) Close() {
	for _, u := range r.all {
		// Nothing is left to be done about an error.
		if u.program != nil {
			_ = u.program.Stop()
		} else {
			_ = u.server.Close()
		}
	}
	r.group.Wait()
}

func (u *Upstream) listen(ctx context.Context, anyPort bool) error {
	var lc net.ListenConfig
	const free = "127.0.0.1:0"
	address := u.Configured
	if anyPort {
		address = free
	}
	l, err := netx.Listen(ctx, &lc, address)
	if errors.Is(err, syscall.EADDRINUSE) && !anyPort {
		u.Moved = true
		l, err = netx.Listen(ctx, &lc, free)
	}
	if err != nil {
		return err
	}
	u.listener, u.Address = l, l.Addr().String()
	return nil
}

func (u *Upstream) handler(e examples.Example, x examples.Upstream) (http.Handler, error) {
	switch x.Kind {
	case examples.Files:
		files, err := fs.Sub(e.Files, x.Dir)
		if err != nil {
			return nil, err
		}
		u.what = "the files of " + x.Dir
		return http.FileServerFS(files), nil
	case examples.Demo:
		u.what = "the demo API"
		return demo.Handler(), nil
	case examples.Page:
		u.what = fmt.Sprintf("a page of %d bytes", x.Bytes)
		page := strings.Repeat("x", x.Bytes)
		mux := http.NewServeMux()
		mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("pong\n"))
		})
		mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "page.txt", time.Time{}, strings.NewReader(page))
		})
		return mux, nil
	case examples.Status:
		u.what = fmt.Sprintf("status %d", x.Status)
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(x.Status)
			fmt.Fprintln(w, http.StatusText(x.Status))
		}), nil
	case examples.Mirror:
		u.what = "a mirror of the request"
		return http.HandlerFunc(mirror), nil
	case examples.Gate:
		u.what = "a server that says who may come"
		return access.Gate(), nil
	case examples.Calls:
		u.what = "a gRPC service"
		return talk.Calls(), nil
	case examples.Chat:
		u.what = "a WebSocket"
		return talk.Chat(), nil
	}
	return nil, fmt.Errorf("there is no kind of upstream %q", x.Kind)
}

// mirror answers with the request as it arrived, its fields in the order of their names.
func mirror(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Server", "Mirror/1.0")
	w.Header().Set("X-Powered-By", "Go")
	fmt.Fprintf(w, "%s %s %s\nHost: %s\n", r.Method, r.RequestURI, r.Proto, r.Host)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			fmt.Fprintf(w, "%s: %s\n", name, value)
		}
	}
}
