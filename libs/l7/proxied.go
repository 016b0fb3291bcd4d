package l7

import (
	"errors"
	"io"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
)

var errNotTrusted = errors.New("the client is none of those who may speak for others (trusted_proxies)")

// readProxyHeader reads the PROXY header that connections of the listener begin with,
// and believes it: the client is who it says. It is due like a head. The header is
// peeked at first, so that nothing behind it is taken.
func (c *conn) readProxyHeader() bool {
	err := errNotTrusted
	if len(c.config.TrustedProxies) == 0 || c.trusted {
		c.sock.SetReadDeadline(c.config.Timeouts.Header)
		err = c.takeProxyHeader()
		c.sock.SetReadDeadline(0)
	}
	if err == nil {
		return true
	}
	if !errors.Is(err, netx.ErrInterrupted) && err != io.EOF {
		c.engine.Log.WithError(err).WithField("client", c.clientPort).WithField("listener", c.config.Name).Debug("a connection without a good PROXY header was closed")
	}
	return false
}

func (c *conn) takeProxyHeader() error {
	var header proxyproto.Header
	length := 0
	var failed error
	err := c.sock.Await(func(uintptr) bool {
		// A connection that waits holds no buffer.
		block := streams.Get().(*[streamBuffer]byte)
		defer streams.Put(block)
		buf := block[:proxyproto.MaxBytes]
		n, err := c.sock.TryPeek(buf)
		if err == nil {
			header, length, err = proxyproto.Parse(buf[:n])
		}
		failed = err
		// What is not complete stays unread; more of it wakes this up, and an end
		// before that is found when the time is over.
		return err != syscall.EAGAIN && err != proxyproto.ErrNeedMore
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	block := streams.Get().(*[streamBuffer]byte)
	defer streams.Put(block)
	for left := length; left > 0; {
		n, err := c.sock.TryRead(block[:left])
		if err != nil {
			return err
		}
		left -= n
	}
	if header.Source.IsValid() {
		c.peer = newPeer(c.listener, header.Source, header.Destination)
	}
	return nil
}
