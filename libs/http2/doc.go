// Package http2 is the server side of HTTP/2 (RFC 9113) for a proxy. Frame
// headers and control frames are read and written by golang.org/x/net/http2's
// Framer, header blocks are read by its hpack; connections, streams, flow
// control, the writer and every judgement of what a client may do are here.
//
// # How the pieces meet
//
// A Conn is served by one goroutine, which reads frames (read.go, data.go,
// block.go) and changes what they are about under the connection's one mutex.
// A complete request head (head.go) is judged (rules.go) and handed as a Stream
// to a Handler in a worker goroutine of the connection (worker.go), which keeps
// its stack for the next one. The handler reads the body (body.go) and writes
// the response (send.go). Bytes that it writes are copied into the
// connection's output (writer.go); one flusher goroutine writes that to the
// wire, so what several streams have ready at the same time leaves in one
// write, and no lock is held while it does; a handler that is alone writes its
// output itself. Windows grow with the distance of the client (grow.go), header
// blocks are written by an encoder of this package (encode.go), which says why.
// A stream whose bytes do not fit
// waits with them in its own buffer, in a queue that gives each stream one
// frame a turn: a slow client makes its handlers wait and costs no memory.
//
// Deadlines are looked at by a Watch, a few times a second for all its
// connections, so waiting costs no timer (watch.go, deadlines.go).
//
// # What a client may not do
//
// A malformed request is a stream error and never reaches the handler. Frames
// that cost work and bring none draw on a budget which useful work refills;
// streams that end in a reset soon, by the client or by what it made us do, are
// counted against all streams (calm.go). Header blocks are bounded in bytes,
// fields and frames, compressed and not (block.go). Whoever goes over is sent
// GOAWAY with debug data that says why, and cut.
package http2
