// Package ratelimit counts requests against limits: so many in a time, so many at once, for each
// key such as a client's address.
//
// A Limit says how much is allowed, a Table remembers what each key has used, and a Pot is a limit
// in use. It is GCRA, a token bucket that keeps one time for each key: the time at which its bucket
// was empty. In any window of length w no key gets more than its burst plus what w refills.
//
//	limit.go     what is allowed
//	pot.go       a limit in use, whole or a share of it
//	table.go     what all keys have used: bounded, in shards that have a lock each
//	giveback.go  what was taken out of a bucket and is put back
//	set.go       eight keys that share a place in the table
//
// One Table serves all limits of a process and all plans that come one after the other. A key's
// place follows from the limit's identity and the key, so what was counted is found again by the
// limit of the next plan, as long as it has the same identity.
package ratelimit
