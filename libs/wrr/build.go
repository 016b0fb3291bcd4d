package wrr

import (
	"container/heap"
	"math/bits"
)

// maxSteps bounds the work of smooth, which is the number of slots times the number of choices:
// about 10 ms.
const maxSteps = 1 << 23

// slotsOf returns how many slots of the sequence each weight gets, and their sum.
func slotsOf(weights []int) (slots []int, total int) {
	slots = make([]int, len(weights))
	var divisor, sum, used uint64
	for _, w := range weights {
		if w > 0 {
			divisor = gcd(divisor, uint64(w))
			used++
		}
	}
	if used == 0 {
		return slots, 0
	}
	limit := max(MaxSlots, 4*used)
	for _, w := range weights {
		if w > 0 {
			// The sum of weights that are huge all the same may not fit; beyond the limit only
			// proportions count.
			sum = addSaturating(sum, uint64(w)/divisor)
		}
	}
	if sum <= limit {
		for i, w := range weights {
			if w > 0 {
				slots[i] = int(uint64(w) / divisor)
			}
		}
		return slots, int(sum)
	}
	// Take the slots cumulatively: choice i gets those between the scaled sums before and after it.
	// The rounding of one choice is thus made up for by its neighbours, each is off by less than
	// one slot, and the total is exact.
	var before uint64
	shift := 0
	for ; ; shift++ { // make the sum fit
		before = 0
		overflow := false
		for _, w := range weights {
			if w > 0 {
				next, carry := bits.Add64(before, uint64(w)>>shift, 0)
				overflow = overflow || carry != 0
				before = next
			}
		}
		if !overflow {
			break
		}
	}
	sum, before = before, 0
	for i, w := range weights {
		if w <= 0 {
			continue
		}
		after := before + uint64(w)>>shift
		slots[i] = int(scale(after, limit, sum) - scale(before, limit, sum))
		before = after
	}
	for i, w := range weights {
		if w > 0 && slots[i] == 0 {
			slots[i] = 1
		}
		total += slots[i]
	}
	return slots, total
}

// scale returns value*limit/sum, rounded to nearest, without overflow. value is at most sum.
func scale(value, limit, sum uint64) uint64 {
	hi, lo := bits.Mul64(value, limit)
	lo, carry := bits.Add64(lo, sum/2, 0)
	q, _ := bits.Div64(hi+carry, lo, sum)
	return q
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func addSaturating(a, b uint64) uint64 {
	s, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return ^uint64(0)
	}
	return s
}

// smooth is nginx's algorithm: in each step every choice earns its weight, the richest is picked
// (the first of equals) and pays the total.
func smooth(slots []int, total int) []uint32 {
	sequence := make([]uint32, total)
	current := make([]int, len(slots))
	for step := range sequence {
		best := -1
		for i, n := range slots {
			if n == 0 {
				continue
			}
			current[i] += n
			if best < 0 || current[i] > current[best] {
				best = i
			}
		}
		current[best] -= total
		sequence[step] = uint32(best)
	}
	return sequence
}

// earliest is for sets so large that smooth takes too long: the k-th pick of a choice with n slots
// is due at (k+½)/n, and picks are made in the order in which they are due. It spreads as evenly,
// in another order.
func earliest(slots []int, total int) []uint32 {
	h := make(queue, 0, len(slots))
	for i, n := range slots {
		if n > 0 {
			h = append(h, due{index: uint32(i), slots: uint64(n), k: 0})
		}
	}
	heap.Init(&h)
	sequence := make([]uint32, total)
	for step := range sequence {
		sequence[step] = h[0].index
		h[0].k++
		heap.Fix(&h, 0)
	}
	return sequence
}

type due struct {
	index    uint32
	slots, k uint64
}

type queue []due

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	a, b := q[i], q[j]
	l, r := (2*a.k+1)*b.slots, (2*b.k+1)*a.slots
	return l < r || l == r && a.index < b.index
}

func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q *queue) Push(any) { panic("wrr: the queue of a schedule never grows") }

func (q *queue) Pop() any { panic("wrr: the queue of a schedule never shrinks") }
