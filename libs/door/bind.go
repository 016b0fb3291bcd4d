package door

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/systemd"
)

// Bind binds the address of a listener, or takes the socket that systemd has bound. lc is for one
// of TCP.
func (d *Door) Bind(
	ctx context.Context, lc *net.ListenConfig, c *config.Listener,
) (net.Listener, error) {
	if name, ok := strings.CutPrefix(c.Address, config.SystemdScheme); ok {
		return d.take(lc, name)
	}
	if path, ok := netx.LocalPath(c.Address); ok {
		return netx.ListenLocal(ctx, path, permissions(c))
	}
	return netx.Listen(ctx, lc, c.Address)
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
