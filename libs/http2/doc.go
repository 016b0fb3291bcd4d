// Package http2 is HTTP/2 (RFC 9113) for a proxy, both sides of it. Frame
// headers and control frames are read and written by golang.org/x/net/http2's
// Framer, header blocks are read by its hpack; connections, streams, flow
// control, the writer and every judgement of what a peer may do are here.
//
// # How the pieces meet
//
// A connection is a link (link.go) and its streams are flows (flow.go); a Conn, the
// server's end, and a Client are sides of it and do what the two ends do
// differently. A link is served by one goroutine, which reads frames (read.go,
// data.go, block.go) and changes what they are about under the connection's one
// mutex. Bytes that are written are copied into the connection's output (writer.go);
// one flusher goroutine writes that to the wire, so what several streams have ready
// at the same time leaves in one write, and no lock is held while it does; who is
// alone writes its output itself. Windows grow with the distance of the peer
// (grow.go), header blocks are written by an encoder of this package (encode.go),
// which says why. A stream whose bytes do not fit waits with them in its own buffer,
// in a queue that gives each stream one frame a turn: a slow peer makes the writer
// wait and costs no memory.
//
// At a server a complete request head (head.go) is judged (rules.go, request.go) and
// handed as a Stream to a Handler in a worker goroutine of the connection (worker.go),
// which keeps its stack for the next one. The handler reads the body (body.go) and
// writes the response (stream.go, send.go).
//
// At a client a caller opens a ClientStream (client_stream.go), in a goroutine of its
// own, writes a request and reads heads, which were judged when they came
// (response.go), and the body. What responses may hold here together is less than
// the connection's window, so that those that nobody reads stop no other.
//
// Deadlines are looked at by a Watch, a few times a second for all its
// connections, so waiting costs no timer (watch.go, deadlines.go).
//
// # What a peer may not do
//
// A malformed request is a stream error and never reaches the handler, a malformed response is one
// and never reaches the caller. Frames that cost work and bring none draw on a budget which useful
// work refills; streams that end in a reset soon, by the client or by what it made us do, are
// counted against all streams (calm.go). Header blocks are bounded in bytes, fields and frames,
// compressed and not (block.go). A client that goes over a bound is sent GOAWAY with debug data
// that says why, and cut.
//
// # What a client owes its server
//
// A proxy cancels when its own clients do, which may be often. A stream that was
// reset keeps its place until the server must have read that, and a connection with
// many of them is left before the server takes it for an attack (holds.go). A server
// that is silent while streams are open is asked with PING whether it is there
// (pulse.go), seldom enough for servers that count those. What was lost with a
// connection is certainly unprocessed if the server said so, or if nothing of it was
// ever written: only that may be sent again whatever it is.
package http2
