package handshake

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
)

// Command is the first argument that makes the benchmark's binary be this client.
const Command = "make-handshakes"

// connectionTimeout is the most one connection may take.
const connectionTimeout = 5 * time.Second

// Config says what to do.
type Config struct {
	Addr, Host  string
	Connections int // at a time
	Duration    time.Duration
	Resume      bool // with the ticket of the first connection
}

// Args is the command line for c; Main reads it.
func (c Config) Args() []string {
	return []string{
		Command, "-addr", c.Addr, "-host", c.Host, "-connections", strconv.Itoa(c.Connections),
		"-duration", c.Duration.String(), "-resume=" + strconv.FormatBool(c.Resume),
	}
}

// Main is the client's process: args are those after Command.
func Main(args []string, out io.Writer) error {
	var c Config
	fs := flag.NewFlagSet(Command, flag.ContinueOnError)
	fs.StringVar(&c.Addr, "addr", "", "address to connect to")
	fs.StringVar(&c.Host, "host", "", "server name and Host header")
	fs.IntVar(&c.Connections, "connections", 16, "connections at a time")
	fs.DurationVar(&c.Duration, "duration", time.Second, "how long")
	fs.BoolVar(&c.Resume, "resume", false, "resume a session")
	if err := fs.Parse(args); err != nil {
		return err
	}
	r, err := Run(context.Background(), c)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}

// Run makes connections until the time is over.
func Run(ctx context.Context, c Config) (gen.Result, error) {
	if c.Connections < 1 || c.Duration <= 0 {
		return gen.Result{}, errors.New("connections and duration have to be positive")
	}
	client := client{Config: c, tls: &tls.Config{
		ServerName: c.Host, InsecureSkipVerify: true, // the certificate is the benchmark's own
		MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"},
		CurvePreferences: []tls.CurveID{tls.X25519},
	}}
	if c.Resume {
		client.tls.ClientSessionCache = new(firstTicket)
		if err := client.connect(ctx, false); err != nil {
			return gen.Result{}, fmt.Errorf("the connection that is to be resumed: %w", err)
		}
	}
	var sum gen.Summary
	var wg sync.WaitGroup
	start := time.Now()
	for range c.Connections {
		wg.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				if began.Sub(start) >= c.Duration {
					return
				}
				if err := client.connect(ctx, c.Resume); err != nil {
					sum.Failed(err)
					return
				}
				sum.Answered(time.Since(began))
			}
		})
	}
	wg.Wait()
	return sum.Result(time.Since(start)), nil
}

type client struct {
	Config
	tls *tls.Config
}

// connect is one connection from its first packet to its last.
func (c *client) connect(ctx context.Context, resumed bool) (err error) {
	plain, err := (&net.Dialer{Timeout: connectionTimeout}).DialContext(ctx, "tcp", c.Addr)
	if err != nil {
		return err
	}
	conn := tls.Client(plain, c.tls)
	// the server has closed it, or the first error is the one to tell
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(connectionTimeout)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "GET /nothing HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
		c.Host); err != nil {
		return err
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return err
	}
	if status, _, _ := strings.Cut(string(answer), "\r\n"); !strings.HasPrefix(status,
		"HTTP/1.1 404") {
		return fmt.Errorf("the answer is %q, not 404", status)
	}
	if got := conn.ConnectionState().DidResume; got != resumed {
		return fmt.Errorf("the session was resumed: %t; it should be %t", got, resumed)
	}
	return nil
}

// firstTicket keeps the first ticket there is and hands it out again and again.
type firstTicket struct {
	mu      sync.Mutex
	session *tls.ClientSessionState // guarded by mu
}

func (f *firstTicket) Get(string) (*tls.ClientSessionState, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.session, f.session != nil
}

func (f *firstTicket) Put(_ string, s *tls.ClientSessionState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.session == nil {
		f.session = s
	}
}
