package cluster

import (
	"math/bits"
	"math/rand/v2"

	"github.com/gatewayhomebrew/gateway/libs/wrr"
)

// mostSame bounds how many places of a schedule are looked at to find another endpoint than the
// first, where one has nearly all the weight.
const mostSame = 16

// least chooses the less loaded of two endpoints that chance has taken: the power of two choices
// (Mitzenmacher). Chance takes by weight, so that idle endpoints are used by weight. Loads count
// for their weights, as Envoy has it: of two, the one is chosen that would have less in flight for
// its weight if it had one more. It returns -1 where nobody may get anything.
func (c *Cluster) least(schedule *wrr.Schedule) int {
	n := uint64(schedule.Len())
	if n == 0 {
		return -1
	}
	draw := func() (int, uint64) {
		place, _ := bits.Mul64(rand.Uint64(), n)
		return schedule.At(place), place
	}
	a, place := draw()
	if schedule.Choices() == 1 {
		return a
	}
	b, _ := draw()
	if a == b {
		if b, _ = draw(); a == b {
			for k := uint64(1); k <= mostSame && a == b; k++ {
				b = schedule.At(place + k)
			}
		}
	}
	weights := c.judged.Weights()
	loadA, loadB := c.endpoints[a].load.n.Load(), c.endpoints[b].load.n.Load()
	if loadA != loadB && (loadA+1)*int64(weights[b]) > (loadB+1)*int64(weights[a]) {
		return b
	}
	return a
}
