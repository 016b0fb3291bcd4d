package l7

import (
	"bytes"
	"errors"
	"io"
	"syscall"

	"github.com/gatewayhomebrew/gateway/libs/door"
	"github.com/gatewayhomebrew/gateway/libs/l7/buffers"
	"github.com/gatewayhomebrew/gateway/libs/l7/client"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/proxyproto"
)

var errNotTrusted = errors.New(
	"the peer is none of those whose PROXY headers are believed (proxy_protocol_from, or " +
		"trusted_proxies where that is empty)")

// readProxyHeader reads the PROXY header that connections of the listener begin with,
// and believes it: the client is who it says. It is due like a head. The header is
// peeked at first, so that nothing behind it is taken.
func (c *conn) readProxyHeader() bool {
	cfg := c.peer.Config
	err := errNotTrusted
	if door.Believes(cfg, c.peer.Remote.Addr()) {
		c.sock.SetReadDeadline(cfg.Timeouts.Header)
		err = c.takeProxyHeader()
		c.sock.SetReadDeadline(0)
	}
	if err == nil {
		return true
	}
	if !errors.Is(err, netx.ErrInterrupted) && err != io.EOF {
		c.engine.Log.WithError(err).WithField("client", c.peer.AddressPort).
			WithField("listener", cfg.Name).
			Debug("a connection without a good PROXY header was closed")
	}
	return false
}

func (c *conn) takeProxyHeader() error {
	header, extensions, length, err := c.peekProxyHeader()
	if err != nil {
		return err
	}
	block := buffers.Borrow()
	defer block.Release()
	for left := length; left > 0; {
		n, err := c.sock.TryRead(block[:left])
		if err != nil {
			return err
		}
		left -= n
	}
	if header.Source.IsValid() {
		view := c.listener.view.Load()
		c.peer = client.NewPeer(header.Source, header.Destination, view.Config)
		c.peer.Extensions = extensions
		c.introduced = true
	}
	return nil
}

// peekProxyHeader waits until the header is complete, and leaves it unread.
func (c *conn) peekProxyHeader() (
	header proxyproto.Header, extensions []byte, length int, err error,
) {
	var failed error
	err = c.sock.Await(func(uintptr) bool {
		// A connection that waits holds no buffer.
		block := buffers.Borrow()
		defer block.Release()
		buf := block[:proxyproto.MaxBytes]
		n, err := c.sock.TryPeek(buf)
		if err == nil {
			header, length, err = proxyproto.Parse(buf[:n])
			extensions = bytes.Clone(proxyproto.Extensions(buf[:length]))
		}
		failed = err
		// What is not complete stays unread; more of it wakes this up, and an end before
		// that is found when the time is over.
		return err != syscall.EAGAIN && err != proxyproto.ErrNeedMore
	})
	if err == nil {
		err = failed
	}
	return header, extensions, length, err
}
