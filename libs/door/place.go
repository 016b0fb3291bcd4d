package door

import "sync/atomic"

// A Place is what one connection has at the door: it counts, and is in the list of its
// listener.
type Place struct {
	listener *Listener
	conn     Conn
	gauge    *atomic.Int64
	ending   bool // guarded by listener.mu; the connection is to end since a reload
}

// Leave takes the connection out of all counts. It is called once, when the client is no
// longer connected.
func (p *Place) Leave() {
	p.gauge.Add(-1)
	p.listener.leave()
}

// Forget gives the place up, which a drain waits for. It is called once, after Leave, when
// nothing is left to do for the connection.
func (p *Place) Forget() {
	l := p.listener
	l.mu.Lock()
	delete(l.places, p)
	l.mu.Unlock()
	l.door.taken.Add(-1)
	l.door.emptied()
}

// take gives a connection its place in the list; false means that the door is draining.
func (l *Listener) take(p *Place) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.door.draining.Load() {
		return false
	}
	l.places[p] = struct{}{}
	l.door.taken.Add(1)
	return true
}

// endRemoved is the listener's part of Door.EndRemoved. It returns how many connections
// are to end since now, and adds those that go on to kept.
func (l *Listener) endRemoved(kept *int) (n int) {
	removed := l.removed.Load()
	l.each(func(p *Place) {
		was := p.ending
		p.ending = removed || p.conn.Orphaned()
		switch {
		case !p.ending:
			*kept++
		case !was:
			n++
			p.conn.EndIfIdle()
		}
	})
	return n
}

// endLate ends those that were accepted while the listener was being removed.
func (l *Listener) endLate() {
	l.each(func(p *Place) {
		p.ending = true
		p.conn.EndIfIdle()
	})
}

// Cut ends the connections that are to end since a reload, whatever they are doing; it
// returns how many that were.
func (l *Listener) Cut() (n int) {
	removed := l.removed.Load()
	l.each(func(p *Place) {
		if p.ending || removed {
			p.conn.Cut(Removed)
			n++
		}
	})
	return n
}

// Each calls do with every connection. Those that end meanwhile wait, so do must not.
func (l *Listener) Each(do func(Conn)) {
	l.each(func(p *Place) { do(p.conn) })
}

func (l *Listener) each(do func(*Place)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.places {
		do(p)
	}
}
