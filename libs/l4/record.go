package l4

import (
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// count takes into the metrics what was moved since the last time; it needs mu held.
func (s *session) count() {
	in, out := s.in.moved.Load(), s.out.moved.Load()
	s.here.metrics.In.Add(uint64(in - s.in.counted))
	s.here.metrics.Out.Add(uint64(out - s.out.counted))
	s.in.counted, s.out.counted = in, out
}

// record counts a session that has ended, and logs it.
func (s *session) record() {
	r := s.why()
	lasted := time.Since(s.start)
	s.here.metrics.Ended(int(r), lasted)
	s.here.counts.Sessions.Add(1)
	if reasons[r].fault == upstreams || r == NoRoute {
		s.here.counts.Failures.Add(1)
	}
	var room [64]byte
	client := hostname.AppendClient(room[:0], s.from)
	why := s.causeOf(r)
	if why != nil {
		if text := s.here.veil.Text(why.Text); text != why.Text {
			why = why.With(text)
		}
		s.remember(r, client, lasted, why)
	}
	w := s.engine.access.Load()
	if w == nil {
		return
	}
	e := accesslog.Session{
		Time: s.start, ID: s.id[:], Client: client, Listener: s.here.config.Name,
		Duration: lasted,
		BytesIn:  s.in.moved.Load(), BytesOut: s.out.moved.Load(), CloseReason: r.String(),
		Failed: r.failed(), Cause: why.String(),
	}
	if c := s.cluster.Load(); c != nil {
		e.Cluster = c.Name
	}
	if s.endpoint != nil {
		e.Endpoint, e.EndpointFailure = s.endpoint.Shown, s.cause.String()
	}
	w.LogSession(&e)
}
