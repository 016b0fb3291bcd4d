package cluster

import (
	"net/netip"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// Shares keep one client address from taking all connections of a cluster, by requests that
// hold them for long: slow bodies, slow readers, tunnels. While more than half of the
// connections exist, a request is counted for its address, and may go on while its address
// holds fewer of the counted ones than are free. So the last that are free are never one
// address's, and the more addresses want some, the less each of them has (the dynamic
// threshold of Choudhury and Hahne for the buffers of a switch). Up to half, which is how
// things are without an attack or an overload, a request costs one load of an atomic.
//
// Clusters with HTTP/2 have none: their limit is on connections, and each carries many
// requests. Neither have those of so few connections that there is nothing to share.
type shares struct {
	mu      sync.Mutex
	held    map[netip.Addr]int // guarded by mu; no zeros
	waiting int                // guarded by mu
}

// fewest is the least max_connections that is shared.
const fewest = 4

// Claim asks whether a request of a client may take a connection, and waits for that: for
// limit at the most (0: for ever), until gone says that nobody wants the answer any more.
// claimed says that Yield has to follow. The error is upstream.ErrShare.
func (c *Cluster) Claim(
	client netip.Addr, limit time.Duration, gone func() bool,
) (claimed bool, err error) {
	half := c.Limits.MaxConnections / 2
	if c.pool.Open() < half || half < fewest/2 {
		return false, nil
	}
	client = network(client)
	if c.claim(client, 0) {
		return true, nil
	}
	return c.await(client, limit, gone)
}

// await asks again and again.
func (c *Cluster) await(
	client netip.Addr, limit time.Duration, gone func() bool,
) (claimed bool, err error) {
	if !c.state.shares.enter(c.Limits.MaxPending) {
		c.Metrics.Refused(metrics.QueueFull)
		return false, upstream.ErrShare
	}
	began, why := time.Now(), metrics.QueueTimeout
	tick := time.NewTicker(upstream.LookAround)
	defer tick.Stop()
	var end <-chan time.Time
	if limit > 0 {
		t := time.NewTimer(limit)
		defer t.Stop()
		end = t.C
	}
	for {
		select {
		case <-tick.C:
			if c.claim(client, 1) {
				c.Metrics.Waited(time.Since(began))
				return true, nil
			}
			if !gone() {
				continue
			}
			why = metrics.QueueLeft
		case <-end:
		}
		c.state.shares.leave()
		c.Metrics.Refused(why)
		return false, upstream.ErrShare
	}
}

// claim counts a request for its client if that is within its share. waited is 1 for a
// request that has waited for it, which is over then.
func (c *Cluster) claim(client netip.Addr, waited int) bool {
	free := c.Limits.MaxConnections - c.pool.Lent()
	s := &c.state.shares
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.held[client]; n > 0 && n >= free {
		return false
	}
	if s.held == nil {
		s.held = make(map[netip.Addr]int)
	}
	s.held[client]++
	s.waiting -= waited
	return true
}

// Yield takes back what Claim has counted for a client.
func (c *Cluster) Yield(client netip.Addr) {
	client = network(client)
	s := &c.state.shares
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[client]--; s.held[client] <= 0 {
		delete(s.held, client)
	}
}

func (s *shares) enter(most int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting >= most {
		return false
	}
	s.waiting++
	return true
}

func (s *shares) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting--
}

// network is what counts as one client: an address, or of IPv6 a network of 64 bits, which
// is what one subscriber gets.
func network(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}
