package l4

import "time"

// goodbye is how long after a reset by its endpoint a client may end its own side for the reset
// to be the endpoint's answer to that. Its last words and its end are sent at once, and come
// apart by what the network and a busy system make of it.
const goodbye = 60 * time.Millisecond

// clientHasEnded reports, when the endpoint has broken off, whether the client ended its side
// before. The end may not have been read yet; it may even be on its way, so that a client that
// had the last word is waited for. A server that leaves at the client's goodbye without reading
// the rest of it, the end of its TLS for one, has its system reset the connection.
func (s *session) clientHasEnded() bool {
	lastWord := max(s.in.seen.Load(), -s.in.seen.Load()) >=
		max(s.out.seen.Load(), -s.out.seen.Load())
	for wait := time.Millisecond; ; wait *= 2 {
		switch s.why() {
		case ClientClosed, ClientReset:
			return true
		case none:
		default:
			return false // it ends for another cause
		}
		if s.client.WasReset() {
			s.settle(ClientReset)
			return true
		}
		if s.client.Finished() {
			return true
		}
		if !lastWord || wait > goodbye/2 {
			return false
		}
		time.Sleep(wait)
	}
}
