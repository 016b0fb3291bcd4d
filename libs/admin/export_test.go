package admin

import (
	"context"
	"net/http"
	"time"
)

// ForProbes lets a handler see requests as those of a connection that has a place for probes, since
// all others are taken.
func ForProbes(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), ofProbe{}, true)))
	})
}

// Hurry shortens every timeout of a server's connections, before Serve.
func (s *Server) Hurry(d time.Duration) {
	s.http.ReadHeaderTimeout, s.http.ReadTimeout, s.http.WriteTimeout, s.http.IdleTimeout = d, d, d,
		d
}
