package node

import "time"

// A large configuration is read for a spell, then not at all for a rest, and so on.
// Without rests a process with one processor serves nobody for as long as it reads:
// the scheduler looks for arrived requests only when nothing else can run. A spell is
// what requests may be late by; each rest costs about as much as the system takes to
// wake a thread, so that short spells make a reload several times as long.
const (
	readSpell = 2 * time.Millisecond
	readRest  = 200 * time.Microsecond
)

// pace returns what rests while a configuration is read.
func pace() func() {
	last := time.Now()
	return func() {
		if time.Since(last) >= readSpell {
			time.Sleep(readRest)
			last = time.Now()
		}
	}
}
