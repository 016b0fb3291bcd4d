package admin

import "time"

// Hurry shortens every timeout of a server's connections, before Serve.
func (s *Server) Hurry(d time.Duration) {
	s.http.ReadHeaderTimeout, s.http.ReadTimeout, s.http.WriteTimeout, s.http.IdleTimeout = d, d, d,
		d
}
