package http2

import "golang.org/x/net/http2"

// response is what the head of a response says, interim or final, checked as
// RFC 9113 section 8.3.2 asks.
type response struct {
	head   Head
	status int
	length int64 // Content-Length; -1: there is none
}

// read fills r from a head, and judges it. control says that values may have control
// characters.
func (r *response) read(h *Head, endStream, control bool) *StreamError {
	r.status, r.length = 0, -1
	pseudo := true
	for i := range h.fields {
		name, value := h.Name(i), h.Value(i)
		if len(name) > 0 && name[0] == ':' {
			switch {
			case !pseudo:
				return errPseudoLate
			case string(name) != ":status":
				return errPseudoUnknown
			case r.status != 0:
				return errPseudoTwice
			}
			if r.status = parseStatus(value); r.status == 0 {
				return errStatus
			}
			continue
		}
		pseudo = false
		if err := r.field(name, value, control); err != nil {
			return err
		}
	}
	switch {
	case h.tooLarge:
		return errHeadLarge
	case r.status == 0:
		return errStatus
	case r.status == 101:
		return errSwitching // RFC 9113 section 8.6
	case r.status < 200 && endStream:
		return errInterimEnd
	}
	return nil
}

func (r *response) field(name, value []byte, control bool) *StreamError {
	if err := checkField(name, value, control); err != nil {
		return err
	}
	switch string(name) {
	case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te":
		return errConnField
	case "content-length":
		n, ok := parseLength(value)
		if !ok {
			return errLengthSyntax
		}
		if r.length >= 0 && r.length != n {
			return errTwoLengths
		}
		r.length = n
	}
	return nil
}

// parseStatus reads a status of three digits, from 100 on; 0 is for none. Those above 599
// have no meaning, but servers use them and clients take them.
func parseStatus(b []byte) int {
	if len(b) != 3 || b[0] < '1' || b[0] > '9' || b[1] < '0' || b[1] > '9' || b[2] < '0' ||
		b[2] > '9' {
		return 0
	}
	return int(b[0]-'0')*100 + int(b[1]-'0')*10 + int(b[2]-'0')
}

const (
	// usualHeads is how many heads of a stream have memory of their own: those that came and
	// were not read yet, and the one that was read last.
	usualHeads = 5
	// maxMoreHeads and maxMoreBytes bound those beyond that. An exchange gives up
	// after so many interim heads anyway.
	maxMoreHeads = 32
	maxMoreBytes = 64 << 10
)

// heads is a queue of them.
type heads struct {
	list     [usualHeads]response
	first, n int
	more     []response // behind those of list
	bytes    int64      // of more
}

// len is how many were not read yet.
func (q *heads) len() int { return q.n + len(q.more) }

// push makes room for a head of a size; nil: there is none.
func (q *heads) push(size int64) *response {
	if len(q.more) == 0 && q.n < usualHeads-1 {
		q.n++
		return &q.list[(q.first+q.n-1)%usualHeads]
	}
	if q.bytes += size; len(q.more) == maxMoreHeads || q.bytes > maxMoreBytes {
		return nil
	}
	q.more = append(q.more, response{})
	return &q.more[len(q.more)-1]
}

// pop takes the first out, which is valid until the next pop.
func (q *heads) pop() *response {
	if q.n == 0 {
		r := &q.more[0]
		if q.more = q.more[1:]; len(q.more) == 0 {
			q.more, q.bytes = nil, 0
		}
		return r
	}
	r := &q.list[q.first]
	q.first = (q.first + 1) % usualHeads
	q.n--
	return r
}

func (q *heads) reset() {
	for i := range q.list {
		q.list[i].head.reset()
	}
	q.first, q.n, q.more, q.bytes = 0, 0, nil, 0
}

// assign decides what a header block is for. mu is held.
func (c *Client) assign(h http2.FrameHeader) error {
	b := &c.block
	s := c.streams[h.StreamID]
	switch {
	case s == nil && c.never(h.StreamID):
		return errIdleStream
	case s == nil:
		b.use = forNothing
	case s.remoteEnd:
		b.use, b.fault = forTrailer, errClosedStream
	case !s.begun:
		b.use = forResponse
	default:
		if b.use = forTrailer; !b.endStream {
			b.fault = errTrailerOpen
		}
	}
	return nil
}

// endBlock does what a complete header block asks for.
func (c *Client) endBlock() error {
	b := &c.block
	var r response
	if b.use == forResponse {
		b.fault = r.read(&c.trailer, b.endStream, c.laxValues)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocked, c.asks = 0, 0
	c.confirm() // it may not have been allowed before
	s := c.streams[b.id]
	switch {
	case s == nil:
		return c.late(costFrame, "HEADERS frames for streams that have ended")
	case b.fault != nil:
		return c.fault(s, b.id, b.fault)
	case b.use == forTrailer:
		return c.onTrailer()
	}
	return c.onResponse(s, r.status, r.length)
}

// onResponse takes a head, which is in c.trailer. mu is held.
func (c *Client) onResponse(s *flow, status int, length int64) error {
	r := s.call.heads.push(c.trailer.listSize())
	if r == nil {
		return c.fault(s, s.id, errInterims)
	}
	r.status = status
	r.head, c.trailer = c.trailer, r.head
	s.readable.Signal()
	if status < 200 {
		return c.calm.spend(c.watch.Now(), costFrame, "interim heads")
	}
	c.calm.earn(earnRequest)
	s.begun = true
	switch {
	case s.call.bodyless, status == 204, status == 304:
		length = 0
	case s.call.tunnel && status < 300:
		length = -1 // RFC 9110 section 9.3.6
	}
	s.length = length
	if c.block.endStream {
		return c.endRemote(s)
	}
	return nil
}
