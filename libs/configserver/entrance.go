package configserver

import (
	"context"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"
)

// How much a client may have open at once. A node needs one connection with one stream, and for a
// moment two, when it comes back before its dead connection was noticed. The name is what its
// certificate says, so that a new certificate of the same node is not another client.
const (
	nodeConnections, nodeStreams         = 4, 8
	operatorConnections, operatorStreams = 16, 32
	// addressHandshakes is how many connections of one address may be before the end of their
	// handshake, where nobody knows yet whose they are.
	addressHandshakes = 512
	// handshakeTimeout is how long one may take.
	handshakeTimeout = 10 * time.Second
	// connectionStreams is how many streams one connection has.
	connectionStreams = 32
	// refusedStreams is how many a connection may begin over its bound before it is closed.
	refusedStreams = 1000
	// sayAgain is how often the log names a client that is over a bound.
	sayAgain = time.Minute
)

// DefaultPerAddress is how many connections one client address may have by default. A whole fleet
// may come from one, through a load balancer or NAT.
const DefaultPerAddress = 4096

// An Entrance is a listener that bounds what clients have open at once, by address and by
// certificate: a client with the certificate of one node keeps no other from config-sync. What is
// over a bound is closed or refused at once, and does not wait.
type Entrance struct {
	net.Listener
	log        *logrus.Logger
	perAddress int
	secured    bool // handshakes say whose a connection is

	mu        sync.Mutex
	guests    map[string]*guest // guarded by mu; by remote address and port
	addresses map[string]*tally // guarded by mu; by remote address
	names     map[string]*tally // guarded by mu; by what certificates say
	away      turnedAway        // guarded by mu
}

// turnedAway counts what was over a bound.
type turnedAway struct{ connections, streams uint64 }

// A tally is what one client has.
type tally struct {
	in            map[string]*tally
	key           string   // in that
	what          string   // to say who it is
	guests        []*guest // in the order of their coming
	streams       int
	conns, begins int       // the most of guests, and of streams
	said          time.Time // when the log named it last
}

// A guest is a connection.
type guest struct {
	net.Conn
	of      *Entrance
	key     string
	address *tally
	name    *tally // guarded by of.mu; nil: not known, or without certificates
	refused int    // guarded by of.mu; streams
}

// NewEntrance puts bounds before a listener. perAddress is how many connections one client address
// may have, and how many streams; 0: DefaultPerAddress.
func NewEntrance(l net.Listener, perAddress int, log *logrus.Logger) *Entrance {
	if perAddress == 0 {
		perAddress = DefaultPerAddress
	}
	return &Entrance{
		Listener: l, log: log, perAddress: perAddress, guests: map[string]*guest{},
		addresses: map[string]*tally{}, names: map[string]*tally{},
	}
}

// Options make a gRPC server keep the bounds; creds is nil without TLS. The server has to serve the
// Entrance, which takes no connection before.
func (e *Entrance) Options(creds credentials.TransportCredentials) []grpc.ServerOption {
	options := append(ServerOptions(), grpc.InTapHandle(e.begin),
		grpc.ConnectionTimeout(handshakeTimeout))
	if e.secured = creds != nil; e.secured {
		options = append(options, grpc.Creds(naming{creds, e}))
	}
	return options
}

// Accept returns the next connection that is within the bounds of its address.
func (e *Entrance) Accept() (net.Conn, error) {
	for {
		c, err := e.Listener.Accept()
		if err != nil {
			return nil, err
		}
		g, over := e.enter(c)
		for _, o := range over {
			_ = o.Close() // nothing is owed to it
		}
		if g != nil {
			return g, nil
		}
	}
}

// enter notes a connection, and returns those that are to be closed for it.
func (e *Entrance) enter(c net.Conn) (g *guest, over []net.Conn) {
	key := c.RemoteAddr().String()
	host, _, err := net.SplitHostPort(key)
	if err != nil {
		host = key
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	t := tallyOf(e.addresses, host, "the address "+host, e.perAddress, e.perAddress)
	if len(t.guests) >= t.conns {
		e.sayLocked(t, "connections", t.conns)
		e.away.connections++
		return nil, []net.Conn{c}
	}
	unknown := 0
	var oldest *guest
	for _, o := range t.guests {
		if o.name == nil {
			unknown++
			if oldest == nil {
				oldest = o
			}
		}
	}
	g = &guest{Conn: c, of: e, key: key, address: t}
	t.guests = append(t.guests, g)
	e.guests[key] = g
	if e.secured && unknown >= addressHandshakes {
		e.away.connections++
		over = append(over, oldest)
	}
	return g, over
}

func tallyOf(all map[string]*tally, key, what string, conns, streams int) *tally {
	t := all[key]
	if t == nil {
		t = &tally{in: all, key: key, what: what, conns: conns, begins: streams}
		all[key] = t
	}
	return t
}

// sayLocked names a client in the log that is over a bound, now and then. It needs mu held.
func (e *Entrance) sayLocked(t *tally, what string, most int) {
	if now := time.Now(); now.Sub(t.said) >= sayAgain {
		t.said = now
		e.log.Warnf("%s has %d %s, and may have no more", t.what, most, what)
	}
}

// naming learns at the end of a handshake whose connection it is.
type naming struct {
	credentials.TransportCredentials
	of *Entrance
}

// ServerHandshake is that of the credentials.
func (n naming) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	c, info, err := n.TransportCredentials.ServerHandshake(raw)
	if g, ok := raw.(*guest); ok && err == nil {
		if o := n.of.named(g, info); o != nil {
			_ = o.Close() // its streams end with it
		}
	}
	return c, info, err
}

// Clone is for gRPC.
func (n naming) Clone() credentials.TransportCredentials {
	return naming{n.TransportCredentials.Clone(), n.of}
}

// named notes whose a connection is. Over the bound the oldest of the same client is to be closed:
// it may be dead, and a client that comes anew needs none of those before.
func (e *Entrance) named(g *guest, info credentials.AuthInfo) (over *guest) {
	c := caller{}
	if t, ok := info.(credentials.TLSInfo); ok && len(t.State.PeerCertificates) > 0 {
		c = named(t.State.PeerCertificates[0]) // verified, or the handshake had failed
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.guests[g.key] != g {
		return nil // closed meanwhile
	}
	switch {
	case c.operator != "":
		g.name = tallyOf(e.names, "operator "+c.operator, "operator "+c.operator,
			operatorConnections, operatorStreams)
	case c.node != "":
		g.name = tallyOf(e.names, "node "+c.node, "node "+c.node, nodeConnections, nodeStreams)
	default: // it may do nothing, and is told so when it asks
		g.name = tallyOf(e.names, "", "a certificate without a name of ours", operatorConnections,
			operatorStreams)
	}
	t := g.name
	t.guests = append(t.guests, g)
	if len(t.guests) <= t.conns {
		return nil
	}
	e.sayLocked(t, "connections", t.conns)
	e.away.connections++
	return t.guests[0]
}

// begin lets a stream in, or refuses it. gRPC asks before it has read anything of it.
func (e *Entrance) begin(ctx context.Context, _ *tap.Info) (context.Context, error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return ctx, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	g := e.guests[p.Addr.String()]
	if g == nil {
		return ctx, status.Error(codes.Unavailable, "the connection is closed")
	}
	for _, t := range []*tally{g.name, g.address} {
		if t != nil && t.streams >= t.begins {
			e.sayLocked(t, "streams", t.begins)
			e.away.streams++
			if g.refused++; g.refused > refusedStreams {
				go g.Close() // not with mu held, and gRPC holds a lock of its own
			}
			return ctx, status.Errorf(codes.ResourceExhausted, "%s has %d streams, and may have "+
				"no more", t.what, t.begins)
		}
	}
	name := g.name
	g.address.streams++
	if name != nil {
		name.streams++
	}
	context.AfterFunc(ctx, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		g.address.streams--
		if name != nil {
			name.streams--
		}
		e.forgetLocked(g.address, name)
	})
	return ctx, nil
}

// forgetLocked drops clients that have nothing any more. It needs mu held.
func (e *Entrance) forgetLocked(all ...*tally) {
	for _, t := range all {
		if t != nil && len(t.guests) == 0 && t.streams == 0 && t.in[t.key] == t {
			delete(t.in, t.key)
		}
	}
}

// Close ends the connection and gives its place back.
func (g *guest) Close() error {
	e := g.of
	e.mu.Lock()
	if e.guests[g.key] == g {
		delete(e.guests, g.key)
		for _, t := range []*tally{g.address, g.name} {
			if t != nil {
				t.guests = slices.DeleteFunc(t.guests, func(o *guest) bool { return o == g })
			}
		}
		e.forgetLocked(g.address, g.name)
	}
	e.mu.Unlock()
	return g.Conn.Close()
}

// SyscallConn is that of the socket.
func (g *guest) SyscallConn() (syscall.RawConn, error) {
	if c, ok := g.Conn.(syscall.Conn); ok {
		return c.SyscallConn()
	}
	return nil, syscall.EINVAL
}

// turned says how much was over a bound so far.
func (e *Entrance) turned() turnedAway {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.away
}
