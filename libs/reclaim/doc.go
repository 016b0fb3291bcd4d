// Package reclaim gives memory back to the system once the process has gone quiet.
//
// A Go program keeps what it once needed. Its heap may grow to twice of what is in use before it
// is collected, a collection comes with the next allocations or after two minutes, and what it
// frees is kept up to that size for the next peak. A gateway that has served a burst, and then has
// five thousand clients that think, allocates nothing: it would hold the memory of its busiest
// moment for as long as they think. Run looks for such a time and collects then, when nobody waits
// for the processor, and returns all that is free.
//
// The program itself is memory, too: the system maps each page of it that was used once, in pieces
// of 64 KiB, and the start of a process touches most of it. Run has those that are not used any
// more unmapped. They stay in the system's cache, so to use one again costs a microsecond and reads
// no disk.
//
//	quiet.go          when it is time
//	reclaim.go        what is done
//	program_linux.go  the pages of the program
package reclaim
