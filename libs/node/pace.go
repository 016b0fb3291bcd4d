package node

import "time"

// A large configuration is read for as long as this, then not at all for as
// long, and so on: it takes longer than without rests, and requests beside it
// don't.
const readSpell = 500 * time.Microsecond

// pace returns what rests while a configuration is read.
func pace() func() {
	last := time.Now()
	return func() {
		if time.Since(last) >= readSpell {
			time.Sleep(readSpell)
			last = time.Now()
		}
	}
}
