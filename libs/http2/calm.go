package http2

import "time"

// The flood budget. What costs work and brings none is paid from it; requests
// and bodies refill it, and time does slowly, for clients that only keep a
// connection alive.
const (
	fullBudget = 400
	costFrame  = 1
	// costSettings is how many entries of a SETTINGS frame cost as much as one more
	// frame: each may move the windows of all streams, and a frame has room for 2,730.
	costSettings = 8
	costTooLarge = 20 // a head that is answered with 431
	earnRequest  = 8
	earnData     = 2 // a DATA frame with data: some clients ping to measure bandwidth
	// earnSent is for a DATA frame sent: a client may answer each with a
	// WINDOW_UPDATE for the stream and one for the connection.
	earnSent   = 3
	earnSecond = 10
)

// costIgnored is the price of a DATA frame that nobody reads: less than that of
// an empty one only if it carries much.
func costIgnored(n int) int {
	if n >= idleBuffer {
		return 0
	}
	return costFrame
}

// The rule against rapid resets, which is Envoy's: a connection on which more than
// half of the streams were reset within soonReset is cut when there have been
// resetSample of them, or as soon as it is sure to come to that.
const (
	soonReset   = int64(time.Second)
	resetSample = 500
)

// calm counts what a client does that brings nothing.
type calm struct {
	budget   int
	refilled int64 // when time last paid in
	streams  int   // opened, of late
	resets   int   // of those, and of frames for streams that cannot have any
}

func (m *calm) init(now int64) { m.budget, m.refilled = fullBudget, now }

func (m *calm) earn(n int) { m.budget = min(m.budget+n, fullBudget) }

// spend pays for a frame; what names such frames.
func (m *calm) spend(now int64, cost int, what string) error {
	if m.budget -= cost; m.budget >= 0 {
		return nil
	}
	if s := (now - m.refilled) / int64(time.Second); s > 0 {
		m.refilled += s * int64(time.Second)
		m.earn(int(min(s, fullBudget)) * earnSecond)
	}
	if m.budget < 0 {
		return &ConnError{Code: CodeEnhanceYourCalm, Reason: "too many " + what}
	}
	return nil
}

// reset counts a stream that came to an early end. It reports whether the
// connection may go on.
func (m *calm) reset() bool {
	m.resets++
	if m.streams >= 2*resetSample {
		// What was long ago counts less.
		m.streams, m.resets = m.streams/2, m.resets/2
	}
	return 2*m.resets <= max(m.streams, resetSample)
}
