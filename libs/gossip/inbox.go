package gossip

import "sync"

// Limits of the inbox.
const (
	inboxMessages = 4096
	inboxBytes    = 32 << 20
)

// inbox holds what has come and is not merged yet. memberlist stands still while it
// hands a message over, so that must take no time: when the inbox is full, the oldest
// message gives way. What it said comes again with the next full state.
type inbox struct {
	ready chan struct{} // has something when there are messages

	mu       sync.Mutex
	messages [][]byte // guarded by mu
	bytes    int      // guarded by mu
	dropped  uint64   // guarded by mu
}

func newInbox() *inbox { return &inbox{ready: make(chan struct{}, 1)} }

// put takes a copy of a message, and never waits.
func (i *inbox) put(b []byte) {
	if len(b) > maxState {
		b = b[:maxState+1] // enough to see that it is too long
	}
	message := append([]byte(nil), b...)
	i.mu.Lock()
	i.messages = append(i.messages, message)
	i.bytes += len(message)
	for len(i.messages) > inboxMessages || i.bytes > inboxBytes {
		i.bytes -= len(i.messages[0])
		i.messages[0] = nil
		i.messages = i.messages[1:]
		i.dropped++
	}
	i.mu.Unlock()
	select {
	case i.ready <- struct{}{}:
	default:
	}
}

// take returns all messages, oldest first, and how many were dropped since the last time.
func (i *inbox) take() (messages [][]byte, dropped uint64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	messages, dropped = i.messages, i.dropped
	i.messages, i.bytes, i.dropped = nil, 0, 0
	return messages, dropped
}
