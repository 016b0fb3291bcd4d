// Package resolver finds the addresses of names, and remembers them.
//
// A name is asked for once, however many need it at a time, and not again for as long as the
// answer says that it holds (its TTL). While DNS does not answer, the last known addresses
// go on being used, for a bounded time; those who ask do not wait for it then. An answer
// that there is no such name is an answer, and believed at once.
//
// Each lookup begins with another of the addresses, so that those behind one name share
// what is sent there.
package resolver
