package websocket

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/signal"
	"strings"
	"sync"
	"syscall"
)

// Command is the first argument that makes the benchmark's binary be the server.
const Command = "serve-websockets"

// Args is the command line of a server; Main reads it.
func Args(addr string) []string { return []string{Command, "-addr", addr} }

// Main is the server's process: args are those after Command.
func Main(args []string, _ io.Writer) error {
	fs := flag.NewFlagSet(Command, flag.ContinueOnError)
	addr := fs.String("addr", "", "address to listen on")
	if err := fs.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		return err
	}
	return Serve(ctx, l)
}

// Serve takes connections until ctx is done; then it closes them all, and l. A request that is no
// WebSocket's is answered with 200 and 100 bytes, so that a proxy can be asked whether it is up.
func Serve(ctx context.Context, l net.Listener) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return errors.Join(err, l.Close())
		}
		wg.Go(func() {
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			defer func() { _ = conn.Close() }()
			_ = serve(conn) // ends with the connection, however that ends
		})
	}
}

func serve(conn net.Conn) error {
	r := bufio.NewReaderSize(conn, 1<<10)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return err
		}
		if !strings.EqualFold(req.Header.Get("Upgrade"), "websocket") {
			if _, err := fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s",
				plainBody, strings.Repeat("x", plainBody)); err != nil {
				return err
			}
			continue
		}
		_, err = fmt.Fprintf(conn,
			"HTTP/1.1 %d Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
				"Sec-WebSocket-Accept: %s\r\n\r\n",
			switched, accept(req.Header.Get("Sec-WebSocket-Key")))
		if err != nil {
			return err
		}
		break
	}
	in, out := make([]byte, longest), make([]byte, 0, longest+2)
	for {
		message, err := readFrame(r, in)
		if err != nil {
			return err
		}
		if _, err := conn.Write(appendFrame(out, string(message), false)); err != nil {
			return err
		}
	}
}

const plainBody = 100
