// Package wrr spreads picks over weighted choices in the smoothest order: smooth weighted round
// robin, as nginx does it, so that weights 5, 1, 1 give a a b a c a a and not five picks of a in a
// row.
//
// A [Schedule] is the whole sequence, worked out in advance by [New] and never changed. A pick is
// one atomic addition to a cursor that the caller owns. To keep many processes out of step, start
// each cursor at a random number.
//
// When weights change, the caller makes a new Schedule that goes on where the old one is, with
// [Schedule.After], publishes it and keeps the cursor. However often weights change, each choice
// then stays within a few picks of what its weights have earned it: none gets a run of picks
// because a sequence started afresh, and none is left out.
package wrr
