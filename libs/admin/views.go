package admin

import (
	"encoding/json"
	"net/http"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// maxIDLength is the length of the longest X-Request-Id that the gateway keeps.
const maxIDLength = 128

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request, _ string) {
	answer(w, http.StatusOK, StateAnswer{Status: alive})
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request, _ string) {
	snap := s.options.Snapshot()
	status := http.StatusOK
	if snap.State != Ready {
		status = http.StatusServiceUnavailable
	}
	answer(w, status, StateAnswer{Status: snap.State, Reason: snap.Reason})
}

func (s *Server) metrics(w http.ResponseWriter, r *http.Request, _ string) {
	s.options.Metrics.ServeHTTP(w, r)
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request, _ string) {
	snap := s.options.Snapshot()
	answer(w, http.StatusOK, Status{
		Version:    s.options.Version,
		Started:    s.options.Started.UTC(),
		Uptime:     max(s.options.Now().Sub(s.options.Started).Seconds(), 0),
		State:      snap.State,
		Reason:     snap.Reason,
		Digest:     snap.Digest,
		Source:     snap.Source,
		Listeners:  snap.Listeners,
		Clusters:   snap.Clusters,
		AccessLog:  snap.AccessLog,
		Tracing:    snap.Tracing,
		ConfigSync: snap.ConfigSync, FleetLimits: snap.FleetLimits,
		Reloads:   snap.Reloads,
		LastError: snap.LastError,
		Process:   snap.Process,
	})
}

func (s *Server) config(w http.ResponseWriter, _ *http.Request, _ string) {
	doc := s.options.Config()
	if doc == nil {
		answer(w, http.StatusServiceUnavailable, StateAnswer{
			Status: Starting, Reason: "no configuration is in force yet",
		})
		return
	}
	answer(w, http.StatusOK, json.RawMessage(config.Show(doc)))
}

func (s *Server) catalog(w http.ResponseWriter, _ *http.Request, _ string) {
	answer(w, http.StatusOK, Catalog{Routes: s.options.Catalog()})
}

func (s *Server) why(w http.ResponseWriter, r *http.Request, id string) {
	if len(id) <= maxIDLength {
		if e, ok := s.options.Why(id); ok {
			w.Header().Add("Vary", "Accept")
			if s.options.Failures != nil && wantsPage(r) {
				sendPage(w, "why", whyPage{Explanation: e, Title: "why " + e.ID})
				return
			}
			answer(w, http.StatusOK, e)
			return
		}
	}
	fail(w, gwerr.NoRoute,
		"no failed request with this ID is remembered: only the last ones are, and none that "+
			"went well; the request_id in the access log says which they were")
}

func (s *Server) mirrors(w http.ResponseWriter, r *http.Request, _ string) {
	answer(w, http.StatusOK, Mirrors{Requests: s.options.Mirrors(r.URL.Query().Get("route"))})
}
