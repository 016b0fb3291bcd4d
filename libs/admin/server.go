package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// Options are the parts of a service that the API shows. The functions are called while requests
// are served, any number at a time, except Drain, which is called once, and Reload and Rollback, of
// which never more than one call runs.
//
// Snapshot is needed. Any other may be nil; then the API has no such path. A View at /status takes
// the place of the one that all services have.
type Options struct {
	Version  string
	Started  time.Time
	Now      func() time.Time // nil means time.Now
	Log      *logrus.Logger   // nil logs nothing
	Token    string           // what every request but /healthz and /readyz has to carry; "": none
	Snapshot func() Snapshot
	Config   func() *config.Document // nil result: no plan is live
	Metrics  http.Handler
	Catalog  func() []CatalogRoute
	// false: no failed request with this ID is remembered
	Why func(id string) (Explanation, bool)
	// Failures are the last requests that failed, newest first and no more than that many; nil:
	// there are no pages for people.
	Failures func(most int) []Explanation
	// those whose copies were answered in another way, newest first; "": of all routes
	Mirrors  func(route string) []Explanation
	Reload   func(context.Context) Receipt
	Rollback func(context.Context) Receipt
	Drain    func() // starts a drain and returns at once
	// Upgrade starts another binary in the place of this one, and returns when that is decided; any
	// number of calls may run.
	Upgrade func(context.Context) Upgrade
	Views   []View
	Probes  bool // only /healthz and /readyz, to anybody: of the others, Snapshot is needed
}

// A View is a GET of a service's own, beside those that all services have. It is guarded as they
// are.
type View struct {
	Path string // without parameters, and no slash at its end
	// Serve answers with Answer or Fail, or streams; ctx of the request ends with the server too.
	Serve func(w http.ResponseWriter, r *http.Request)
}

// What a client may take, and make the server hold. The last two are longer for changes, see
// changeTimeout.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 10 * time.Second
	writeTimeout   = 30 * time.Second
	idleTimeout    = 60 * time.Second
	maxHeaderBytes = 12 << 10 // net/http adds 4 KiB to it
	stopTimeout    = time.Second
)

// Server is the admin API of one service.
type Server struct {
	options Options
	http    *http.Server
	alarm   alarm
	turns   *turns
	drain   chan struct{} // holds a token until the drain is started
	// life ends with Serve. A change that a request asked for lives as long, not only as long as
	// the request.
	life context.Context
	end  context.CancelFunc

	retire            sync.Once
	retiring, retired chan struct{}
}

// New returns a server. It does nothing until Serve.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = logrus.New()
		o.Log.SetOutput(io.Discard)
	}
	s := &Server{
		options: o, drain: make(chan struct{}, 1), turns: newTurns(),
		retiring: make(chan struct{}), retired: make(chan struct{}),
	}
	s.drain <- struct{}{}
	s.life, s.end = context.WithCancel(context.Background())
	s.http = &http.Server{
		Handler:                      s.Handler(),
		ReadHeaderTimeout:            headerTimeout,
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               maxHeaderBytes,
		DisableGeneralOptionsHandler: true, // "OPTIONS *" is one more path that there is not
		ErrorLog:                     log.New(warnings{o.Log}, "", 0),
	}
	return s
}

// Listen binds the address of the admin API. Without a token it must be on loopback, or a unix
// socket, which only the user of the process may connect to.
func Listen(ctx context.Context, address string, hasToken bool) (net.Listener, error) {
	if path, ok := netx.LocalPath(address); ok {
		return listenLocal(ctx, path)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("admin address %q: %w", address, err)
	}
	if !hasToken && !hostname.Loopback(host) {
		return nil,
			fmt.Errorf("admin address %q is not on loopback, where anybody could use it; set "+
				"admin.token, or bind to 127.0.0.1, ::1 or localhost", address)
	}
	if hostname.Localhost(host) {
		address = net.JoinHostPort("localhost", port) // the one way to write it that all know
	}
	var lc net.ListenConfig
	l, err := netx.Listen(ctx, &lc, address)
	if err != nil {
		return nil, fmt.Errorf("listen for the admin API: %w", err)
	}
	return l, nil
}

// listenLocal binds a unix socket for the admin API.
func listenLocal(ctx context.Context, path string) (net.Listener, error) {
	l, err := netx.ListenLocal(ctx, path, netx.Permissions{Mode: 0o600})
	if err != nil {
		return nil, fmt.Errorf("listen for the admin API: %w", err)
	}
	return l, nil
}

// ListenProbes binds the address of a server with Options.Probes, which may be anywhere.
func ListenProbes(ctx context.Context, address string) (net.Listener, error) {
	if path, ok := netx.LocalPath(address); ok {
		l, err := netx.ListenLocal(ctx, path, netx.Permissions{Mode: 0o666})
		if err != nil {
			return nil, fmt.Errorf("admin.probes: %w", err)
		}
		return l, nil
	}
	var lc net.ListenConfig
	l, err := netx.Listen(ctx, &lc, address)
	if err != nil {
		return nil, fmt.Errorf("admin.probes: %w", err)
	}
	return l, nil
}

// Serve answers requests until ctx ends, then lets running ones finish for up to a second. It
// closes l, and returns nil unless accepting failed. It is called once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer s.end()
	served := make(chan error, 1)
	r := newRooms(l)
	s.http.ConnState, s.http.ConnContext = r.changed, mark
	go func() { served <- s.http.Serve(r) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve the admin API: %w", err)
	case <-ctx.Done():
		s.end()
	case <-s.retiring:
		return s.serveRest(r, served)
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := s.http.Shutdown(stop); err != nil {
		_ = s.http.Close() // the second is over; there is nobody to tell
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the admin API: %w", err)
	}
	return nil
}

// warnings is where net/http complains of connections.
type warnings struct{ log *logrus.Logger }

func (w warnings) Write(line []byte) (int, error) {
	w.log.WithField("part", "admin API").Warn(string(line[:max(len(line)-1, 0)]))
	return len(line), nil
}
