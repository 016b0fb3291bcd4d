package http2

import "math/bits"

// queue holds the streams whose next frame can be sent: a ring for each urgency
// (RFC 9218 section 4.1), linked through the streams. The most urgent go first;
// those of one urgency take turns.
type queue struct {
	first [urgencies]*flow
	used  uint8 // a bit for each urgency that has streams
}

func (q *queue) empty() bool { return q.used == 0 }

func (q *queue) push(s *flow) {
	s.queued = true
	first := q.first[s.urgency]
	if first == nil {
		s.prev, s.next = s, s
		q.first[s.urgency] = s
		q.used |= 1 << s.urgency
		return
	}
	s.prev, s.next = first.prev, first
	first.prev.next = s
	first.prev = s
}

func (q *queue) pop() *flow {
	s := q.first[bits.TrailingZeros8(q.used)]
	q.remove(s)
	return s
}

// remove takes out a stream that may be in the queue.
func (q *queue) remove(s *flow) {
	if !s.queued {
		return
	}
	if s.next == s {
		q.first[s.urgency] = nil
		q.used &^= 1 << s.urgency
	} else {
		s.prev.next, s.next.prev = s.next, s.prev
		if q.first[s.urgency] == s {
			q.first[s.urgency] = s.next
		}
	}
	s.queued, s.prev, s.next = false, nil, nil
}
