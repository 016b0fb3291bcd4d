package tcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
)

// Command is the first argument that makes the benchmark's binary be the client.
const Command = "talk-tcp"

// What clients do. What they count is a round trip, a mebibyte that has come, or a session with one
// round trip.
const (
	PingPong = "ping-pong"
	Bulk     = "bulk"
	SetUp    = "set-up"
)

const (
	messageSize = 64
	mebibyte    = 1 << 20
	// patience is how long anything may take.
	patience = 5 * time.Second
)

// Config says what to do.
type Config struct {
	Addr        string
	Do          string
	Connections int // at a time
	Duration    time.Duration
}

// Args is the command line for c; Main reads it.
func (c Config) Args() []string {
	return []string{
		Command, "-addr", c.Addr, "-do", c.Do, "-connections", strconv.Itoa(c.Connections),
		"-duration", c.Duration.String(),
	}
}

// Main is the client's process: args are those after Command.
func Main(args []string, out io.Writer) error {
	var c Config
	fs := flag.NewFlagSet(Command, flag.ContinueOnError)
	fs.StringVar(&c.Addr, "addr", "", "address to connect to")
	fs.StringVar(&c.Do, "do", PingPong, "what to do: ping-pong, bulk or set-up")
	fs.IntVar(&c.Connections, "connections", 64, "connections")
	fs.DurationVar(&c.Duration, "duration", time.Second, "how long")
	if err := fs.Parse(args); err != nil {
		return err
	}
	r, err := Run(c)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}

// Run does it until the time is over.
func Run(c Config) (gen.Result, error) {
	if c.Connections < 1 || c.Duration <= 0 {
		return gen.Result{}, errors.New("connections and duration have to be positive")
	}
	session, ok := map[string]func(*run) error{
		PingPong: (*run).pingPong, Bulk: (*run).bulk, SetUp: (*run).setUp,
	}[c.Do]
	if !ok {
		return gen.Result{}, fmt.Errorf("there is no %q to do", c.Do)
	}
	r := &run{Config: c}
	var all sync.WaitGroup
	start := time.Now()
	r.end = start.Add(c.Duration)
	for range c.Connections {
		all.Go(func() {
			if err := session(r); err != nil {
				r.sum.Failed(err)
			}
		})
	}
	all.Wait()
	result := r.sum.Result(time.Since(start))
	if c.Do == Bulk {
		result.Requests = r.bytes.Load() / mebibyte
	}
	return result, nil
}

// run is what the connections of a Run share.
type run struct {
	Config
	end   time.Time
	sum   gen.Summary
	bytes atomic.Int64
}

func (r *run) over() bool { return !time.Now().Before(r.end) }

func (r *run) dial() (*net.TCPConn, error) {
	d := net.Dialer{Timeout: patience, KeepAlive: -1}
	c, err := d.Dial("tcp", r.Addr)
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), c.SetDeadline(r.end.Add(patience))
}

// exchange sends a message and wants it back.
func exchange(c net.Conn, out, in []byte) error {
	if _, err := c.Write(out); err != nil {
		return err
	}
	if _, err := io.ReadFull(c, in); err != nil {
		return err
	}
	if !bytes.Equal(in, out) {
		return errors.New("something else came back")
	}
	return nil
}

// messages are what is sent and the room for what comes.
func messages() (out, in []byte) {
	return bytes.Repeat([]byte{'m'}, messageSize), make([]byte, messageSize)
}

func (r *run) pingPong() error {
	c, err := r.dial()
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	out, in := messages()
	for !r.over() {
		start := time.Now()
		if err := exchange(c, out, in); err != nil {
			return err
		}
		r.sum.Answered(time.Since(start))
	}
	return nil
}

func (r *run) setUp() error {
	out, in := messages()
	for !r.over() {
		start := time.Now()
		c, err := r.dial()
		if err != nil {
			return err
		}
		err = exchange(c, out, in)
		if err = errors.Join(err, c.Close()); err != nil {
			return err
		}
		r.sum.Answered(time.Since(start))
	}
	return nil
}

// bulk takes what comes and throws it away, in the kernel where that can be: copying it would cost
// more than the proxy that is measured.
func (r *run) bulk() error {
	c, err := r.dial()
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write([]byte{1}); err != nil {
		return err
	}
	discard, err := discarder(c)
	if err != nil {
		return err
	}
	for !r.over() {
		n, err := discard()
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrUnexpectedEOF
		}
		r.bytes.Add(int64(n))
	}
	return nil
}
