package coded

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/gen"
)

// Command is the first argument that makes the benchmark's binary be this client.
const Command = "ask-coded"

// answerTimeout is the most one answer may take.
const answerTimeout = 5 * time.Second

// Config says what to ask for.
type Config struct {
	Addr, Host, Path string
	Size             int // of the body, decoded
	Connections      int
	Duration         time.Duration
	// Either takes an answer that is not coded, too.
	Either bool
}

// Args is the command line for c; Main reads it.
func (c Config) Args() []string {
	return []string{
		Command, "-addr", c.Addr, "-host", c.Host, "-path", c.Path, "-size", strconv.Itoa(c.Size),
		"-connections", strconv.Itoa(c.Connections), "-duration", c.Duration.String(),
		"-either=" + strconv.FormatBool(c.Either),
	}
}

// Main is the client's process: args are those after Command.
func Main(args []string, out io.Writer) error {
	var c Config
	fs := flag.NewFlagSet(Command, flag.ContinueOnError)
	fs.StringVar(&c.Addr, "addr", "", "address to ask")
	fs.StringVar(&c.Host, "host", "", "Host header")
	fs.StringVar(&c.Path, "path", "/", "path to ask for")
	fs.IntVar(&c.Size, "size", 0, "size of the decoded body")
	fs.IntVar(&c.Connections, "connections", 16, "connections at a time")
	fs.DurationVar(&c.Duration, "duration", time.Second, "how long")
	fs.BoolVar(&c.Either, "either", false, "take an answer that is not coded, too")
	if err := fs.Parse(args); err != nil {
		return err
	}
	r, err := Run(context.Background(), c)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}

// Run asks until the time is over.
func Run(ctx context.Context, c Config) (gen.Result, error) {
	if c.Connections < 1 || c.Duration <= 0 {
		return gen.Result{}, errors.New("connections and duration have to be positive")
	}
	var sum gen.Summary
	var coded atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range c.Connections {
		wg.Go(func() {
			if err := c.connection(ctx, start, &sum, &coded); err != nil {
				sum.Failed(err)
			}
		})
	}
	wg.Wait()
	r := sum.Result(time.Since(start))
	r.Body = coded.Load()
	return r, nil
}

// connection asks on one connection until the time is over.
func (c Config) connection(
	ctx context.Context, start time.Time, sum *gen.Summary, coded *atomic.Int64,
) error {
	conn, err := (&net.Dialer{Timeout: answerTimeout}).DialContext(ctx, "tcp", c.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // nothing was promised to the proxy
	in := bufio.NewReaderSize(conn, 64<<10)
	for first := true; ctx.Err() == nil; first = false {
		began := time.Now()
		if began.Sub(start) >= c.Duration {
			return nil
		}
		if err := conn.SetDeadline(began.Add(answerTimeout)); err != nil {
			return err
		}
		n, err := c.ask(conn, in, first)
		if err != nil {
			return err
		}
		coded.Store(n)
		sum.Answered(time.Since(began))
	}
	return nil
}

// ask asks once and returns the size of the coded body.
func (c Config) ask(conn net.Conn, in *bufio.Reader, decode bool) (int64, error) {
	if _, err := fmt.Fprintf(conn,
		"GET %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip\r\n\r\n", c.Path,
		c.Host); err != nil {
		return 0, err
	}
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		return 0, err
	}
	how := r.Header.Get("Content-Encoding")
	if r.StatusCode != 200 || how != "gzip" && (how != "" || !c.Either) {
		return 0, fmt.Errorf("the answer is %s with the coding %q, not 200 with gzip",
			r.Status, how)
	}
	body := &counter{r: r.Body}
	if decode && how != "" {
		z, err := gzip.NewReader(body)
		if err != nil {
			return 0, err
		}
		if n, err := io.Copy(io.Discard, z); err != nil || n != int64(c.Size) {
			return 0, fmt.Errorf("decoded, the body has %d bytes, not %d; %w", n, c.Size, err)
		}
	}
	_, err = io.Copy(io.Discard, body)
	return body.n, err
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
