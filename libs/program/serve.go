package program

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

// grace is how long calls of gRPC may go on when the process is to end.
const grace = time.Second

// ServeGRPC answers calls until ctx ends, and lets those that run finish for a second. A connection
// that would take a descriptor of the reserve is closed.
func ServeGRPC(ctx context.Context, g *grpc.Server, l net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- g.Serve(spared{l}) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	cut := time.AfterFunc(grace, g.Stop)
	defer cut.Stop()
	g.GracefulStop()
	// It may have been told to stop before it had begun, which is no failure.
	if err := <-served; !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

// spared is a listener that leaves the reserve of descriptors alone.
type spared struct{ net.Listener }

func (s spared) Accept() (net.Conn, error) {
	for {
		c, err := s.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if raw, ok := c.(syscall.Conn); !ok || netx.PlaceOf(raw) == netx.Free {
			return c, nil
		}
		_ = c.Close() // the client tries again, here or elsewhere
	}
}

// Listen binds an address; its error says what to do.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := netx.Listen(ctx, &lc, address)
	return l, ExplainListen(err, address)
}

// ExplainListen adds what to do to the error of an address that cannot be had; nil stays nil.
func ExplainListen(err error, address string) error {
	if _, local := netx.LocalPath(address); local {
		return explainLocal(err)
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w: something else listens on %s; stop it, "+
			"or choose another port (--port N, 0 for any free one)", err, address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%w: ports below 1024 need root or CAP_NET_BIND_SERVICE", err)
	}
	return err
}

// explainLocal is ExplainListen for a unix socket.
func explainLocal(err error) error {
	var taken *netx.TakenError
	switch {
	case errors.As(err, &taken) && taken.Why == "":
		return fmt.Errorf("%w; stop it, or choose another path", err)
	case errors.As(err, &taken):
		return err
	case errors.Is(err, syscall.ENOENT):
		return fmt.Errorf("%w: the folder of the socket is not there; make it, with "+
			"RuntimeDirectory= where systemd starts the service", err)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return fmt.Errorf("%w: the process may not make files in that folder, or not give them "+
			"that owner", err)
	}
	return err
}

// CheckPort checks what --port or the environment gave; "" is nothing.
func CheckPort(port string) error {
	if port == "" {
		return nil
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("--port or %s is %q; it must be a number from 0 to 65535", EnvPort, port)
	}
	return nil
}

// CheckAddress checks what the environment gave for an address; "" is nothing.
func CheckAddress(env, address string) error {
	if address == "" {
		return nil
	}
	if !config.OnNetwork(address) {
		return nil
	}
	if host, port, err := net.SplitHostPort(address); err != nil || CheckPort(port) != nil ||
		port == "" || strings.ContainsAny(host, "/ ") {
		return fmt.Errorf("%s is %q; it must be HOST:PORT, such as 0.0.0.0:8080", env, address)
	}
	return nil
}

// CheckPair checks that a certificate and its key are given together.
func CheckPair(cert, key string) error {
	if (cert == "") != (key == "") {
		return errors.New("--tls-cert and --tls-key belong together: give both")
	}
	return nil
}
