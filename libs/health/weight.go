package health

import "math"

const (
	// forgiven is a share of failures that counts as none; up to tolerated it lowers no weight.
	// Between the two a weight stays where it is, so that the noise of a busy service moves nothing
	// back and forth.
	forgiven, tolerated = 0.01, 0.02

	// single is a number of failures that lowers no weight either: where requests are few, a rare
	// failure would otherwise lower the weight each time it comes and raise it when the window has
	// forgotten it.
	single = 1

	// margin is by how much a window has to be better than the weight before the weight rises, when
	// there are many successes to vouch for it.
	margin = 0.05
)

// bounds returns the share of its weight that an endpoint falls to if it has more, and the one it
// rises to if it has less. Between them it keeps what it has. Neither rises when a failure is added
// or takes the place of a success.
func bounds(failures, successes, floor float64) (high, low float64) {
	share := 0.0
	if failures > 0 {
		share = failures / (failures + successes)
	}
	if share <= forgiven {
		return 1, 1
	}
	high = 1
	if share > tolerated && failures > single {
		high = max(floor, 1-share)
	}
	// By chance alone the share of good ones among n is off by up to about 1/sqrt(n). Taking only
	// the successes for n makes the margin independent of how many failures there were.
	return high, high - max(margin, 1/math.Sqrt(1+successes))
}

// bounds returns what follows from the last look.
func (e *Endpoint) bounds(s *Settings) (high, low float64) {
	if e.down { // as if the checks were all there was
		return bounds(fall, 0, s.Floor)
	}
	failures := e.counts.failures()
	return bounds(failures, float64(e.counts.Total())-failures, s.Floor)
}

// weigh moves the weight to where the last look allows it to be. It falls at once; it rises only if
// rises is true, and then at most to twice what it was.
func (e *Endpoint) weigh(s *Settings, rises bool) {
	if e.weight == 1 && e.share == 0 {
		return // as most are, most of the time
	}
	high, low := e.bounds(s)
	if e.enough && e.weight > high {
		e.weight = high
	} else if rises && e.weight < low {
		e.weight = min(2*e.weight, low)
		if s.SlowStart > 0 && e.gone { // the slow start is what it rises by
			e.weight = low
		}
	}
	e.weight = max(e.weight, s.Floor)
}
