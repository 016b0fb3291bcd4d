// Package rollout takes one revision of a fleet's configuration through its nodes in steps, and
// takes it back when the nodes it reached do worse than the others.
//
// It is a machine without clock, socket or goroutine. What has to be remembered is a [State], which
// nothing but a [Record] changes: the driver of a [Machine] asks it with [Machine.Decide] for the
// next record, stores that, and only then gives it to [Machine.Apply]. So a driver that dies at any
// moment, and another that takes over, find the same State in the same records. What nodes say goes
// in through [Machine.Seen], [Machine.Heard] and their like, and is forgotten with the machine;
// nodes say it again.
//
// [Machine.Assignment] is what one node is to run. At any time there are two snapshots that a node
// can be given: the one that is rolled out, and the last good one. The first is given only to nodes
// that a stored record names.
package rollout
