package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// Options are the parts of a service that the API shows. The functions are called while requests are served, any number at a
// time. Only Metrics and Drain may be nil; the API then has no such path.
type Options struct {
	Version  string
	Started  time.Time
	Now      func() time.Time // nil means time.Now
	Snapshot func() Snapshot
	Config   func() *config.Document // nil result: no plan is live
	Metrics  http.Handler
	Drain    func() // starts a drain and returns at once; called at most once
}

// Server is the admin API of one service.
type Server struct {
	options Options
	http    *http.Server
	drain   chan struct{} // holds a token until the drain is started
}

// New returns a server. It does nothing until Serve.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{options: o, drain: make(chan struct{}, 1)}
	s.drain <- struct{}{}
	s.http = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
	return s
}

// Listen binds the address of the admin API, which must be on loopback.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("admin address %q: %w", address, err)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("admin address %q is not on loopback; this version has no authentication for the admin API, so it binds to 127.0.0.1, ::1 or localhost only", address)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the admin API: %w", err)
	}
	return l, nil
}

// Serve answers requests until ctx ends, then lets running ones finish for up to a second. It closes l, and returns nil unless
// accepting failed.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve the admin API: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := s.http.Shutdown(stop); err != nil {
		_ = s.http.Close() // the second is over; there is nobody to tell
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the admin API: %w", err)
	}
	return nil
}

// Handler returns the API without its server, for tests and for a service that has a server already.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, state{Status: "ok"}) })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.HandleFunc("GET /status", s.status)
	mux.HandleFunc("GET /config", s.config)
	if s.options.Metrics != nil {
		mux.Handle("GET /metrics", s.options.Metrics)
	}
	if s.options.Drain != nil {
		mux.HandleFunc("POST /drain", s.startDrain)
	}
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusForbidden, "a page of another origin may not do this")
	}))
	return ownHost(origin.Handler(mux))
}

// ownHost refuses requests for a host name other than localhost: a page of that name has had it resolved to loopback.
func ownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		if _, err := netip.ParseAddr(host); err != nil && !strings.EqualFold(host, "localhost") {
			fail(w, http.StatusForbidden, "the Host field has to be an IP address or localhost")
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	snap := s.options.Snapshot()
	code := http.StatusOK
	if snap.State != Ready {
		code = http.StatusServiceUnavailable
	}
	answer(w, code, state{snap.State, snap.Reason})
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	snap := s.options.Snapshot()
	body := status{
		Version:   s.options.Version,
		Started:   s.options.Started.UTC().Format(time.RFC3339),
		Uptime:    s.options.Now().Sub(s.options.Started).Seconds(),
		State:     snap.State,
		Digest:    snap.Digest,
		Source:    snap.Source,
		Listeners: append([]Listener{}, snap.Listeners...), // [] rather than null
		Clusters:  append([]Cluster{}, snap.Clusters...),
	}
	for i := range body.Clusters {
		if body.Clusters[i].Endpoints == nil {
			body.Clusters[i].Endpoints = []Endpoint{}
		}
	}
	answer(w, http.StatusOK, body)
}

func (s *Server) config(w http.ResponseWriter, _ *http.Request) {
	doc := s.options.Config()
	if doc == nil {
		fail(w, http.StatusServiceUnavailable, "no configuration is in force yet")
		return
	}
	answer(w, http.StatusOK, json.RawMessage(config.Show(doc)))
}

func (s *Server) startDrain(w http.ResponseWriter, _ *http.Request) {
	select {
	case <-s.drain:
		s.options.Drain()
	default: // started before
	}
	answer(w, http.StatusAccepted, state{Status: Draining})
}

func fail(w http.ResponseWriter, code int, message string) {
	var f failure
	f.Error.Message = message
	answer(w, code, f)
}

func answer(w http.ResponseWriter, code int, body any) {
	b, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		panic("admin: an answer can't be JSON: " + err.Error()) // all are plain structs
	}
	b = append(b, '\n')
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(code)
	_, _ = w.Write(b) // a client that went away needs nothing
}
