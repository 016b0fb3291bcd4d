// Package accesslog writes the log of requests: one JSON object a line.
//
// The engine fills an [Entry] when a request ends and hands it to [Writer.Log], which encodes it at
// once, so the entry may point into buffers that are reused afterwards. Log never waits for the
// output: lines go to memory, a goroutine of the Writer takes them from there, and a line for which
// there is no room is dropped and counted.
package accesslog
