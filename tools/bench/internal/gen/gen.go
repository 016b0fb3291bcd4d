package gen

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// Command is the first argument that makes the benchmark's binary be the load generator.
const Command = "generate-load"

// Config says what to ask for.
type Config struct {
	Addr        string // IP and port
	Host        string // header
	Path        string
	Size        int // of the body that has to come back
	Connections int
	Duration    time.Duration
	Rate        int // requests per second; 0: closed loop
	// List is a file with a host and a path a line, which are asked for in turn in place of Host
	// and Path.
	List string
	// Message is a file with one whole request, which is sent in place of that for Host and Path.
	Message string
	// Window is the length of the parts of the run that Result.Windows tells apart; 0: there is
	// nothing to tell apart.
	Window time.Duration
}

// Result is what came of it, as JSON on the generator's standard output.
type Result struct {
	Requests int64         `json:"requests"`
	Elapsed  time.Duration `json:"elapsed_ns"`
	P50      time.Duration `json:"p50_ns"`
	P99      time.Duration `json:"p99_ns"`
	P999     time.Duration `json:"p999_ns"`
	// connections that were closed, or answered with something else
	Failed  int64     `json:"failed"`
	Reason  string    `json:"reason,omitempty"` // of the first failure
	Body    int64     `json:"body,omitempty"`   // bytes of one, where that is to be found out
	Start   time.Time `json:"start"`
	Windows []Counts  `json:"windows,omitempty"` // of the requests by when they were due
}

// Args is the command line for c; Main reads it.
func (c Config) Args() []string {
	return []string{
		Command,
		"-addr", c.Addr, "-host", c.Host, "-path", c.Path,
		"-size", strconv.Itoa(c.Size), "-connections", strconv.Itoa(c.Connections),
		"-duration", c.Duration.String(), "-rate", strconv.Itoa(c.Rate), "-list", c.List,
		"-message", c.Message, "-window", c.Window.String(),
	}
}

// Main is the generator's process: args are those after Command.
func Main(args []string, out io.Writer) error {
	var c Config
	fs := flag.NewFlagSet(Command, flag.ContinueOnError)
	fs.StringVar(&c.Addr, "addr", "", "address to ask")
	fs.StringVar(&c.Host, "host", "", "Host header")
	fs.StringVar(&c.Path, "path", "/", "path to ask for")
	fs.IntVar(&c.Size, "size", 0, "size of the body")
	fs.IntVar(&c.Connections, "connections", 64, "connections")
	fs.DurationVar(&c.Duration, "duration", time.Second, "how long")
	fs.IntVar(&c.Rate, "rate", 0, "requests per second; 0 is as many as are answered")
	fs.StringVar(&c.List, "list", "", "file of hosts and paths to ask for in turn")
	fs.StringVar(&c.Message, "message", "", "file of a whole request to send")
	fs.DurationVar(&c.Window, "window", 0,
		"count latencies for each stretch of the run of this length")
	if err := fs.Parse(args); err != nil {
		return err
	}
	r, err := Run(c)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}

func (c Config) check() (netip.AddrPort, error) {
	addr, err := netip.ParseAddrPort(c.Addr)
	if err != nil {
		return addr, fmt.Errorf("the address: %w", err)
	}
	if !addr.Addr().Is4() {
		return addr, errors.New("the address: only IPv4 is spoken here")
	}
	if c.Connections < 1 || c.Duration <= 0 || c.Rate < 0 || c.Window < 0 {
		return addr,
			errors.New("connections and duration have to be positive, rate and window not negative")
	}
	return addr, nil
}

// requests are what is sent, in turn.
func (c Config) requests() ([][]byte, error) {
	if c.Message != "" {
		text, err := os.ReadFile(c.Message)
		return [][]byte{text}, err
	}
	if c.List == "" {
		return [][]byte{request(c.Host, c.Path)}, nil
	}
	text, err := os.ReadFile(c.List)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for line := range strings.Lines(string(text)) {
		host, path, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			return nil, fmt.Errorf("%s: %q is no host and path", c.List, line)
		}
		out = append(out, request(host, path))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s is empty", c.List)
	}
	return out, nil
}

func request(host, path string) []byte {
	return fmt.Appendf(nil,
		"GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n", path, host)
}
