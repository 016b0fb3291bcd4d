package health

import "time"

// What a zero field of Settings means.
const (
	DefaultWindow      = 10 * time.Second
	DefaultMinRequests = 5
	DefaultFloor       = 0.01
)

// Settings say how the endpoints of a cluster are judged. The zero value is the defaults.
type Settings struct {
	Window      time.Duration // how far back outcomes count
	MinRequests int           // fewer in the window lower no weight
	// the share of its weight that an endpoint keeps whatever happens, up to 1
	Floor float64

	// ActiveInterval is the time between two active checks of an endpoint, 0 if there are none.
	// What they found counts until three of them are missing, and for a Window at least.
	ActiveInterval time.Duration

	// SlowStart is how long an endpoint that is back, or new beside others, takes to its full
	// weight; 0 is no time.
	SlowStart time.Duration
}

func (s Settings) normal() Settings {
	if s.Window <= 0 {
		s.Window = DefaultWindow
	}
	if s.MinRequests <= 0 {
		s.MinRequests = DefaultMinRequests
	}
	if !(s.Floor > 0) { // not a number too
		s.Floor = DefaultFloor
	}
	s.Floor = min(s.Floor, 1)
	return s
}

// bucket is how much of the window is forgotten at a time.
func (s *Settings) bucket() time.Duration { return max(s.Window/buckets, 1) }

// checksLast is how long active checks count after the last one.
func (s *Settings) checksLast() time.Duration { return max(s.Window, 3*s.ActiveInterval) }
