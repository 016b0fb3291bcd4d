package rollout

import "time"

// mostly99 is how many times as long the slowest requests of one side take as those of the other in
// the piece of time in the middle, 0 where there are too few.
func mostly99(fresh, old []timed, c *common) float64 {
	var ratios []float64
	for _, piece := range c.pieces {
		var sides [2]Traffic
		for i, group := range [][]timed{fresh, old} {
			for _, t := range group {
				for _, s := range piece {
					if t.slots[s] != nil {
						sides[i].add(t.slots[s].traffic)
					}
				}
			}
		}
		if counted(&sides[0]) >= minForPiece && counted(&sides[1]) >= minForPiece {
			if p99 := sides[1].Quantile(0.99); p99 > 0 {
				ratios = append(ratios, sides[0].Quantile(0.99)/p99)
			}
		}
	}
	if len(ratios) < leastBlocks {
		return 0
	}
	return middle(ratios)
}

// apartFrom is how many times as long as those of some others the slowest requests of a node took
// in the last minute; 0 where there were too few. Nodes differ, and one that was slow for reasons
// of its own will be. It is the one in the middle of pieces of that minute, so that a stall of some
// seconds is not taken for what the node is like, and does not excuse it.
func (n *Node) apartFrom(others map[string]*Node, now time.Time) float64 {
	const (
		enough    = 32 // others, of a fleet of any size
		mostApart = 2  // more was a stall
		piece     = 5  // slots
		few       = 4  // pieces that say nothing
	)
	var mine, theirs [slots / piece]Traffic
	n.divide(now, mine[:], piece)
	asked := 0
	for _, other := range others { // in any order
		if other != n && other.Connected && !other.Doubtful(now) && asked < enough {
			asked++
			other.divide(now, theirs[:], piece)
		}
	}
	var all, allTheirs Traffic
	var ratios []float64
	for p := range mine {
		all.add(mine[p])
		allTheirs.add(theirs[p])
		if counted(&mine[p]) < minForPiece || counted(&theirs[p]) < minForPiece {
			continue
		}
		if p99 := theirs[p].Quantile(0.99); p99 > 0 {
			ratios = append(ratios, mine[p].Quantile(0.99)/p99)
		}
	}
	p99 := allTheirs.Quantile(0.99)
	if counted(&all) < minForP99 || counted(&allTheirs) < minForP99 || p99 == 0 {
		return 0
	}
	if len(ratios) > few {
		return min(middle(ratios), mostApart)
	}
	return min(all.Quantile(0.99)/p99, mostApart)
}

// divide adds what a node did in the last minute to pieces of it.
func (n *Node) divide(now time.Time, to []Traffic, piece int) {
	for i := range n.slots {
		if s := &n.slots[i]; s.current(now) {
			to[i/piece].add(s.traffic)
		}
	}
}
