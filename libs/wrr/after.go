package wrr

import (
	"slices"
	"sync/atomic"
)

// maxOwed bounds what a choice can be owed, or have had too much, in picks. Smooth sequences stay
// within it; it keeps what changes add up to from ever turning into a run of picks.
const maxOwed = 2

// After returns a schedule with the shares of s that goes on where old is at the cursor, which both
// share: each choice keeps what it is owed, so that a change of weights neither repeats picks nor
// leaves some out, however often weights change. from says which index of old each index of s had,
// -1 for a new one; nil is the same indexes. Picks made before the result is published count as the
// result's.
//
// Whenever a schedule takes another's place it should come from After. It takes time in proportion
// to the lengths of both.
func (s *Schedule) After(old *Schedule, cursor *atomic.Uint64, from []int) *Schedule {
	if s.Len() == 0 || old.Len() == 0 {
		return s
	}
	if from == nil && slices.Equal(s.sequence, old.sequence) {
		return old
	}
	now := cursor.Load()
	shares := s.shares()
	owed := s.inherit(old.owed(now), shares, from)
	place := s.closest(owed, shares)
	// What this place does not express is kept for the next change.
	for i, e := range s.earned(place, shares) {
		owed[i] -= e
	}
	n := uint64(len(s.sequence))
	return &Schedule{
		sequence: s.sequence, choices: s.choices, offset: (uint64(place) + n - now%n) % n,
		rest: owed,
	}
}

// shares returns the share of each index in the sequence.
func (s *Schedule) shares() []float64 {
	shares := make([]float64, slices.Max(s.sequence)+1)
	for _, i := range s.sequence {
		shares[i] += 1 / float64(len(s.sequence))
	}
	return shares
}

// earned returns by how many picks each index is behind its share after the first picks of the
// sequence.
func (s *Schedule) earned(place int, shares []float64) []float64 {
	earned := make([]float64, len(shares))
	for i, share := range shares {
		earned[i] = share * float64(place)
	}
	for _, i := range s.sequence[:place] {
		earned[i]--
	}
	return earned
}

// owed returns what each index is owed at a cursor.
func (s *Schedule) owed(now uint64) []float64 {
	owed := s.earned(int((now+s.offset)%uint64(len(s.sequence))), s.shares())
	for i, rest := range s.rest {
		owed[i] += rest
	}
	return owed
}

// inherit returns what each index of s is owed, given what those of the old schedule were. What
// those that are gone were owed, or had too much, is shared out.
func (s *Schedule) inherit(old, shares []float64, from []int) []float64 {
	owed := make([]float64, len(shares))
	var sum float64
	for i, share := range shares {
		was := i
		if from != nil {
			was = -1
			if i < len(from) {
				was = from[i]
			}
		}
		if share > 0 && was >= 0 && was < len(old) {
			owed[i] = old[was]
			sum += owed[i]
		}
	}
	for i, share := range shares {
		owed[i] = min(max(owed[i]-sum*share, -maxOwed), maxOwed)
	}
	return owed
}

// closest returns the place of the sequence at which what each index has earned is closest to what
// it is owed, by the sum of squares. That sum is kept up to date from place to place: each index
// earns its share, one pays a pick.
func (s *Schedule) closest(owed, shares []float64) int {
	var distance, slope, step float64
	paid := make([]float64, len(shares))
	for i, share := range shares {
		distance += owed[i] * owed[i]
		slope -= owed[i] * share
		step += share * share
	}
	best, least := 0, distance
	for place, i := range s.sequence {
		distance += 2*slope + step
		slope += step
		off := shares[i]*float64(place+1) - paid[i] - owed[i]
		distance += 1 - 2*off
		slope -= shares[i]
		paid[i]++
		if distance < least && place+1 < len(s.sequence) {
			best, least = place+1, distance
		}
	}
	return best
}
