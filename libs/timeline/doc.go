// Package timeline keeps on disk what nodes have said about endpoints: who reported
// what, and when. It is the memory of a health aggregator.
//
// A Store is a ring in one file: it has a number of events and of bytes it may hold,
// and the oldest give way to the newest. No endpoint may fill more than its share, so
// that a noisy one does not push out the history of the others. What Append has
// returned for is on disk, whatever becomes of the process; a batch is there as a
// whole or not at all.
//
// Events are put in by one Recorder, which never makes its callers wait, and asked for
// by Events, Latest and Flapping.
//
//	event.go     what is kept, and its limits
//	encode.go    how an event is written
//	store.go     opening, checking and closing the file
//	append.go    what comes in, and what goes out for it
//	query.go     the timeline of an endpoint, and of all
//	flapping.go  endpoints that come and go
//	recorder.go  from callbacks to batches
//
// The order of events is that in which this process learned of them. The clocks of the
// nodes may be wrong, so the time they give is kept beside it and decides nothing.
package timeline
