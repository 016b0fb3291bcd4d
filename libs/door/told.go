package door

import (
	"fmt"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// How many lines about clients that come to nothing are written, for each kind: a few at once, then
// one now and then. Anybody can make such clients come by the thousand.
const (
	atOnce    = 5
	sayBefore = 10 * time.Second // between two lines, after those
)

// sayings bound the lines about clients that come to nothing.
type sayings struct {
	mu   sync.Mutex
	each map[string]*saying // guarded by mu; by kind, of which there are few
}

// A saying is one kind of line.
type saying struct {
	spent   float64 // of atOnce
	at      time.Time
	leftOut uint64
}

// say reports whether a line of a kind may be written, and how many of the kind were left out since
// the last.
func (s *sayings) say(kind string, now time.Time) (leftOut uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.each == nil {
		s.each = make(map[string]*saying)
	}
	one := s.each[kind]
	if one == nil {
		one = &saying{at: now}
		s.each[kind] = one
	}
	one.spent = max(one.spent-float64(now.Sub(one.at))/float64(sayBefore), 0)
	one.at = now
	if one.spent+1 > atOnce {
		one.leftOut++
		return 0, false
	}
	one.spent++
	leftOut, one.leftOut = one.leftOut, 0
	return leftOut, true
}

// Say reports whether a line about a client of the listener may be written that came to nothing,
// for a reason of which there are few. leftOut is how many lines of that reason were not, since the
// last.
func (l *Listener) Say(reason string) (leftOut uint64, ok bool) {
	return l.sayings.say(reason, time.Now())
}

// turnedAway counts and logs a connection that is refused, as there are most of them. A client
// that makes thousands of them costs no more than the counting.
func (l *Listener) turnedAway(c netx.Conn, why metrics.RefusedReason, most int64) {
	l.host.Metrics().Refused(why)
	leftOut, ok := l.Say(why.String())
	if !ok {
		return
	}
	log := l.door.log.WithField("listener", l.Name()).
		WithField("client", netx.AddrPort(c.RemoteAddr()).String()).
		WithField("reason", why.String()).
		WithField("limit", fmt.Sprintf("limits.max_connections of the %s is %d", why, most))
	if leftOut > 0 {
		log = log.WithField("left_out", leftOut)
	}
	log.Warn("a connection is refused: there are as many as may be")
}
