// Package rendezvous maps hashes of keys to weighted choices so that a choice that goes takes only
// its own keys with it, and one that comes takes only the keys that it then has.
//
// It is rendezvous hashing (Thaler and Ravishankar, with weights as Schindelhauer and Schomaker
// have them), worked out in advance for [Slots] groups of keys: a lookup reads one entry of a
// [Table], however many choices there are. Nothing in it is random, so that the processes of a
// fleet agree on where a key belongs.
package rendezvous
