package configserver

import "time"

// A pace is how often a node begins streams. Each is news to all who look at the fleet, and may
// cost the sending of a whole configuration, so that one node that begins them without end would
// keep config-sync busy.
type pace struct {
	left float64   // streams that it may begin now
	at   time.Time // of left
}

// How many streams a node may begin at once, and how many a second after those. Nodes wait up to
// five seconds between two, so that this is for nodes that are not ours.
const (
	paceBurst = 20
	paceRate  = 1
)

// paceOf is that of a node. It needs mu held.
func (s *Server) paceOf(node string) *pace {
	p := s.paces[node]
	if p == nil {
		p = &pace{left: paceBurst, at: s.now()}
		s.paces[node] = p
	}
	return p
}

// step says whether one more may begin now, and counts it.
func (p *pace) step(now time.Time) bool {
	p.left = min(paceBurst, p.left+paceRate*now.Sub(p.at).Seconds())
	p.at = now
	if p.left < 1 {
		return false
	}
	p.left--
	return true
}

// rested says whether there is nothing to remember.
func (p *pace) rested(now time.Time) bool {
	return p.left+paceRate*now.Sub(p.at).Seconds() >= paceBurst
}
