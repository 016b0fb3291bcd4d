package gossip

import "sync"

// Limits of the inbox.
const (
	inboxMessages = 4096
	inboxBytes    = 16 << 20
)

// inbox holds what has come and is not merged yet. memberlist stands still while it
// hands a message over, so that must take no time: when the inbox is full, the oldest
// message gives way. What it said comes again with the next full state. Single reports and
// full states are kept apart, so that neither keeps the other out.
type inbox struct {
	ready chan struct{} // has something when there are messages

	mu      sync.Mutex
	reports lane // guarded by mu
	states  lane // guarded by mu
}

// lane holds messages of one kind, oldest first.
type lane struct {
	messages [][]byte
	bytes    int
	dropped  uint64
}

func newInbox() *inbox { return &inbox{ready: make(chan struct{}, 1)} }

// put takes a copy of a message, and never waits.
func (i *inbox) put(b []byte) {
	if len(b) > maxState {
		b = b[:maxState+1] // enough to see that it is too long
	}
	message := append([]byte(nil), b...)
	i.mu.Lock()
	if len(b) > maxDelta {
		i.states.put(message)
	} else {
		i.reports.put(message)
	}
	i.mu.Unlock()
	i.wake()
}

func (i *inbox) wake() {
	select {
	case i.ready <- struct{}{}:
	default:
	}
}

// report returns the oldest single report, or another short message; nil if there is none.
func (i *inbox) report() []byte { return i.take(&i.reports) }

// state returns the oldest full state; nil if there is none.
func (i *inbox) state() []byte { return i.take(&i.states) }

func (i *inbox) take(from *lane) []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	return from.take()
}

// dropped is how many messages gave way since the last time.
func (i *inbox) dropped() uint64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := i.reports.dropped + i.states.dropped
	i.reports.dropped, i.states.dropped = 0, 0
	return n
}

func (l *lane) put(message []byte) {
	l.messages = append(l.messages, message)
	l.bytes += len(message)
	for len(l.messages) > inboxMessages || l.bytes > inboxBytes {
		l.take()
		l.dropped++
	}
}

func (l *lane) take() (message []byte) {
	if len(l.messages) == 0 {
		l.messages = nil // with the room that it has taken
		return nil
	}
	message = l.messages[0]
	l.messages[0] = nil
	l.messages = l.messages[1:]
	l.bytes -= len(message)
	return message
}
