package tcp

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// ServeCommand is the first argument that makes the benchmark's binary be the server.
const ServeCommand = "serve-tcp"

// fileSize is the size of the file that is sent again and again: small enough to stay in memory.
const fileSize = 64 << 20

// ServeArgs is the command line of a server: it sends a file to each client that connects, or sends
// back what comes.
func ServeArgs(addr string, file bool) []string {
	args := []string{ServeCommand, "-addr", addr}
	if file {
		args = append(args, "-file")
	}
	return args
}

// ServeMain is the server's process: args are those after ServeCommand.
func ServeMain(args []string, _ io.Writer) error {
	fs := flag.NewFlagSet(ServeCommand, flag.ContinueOnError)
	addr := fs.String("addr", "", "address to listen on")
	file := fs.Bool("file", false, "send a file without end to each client that says a byte")
	if err := fs.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	handle := echo
	if *file {
		path, err := blocks()
		if err != nil {
			return err
		}
		defer func() { _ = os.Remove(path) }()
		handle = func(c *net.TCPConn) { send(c, path) }
	}
	return serve(ctx, l.(*net.TCPListener), handle)
}

// serve lets handle have each connection until ctx is done. It closes l.
func serve(ctx context.Context, l *net.TCPListener, handle func(*net.TCPConn)) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	var all sync.WaitGroup
	defer all.Wait()
	for {
		c, err := l.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		all.Go(func() {
			defer context.AfterFunc(ctx, func() { _ = c.Close() })()
			defer func() { _ = c.Close() }()
			handle(c)
		})
	}
}

// echo sends back what comes.
func echo(c *net.TCPConn) {
	buf := make([]byte, 4<<10)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

// send sends a file again and again, once the client has said something. The kernel takes it from
// its cache, so the sender hardly costs anything.
func send(c *net.TCPConn, path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	if _, err := c.Read(make([]byte, 1)); err != nil {
		return
	}
	for {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return
		}
		if _, err := io.Copy(c, f); err != nil {
			return
		}
	}
}

// blocks makes the file.
func blocks() (path string, err error) {
	f, err := os.CreateTemp("", "bench-file-")
	if err != nil {
		return "", err
	}
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i)
	}
	for range fileSize / len(block) {
		if _, err := f.Write(block); err != nil {
			return "",
				errors.Join(fmt.Errorf("writing the file to send: %w", err), f.Close(),
					os.Remove(f.Name()))
		}
	}
	return f.Name(), f.Close()
}
