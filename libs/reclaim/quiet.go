package reclaim

import "time"

const (
	// every is the time between two looks, each of which takes a few microseconds.
	every = time.Second
	// calm is how many looks in a row have to find the process quiet.
	calm = 2
	// quietShare is how much of one processor a quiet process uses, as one part of so many.
	quietShare = 20
	// again is the least time between two collections.
	again = 10 * time.Second
	// growth is how much memory has to have come since the last collection, in bytes; where there
	// is much, a growthShare of that.
	growth      = 4 << 20
	growthShare = 4
)

// A look is what is seen of the process at a time.
type look struct {
	at     time.Time
	cpu    time.Duration // that the process has used
	mapped int64         // bytes that the runtime holds of the system
}

// A judge says when it is time to give memory back.
type judge struct {
	before look
	quiet  int // looks in a row
	given  look
	began  bool // it has seen a look
	first  bool // memory was given back once
}

// due takes a look, and reports whether now is the time.
func (j *judge) due(now look) bool {
	before := j.before
	j.before = now
	if !j.began {
		j.began = true
		return false
	}
	if took := now.at.Sub(before.at); now.cpu-before.cpu > took/quietShare {
		j.quiet = 0
		return false
	}
	if j.quiet++; j.quiet < calm {
		return false
	}
	return !j.first || now.at.Sub(j.given.at) >= again &&
		now.mapped-j.given.mapped >= max(growth, j.given.mapped/growthShare)
}

// gave notes what is held after memory was given back.
func (j *judge) gave(now look) { j.first, j.given, j.before, j.quiet = true, now, now, 0 }
