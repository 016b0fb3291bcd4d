package door

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/handover"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/systemd"
)

// Bind binds the address of a listener, or takes the socket that the process before this one, or
// systemd, has bound. lc is for one of TCP.
func (d *Door) Bind(
	ctx context.Context, lc *net.ListenConfig, c *config.Listener,
) (net.Listener, error) {
	if l, err := d.inherit(lc, c); l != nil || err != nil {
		return l, err
	}
	if name, ok := strings.CutPrefix(c.Address, config.SystemdScheme); ok {
		return d.take(lc, name)
	}
	if path, ok := netx.LocalPath(c.Address); ok {
		return netx.ListenLocal(ctx, path, permissions(c))
	}
	return netx.Listen(ctx, lc, c.Address)
}

// socketName is what the socket of a listener is called among those that are handed over.
func socketName(c *config.Listener) string { return "listener " + c.Name + " " + c.Address }

// inherit takes the socket of the process before this one; nil without an error where it has none.
func (d *Door) inherit(lc *net.ListenConfig, c *config.Listener) (net.Listener, error) {
	l, err := d.before.Listener(socketName(c))
	if l == nil || err != nil {
		return nil, err
	}
	if local, ok := l.(*net.UnixListener); ok {
		if path, ok := netx.LocalPath(c.Address); ok {
			return netx.Adopt(local, path), nil
		}
		return netx.Passed(local), nil
	}
	if err := systemd.Configure(lc, l); err != nil {
		_ = l.Close() // nothing was accepted
		return nil, err
	}
	return l, nil
}

// Socket is a copy of the listener's socket with its name, for the process that takes this one's
// place. The file is the caller's.
func (l *Listener) Socket() (handover.Named, error) {
	f, err := handover.FileOf(l.ln)
	return handover.Named{Name: socketName(l.host.Config()), File: f}, err
}

// Leave leaves the file of a unix socket to the process that has the socket from now on.
func (l *Listener) Leave() {
	if local, ok := l.ln.(*netx.LocalListener); ok {
		local.Leave()
	}
}

// Own takes Leave back. A listener of a socket that was handed over begins as one that was left.
func (l *Listener) Own() {
	if local, ok := l.ln.(*netx.LocalListener); ok {
		local.Own()
	}
}

// take takes a socket that systemd has bound.
func (d *Door) take(lc *net.ListenConfig, name string) (net.Listener, error) {
	l, err := d.passed.Listener(name)
	if err != nil {
		return nil, err
	}
	if local, ok := l.(*net.UnixListener); ok {
		return netx.Passed(local), nil
	}
	if err := systemd.Configure(lc, l); err != nil {
		_ = l.Close() // nothing was accepted
		return nil, err
	}
	return l, nil
}

// Permit lets those connect to a unix socket that another configuration of its listener names. It
// does nothing for other addresses.
func (l *Listener) Permit(c *config.Listener) error {
	local, ok := l.ln.(*netx.LocalListener)
	if !ok || permissions(c) == permissions(l.host.Config()) {
		return nil
	}
	if err := local.Permit(permissions(c)); err != nil {
		return fmt.Errorf("listener %q: %w", c.Name, err)
	}
	return nil
}

// permissions are those of a listener's unix socket.
func permissions(c *config.Listener) netx.Permissions {
	u := c.Unix
	if u == nil {
		u = config.NewUnixSocket()
	}
	mode, err := strconv.ParseUint(u.Mode, 8, 9)
	if err != nil {
		mode = 0o600 // validation lets no such mode through
	}
	return netx.Permissions{Mode: os.FileMode(mode), User: u.User, Group: u.Group}
}
