package netlab

import "time"

// A Link is what happens to packets on their way from one node to another.
type Link struct {
	Cut    bool          // none arrives
	Loss   float64       // the share that gets lost
	Delay  time.Duration // what each takes
	Jitter time.Duration // up to so much more, by chance: packets overtake each other
}

// Everywhere is the same for all.
func Everywhere(l Link) func(from, to string) Link { return func(_, _ string) Link { return l } }

// Counts is how many packets a lab has dealt with.
type Counts struct {
	Delivered uint64
	Lost      uint64 // by chance
	Cut       uint64
	Overtaken uint64 // that came before one that was sent earlier, from the same node to the same
	Refused   uint64 // no node has the address, it is no IPv4, or too many were under way
}
