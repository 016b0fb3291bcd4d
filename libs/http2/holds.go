package http2

import "time"

// holdPing is the PING whose answer says that the server has read the resets
// before it.
var holdPing = [8]byte{'r', 'e', 's', 'e', 't', 's'}

const (
	// holdTime is for how long a place is held at most.
	holdTime = time.Second
	// lateFrames are how many frames of a stream may come after it was reset, at no
	// cost; maxLate those of all.
	lateFrames = 64
	maxLate    = 100 * lateFrames
)

// holds keep a client that cancels a lot from looking like one that attacks: a
// stream that it has reset keeps its place until the server must have read that,
// so that no more are ever under way there than it allows. It is guarded by the
// connection's mu.
type holds struct {
	fresh int   // places held since the last holdPing
	asked int   // places whose holdPing has no answer yet
	since int64 // when the first of them was reset; 0: there are none
	late  int   // frames of streams that were reset which may still come

	opened, resets int // streams, of late; and those that were reset soon
}

// places is how many streams could not be opened because of them.
func (h *holds) places() int { return h.fresh + h.asked }

func (h *holds) release() { h.fresh, h.asked, h.since = 0, 0, 0 }

func (h *holds) confirmed(now int64) {
	if h.asked = 0; h.fresh == 0 {
		h.since = 0
	} else {
		h.since = now
	}
}

// resets holds the place of a stream that is about to be reset. One whose response is
// complete costs the server nothing. mu is held.
func (c *Client) resets(s *flow) {
	if s.remoteEnd {
		return
	}
	h, now := &c.holds, c.watch.Now()
	h.late = min(h.late+lateFrames, maxLate)
	if h.fresh++; h.since == 0 {
		h.since = now
		c.dueWithin(holdTime)
	}
	c.confirm()
	if now-s.opened >= soonReset {
		return
	}
	if h.resets++; h.opened >= 2*resetSample {
		h.opened, h.resets = h.opened/2, h.resets/2
	}
	if 5*h.resets > 2*max(h.opened, resetSample) {
		c.leave()
	}
}

// confirm asks whether the server has read the resets, unless it was asked too often
// already: then time frees the places. mu is held.
func (c *Client) confirm() {
	h := &c.holds
	if h.asked > 0 || h.fresh == 0 || c.asks > 0 {
		return
	}
	h.asked, h.fresh = h.fresh, 0
	c.ping(holdPing)
}
