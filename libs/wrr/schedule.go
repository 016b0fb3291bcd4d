package wrr

import "sync/atomic"

// MaxSlots bounds the length of a sequence, so that weights such as 999983 and 1000003 do not cost
// megabytes. Weights whose sum, divided by their greatest common divisor, is larger are scaled down
// to it. Each choice's share is then off by less than one slot of the sequence (1/8192 of all
// picks), except that a choice with a weight above zero always keeps one slot, so that a tiny
// weight beside a huge one gets more than its due rather than nothing. With more than MaxSlots/4
// choices the bound is four times their number.
const MaxSlots = 8192

// Schedule is an immutable sequence of indexes into the weights it was made from. Any number of
// goroutines may pick from it. The nil Schedule is empty.
type Schedule struct {
	sequence []uint32
	choices  int
	offset   uint64    // the cursor's 0 is this place; less than len(sequence)
	rest     []float64 // what each index is owed besides what the place says, see After
}

// New returns the schedule of the given weights. A weight of zero, or below, is never picked. The
// schedule is empty when no weight is above zero.
func New(weights []int) *Schedule {
	s := &Schedule{}
	slots, total := slotsOf(weights)
	for _, n := range slots {
		if n > 0 {
			s.choices++
		}
	}
	if s.choices == 0 {
		return s
	}
	if total*len(slots) <= maxSteps {
		s.sequence = smooth(slots, total)
	} else {
		s.sequence = earliest(slots, total)
	}
	return s
}

// Pick returns the next index, -1 from an empty schedule. cursor is shared by all who take part in
// one round robin; it outlives the schedule.
func (s *Schedule) Pick(cursor *atomic.Uint64) int {
	if s == nil || len(s.sequence) == 0 {
		return -1
	}
	return int(s.sequence[(cursor.Add(1)-1+s.offset)%uint64(len(s.sequence))])
}

// At returns what Pick does when the cursor is at a place, -1 from an empty schedule.
func (s *Schedule) At(place uint64) int {
	if s == nil || len(s.sequence) == 0 {
		return -1
	}
	return int(s.sequence[(place+s.offset)%uint64(len(s.sequence))])
}

// Len returns the length of the sequence: after that many picks it repeats. 0 means that there is
// nothing to pick.
func (s *Schedule) Len() int {
	if s == nil {
		return 0
	}
	return len(s.sequence)
}

// Choices returns how many indexes occur in the sequence.
func (s *Schedule) Choices() int {
	if s == nil {
		return 0
	}
	return s.choices
}
