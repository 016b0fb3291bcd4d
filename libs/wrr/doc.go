// Package wrr spreads picks over weighted choices in the smoothest order: smooth weighted round robin, as nginx does it, so
// that weights 5, 1, 1 give a a b a c a a and not five picks of a in a row.
//
// A [Schedule] is the whole sequence, worked out in advance by [New] and never changed. A pick is one atomic addition to a
// cursor that the caller owns. When weights change, the caller publishes a new Schedule and keeps the cursor: the walk goes on
// from where it is in the new sequence, so no choice gets a burst because a schedule started afresh. To keep many processes
// out of step, start each cursor at a random number.
package wrr
