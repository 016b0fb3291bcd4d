// Package configstore keeps the configurations of a fleet, and the journal of what was decided
// about them.
//
// A [Store] has two things. Snapshots are bytes under their SHA-256 digest and never change. The
// journal is a list of entries that only grows: an entry is appended after the one that its writer
// has seen last, or not at all, so that writers who know different things can't both succeed. What
// entries mean is their writer's affair.
//
// [Open] keeps both in a folder, for one process. [Etcd] keeps them in etcd, for any number; what
// replicas tell one another besides, which needs no history, are posts.
package configstore
