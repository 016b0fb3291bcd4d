package gossip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/hashicorp/memberlist"
)

// lookTime is how long the start of a node waits for the address of its own name.
const lookTime = 2 * time.Second

// errNoAddress is for a machine that others can't be told an address of.
var errNoAddress = errors.New("this machine has no private address; set gossip.advertise")

// passing says that time alone may mend what is wrong: a name that nobody knows yet, a machine that
// has no address so far.
func passing(err error) bool {
	var unknown *net.DNSError
	return errors.As(err, &unknown) || errors.Is(err, errNoAddress) ||
		errors.Is(err, context.DeadlineExceeded)
}

// place finds out where others will look for this node, and has memberlist tell them.
func (r *Ring) place(ctx context.Context, c *memberlist.Config) (string, error) {
	if name := r.options.Advertise; name != "" {
		ctx, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		look := r.options.lookUp
		if look == nil {
			look = one
		}
		at, err := look(ctx, name)
		if err != nil {
			return "", fmt.Errorf("gossip.advertise: %w", err)
		}
		c.AdvertiseAddr, c.AdvertisePort = at.Addr().String(), int(at.Port())
		if c.AdvertisePort == 0 {
			c.AdvertisePort = r.port
		}
	}
	return advertised(c)
}

// advertised is where others will look for this node.
func advertised(c *memberlist.Config) (string, error) {
	ip, port, err := c.Transport.FinalAdvertiseAddr(c.AdvertiseAddr, c.AdvertisePort)
	if err != nil {
		return "", err
	}
	if ip.IsUnspecified() {
		return "",
			errors.New(
				"it is not known at which address others reach this node; set gossip.advertise")
	}
	a, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(a.Unmap(), uint16(port)).String(), nil
}

// settle waits until it is known where others reach this node, and makes it a ring of one. It says
// false where the node is to leave, or ctx ends, before that.
func (r *Ring) settle(ctx context.Context) bool {
	const what = "others do not reach this node, and it is alone until they do: looked for again " +
		"and again"
	var told rarely
	for r.list == nil {
		if told.allow(time.Now()) {
			r.log().WithField("reason", r.hide(r.unplaced)).Warn(what)
		}
		next := time.NewTimer(r.pace.Rejoin/2 + rand.N(r.pace.Rejoin/2+1))
		select {
		case <-ctx.Done():
			next.Stop()
			return false
		case <-r.leaving:
			next.Stop()
			return false
		case <-next.C:
		}
		if err := r.enter(ctx); err != nil {
			r.unplaced = err // memberlist's own trouble, which may pass too
		}
		if r.list != nil {
			r.log().WithField("address", r.Shown()).Info("others reach this node now")
		}
	}
	return true
}

// hide is an error without the name of this node, where that is a secret.
func (r *Ring) hide(err error) string {
	host, _, _ := net.SplitHostPort(r.options.Advertise)
	var unknown *net.DNSError
	if r.options.Shown != "" && errors.As(err, &unknown) && unknown.Name == host {
		copied := *unknown
		copied.Name = r.options.Shown
		err = &copied
	}
	return err.Error()
}
