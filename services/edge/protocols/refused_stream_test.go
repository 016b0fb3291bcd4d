package protocols_test

import (
	"crypto/tls"
	"encoding/json"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// refusedLine is what a line of the access log says of streams that were refused.
type refusedLine struct {
	Time      time.Time
	RequestID string `json:"request_id"`
	Client    string
	Listener  string
	Protocol  string
	Path      string
	Status    int
	Code      string
	TLS       string `json:"tls_version"`
	Refused   int    `json:"refused_streams"`
}

// refusedLines are those of one client.
func refusedLines(t *testing.T, log, client string) (all []refusedLine) {
	t.Helper()
	for text := range strings.Lines(log) {
		if !strings.HasSuffix(text, "\n") || !strings.Contains(text, "refused_streams") {
			continue
		}
		var line refusedLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if line.Client == client {
			all = append(all, line)
		}
	}
	return all
}

// A stream beyond those that may be open at once is reset and gets no status. The first of a
// connection has a line in the access log, and the end of the connection one with their number:
// however many there are, there are no more lines.
func TestRefusedStreamsHaveALineInTheLog(t *testing.T) {
	t.Parallel()
	const allowed = 4
	up := testkit.NewUpstream(t, func(c *testkit.Conn) { _ = c.Drain() })
	f := testkit.StartFront(t, testkit.NewAuthority(t), testkit.Cluster{
		Address: up.Addr(), Listener: ", limits: {max_concurrent_streams: 4}",
	})
	for _, listener := range []string{"plain", "h2c", "tls"} {
		for name, c := range map[string]struct {
			streams     int
			least, most int // of those that the last line counts; 0: there is no line
		}{
			"none":             {allowed, 0, 0},
			"one":              {allowed + 1, 1, 1},
			"some":             {allowed + 20, 20, 20},
			"a flood of 10000": {10_000, 200, 1_000}, // the connection is cut
		} {
			t.Run(listener+", "+name, func(t *testing.T) {
				t.Parallel()
				conn, err := net.DialTimeout("tcp", f.Addr(listener), testkit.Deadline)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if listener == "tls" {
					conn = tls.Client(conn, f.TLS("h2"))
				}
				_ = conn.SetDeadline(time.Now().Add(testkit.Deadline))
				client := conn.LocalAddr().String()
				fr := newFrames(conn)
				fr.out.WriteString(xhttp2.ClientPreface)
				_ = fr.WriteSettings()
				fr.flush()
				go func() { // the answers are read meanwhile
					for i := range c.streams {
						fr.head(uint32(2*i+1), true, requestFields("GET")...)
						fr.flush()
					}
					_ = fr.WritePing(false, [8]byte{})
					fr.flush()
				}()
				for reads := xhttp2.NewFramer(nil, conn); ; {
					frame, err := reads.ReadFrame()
					if err != nil {
						break // it was cut
					}
					r, ok := frame.(*xhttp2.RSTStreamFrame)
					if ok && r.ErrCode != xhttp2.ErrCodeRefusedStream {
						t.Errorf("a reset with %v", r.ErrCode)
					}
					if p, ok := frame.(*xhttp2.PingFrame); ok && p.IsAck() {
						break // all were read
					}
				}
				lines := func() []refusedLine { return refusedLines(t, f.Stdout(), client) }
				if c.least > 0 {
					testkit.Eventually(t, "the first has a line", func() bool {
						return len(lines()) > 0
					})
				}
				_ = conn.Close()
				testkit.Eventually(t, "those that were served have a line", func() bool {
					return strings.Count(f.Stdout(), client) >= allowed
				})
				if c.least > 1 {
					testkit.Eventually(t, "the number has a line", func() bool {
						return len(lines()) > 1
					})
				}
				got := lines()
				slices.SortFunc(got, func(a, b refusedLine) int { return a.Refused - b.Refused })
				if want := min(c.least, 2); len(got) != want {
					t.Fatalf("%d lines, want %d: %+v", len(got), want, got)
				}
				for i, line := range got {
					if line.Listener != listener || line.Protocol != "HTTP/2" || line.Status != 0 ||
						line.Code != "GW_OVERLOADED" || line.RequestID == "" || line.Path != "" ||
						line.Time.IsZero() || (line.TLS != "") != (listener == "tls") {
						t.Errorf("a line says %+v", line)
					}
					least, most := 1, 1
					if i == 1 {
						least, most = c.least, c.most
					}
					if line.Refused < least || line.Refused > most {
						t.Errorf("line %d counts %d, want %d to %d", i, line.Refused, least, most)
					}
				}
			})
		}
	}
}
