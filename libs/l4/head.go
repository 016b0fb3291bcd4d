package l4

import (
	"errors"
	"io"
	"sync"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/clienthello"
	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
)

const (
	// firstHead is the room for what comes before a session: enough for nearly all.
	firstHead = 4 << 10
	maxHead   = proxyproto.MaxBytes + clienthello.MaxBytes
)

// A head is what a client has sent before it is known where the session goes.
type head struct {
	first *[firstHead]byte // heads'
	b     []byte           // room
	n     int              // filled
}

var heads = sync.Pool{New: func() any { return new([firstHead]byte) }}

func newHead() *head {
	first := heads.Get().(*[firstHead]byte)
	return &head{first: first, b: first[:]}
}

// release gives the room back. A nil head has none.
func (h *head) release() {
	if h != nil {
		heads.Put(h.first)
	}
}

func (h *head) bytes() []byte {
	if h == nil {
		return nil
	}
	return h.b[:h.n]
}

// space is room for more.
func (h *head) space() []byte {
	if h.n == len(h.b) {
		bigger := make([]byte, min(2*len(h.b), maxHead))
		copy(bigger, h.b)
		h.b = bigger
	}
	return h.b[h.n:]
}

// readHead reads what the listener wants to know before it routes: the PROXY header
// and the server name. Both together are due within timeouts.connect. early is what
// came behind the header, the ClientHello included. Where there is nothing to read
// nothing is waited for: the endpoint may be the one who speaks first. Name and early
// belong to the head, which is nil if nothing was read.
func (s *session) readHead() (h *head, early, name []byte) {
	byName := s.here.sessions.ByName()
	if !s.here.config.ProxyProtocol && !byName {
		return nil, nil, nil
	}
	if l := s.here.config; l.ProxyProtocol && !door.Believes(l, s.from.Addr()) {
		s.told.Store(cause.New(cause.BadRequest, "the client is no trusted proxy "+
			"(trusted_proxies of the listener), which alone may send a PROXY header"))
		s.settle(BadProxyHeader)
		return nil, nil, nil
	}
	s.client.SetReadDeadline(s.here.config.Timeouts.Connect)
	defer s.client.SetReadDeadline(0)
	used := 0
	if s.here.config.ProxyProtocol {
		if h, used = s.readProxyHeader(h); s.why() != none {
			return h, nil, nil
		}
	}
	if byName {
		h, name = s.readName(h, used)
	}
	return h, h.bytes()[used:], name
}

// readProxyHeader reads a PROXY header and believes it.
func (s *session) readProxyHeader(h *head) (*head, int) {
	for {
		header, n, err := proxyproto.Parse(h.bytes())
		if err == nil {
			if header.Source.IsValid() {
				s.from, s.to = header.Source, header.Destination
				s.extensions = proxyproto.Extensions(h.bytes()[:n])
			}
			return h, n
		}
		if err != proxyproto.ErrNeedMore {
			s.told.Store(cause.New(cause.BadRequest, "the connection begins with no valid PROXY "+
				"header: "+cause.Quote(h.bytes())))
			s.settle(BadProxyHeader)
			return h, 0
		}
		if h = s.more(h); s.why() != none {
			return h, 0
		}
	}
}

// readName reads a ClientHello that begins at used.
func (s *session) readName(h *head, used int) (*head, []byte) {
	var scratch []byte
	for {
		name, err := clienthello.ServerName(h.bytes()[used:], &scratch)
		if err == nil {
			return h, name
		}
		if err != clienthello.ErrMore {
			if s.here.sessions.Cluster(nil) < 0 {
				s.told.Store(cause.New(cause.WrongProtocol, "the client does not speak TLS where "+
					"the listener routes by server name: it begins with "+
					cause.Quote(h.bytes()[used:])))
				s.settle(BadClientHello)
			}
			return h, nil
		}
		if h = s.more(h); s.why() != none {
			return h, nil
		}
	}
}

// more reads what there is, or waits for it. A client that has sent nothing yet costs
// no room.
func (s *session) more(h *head) *head {
	n, err := 0, error(nil)
	waited := s.client.Await(func(uintptr) bool {
		if h == nil {
			h = newHead()
		}
		n, err = s.client.TryRead(h.space())
		if err == syscall.EAGAIN && h.n == 0 {
			h.release()
			h = nil
		}
		return err != syscall.EAGAIN
	})
	if waited != nil {
		err = waited
	}
	switch {
	case err == nil:
		h.n += n
	case errors.Is(err, netx.ErrTimeout):
		s.told.Store(s.slowHead(h))
		s.settle(HeaderTimeout)
	case err == io.EOF:
		s.settle(ClientClosed)
	default:
		s.settle(ClientReset) // unless it was cut, which counts first
	}
	return h
}
