package http2_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
)

var (
	speedTarget = target("GET", "/some/path")
	speedFields = [][2][]byte{
		{[]byte("user-agent"), []byte("Mozilla/5.0 (X11; Linux x86_64)")},
		{[]byte("accept"), []byte("*/*")},
		{[]byte("accept-encoding"), []byte("gzip, deflate, br")},
		{[]byte("x-forwarded-for"), []byte("192.0.2.1")},
	}
)

// exchange does one request as a proxy does it.
func exchange(c *http2.Client, buf []byte) error {
	s := c.Open()
	if s == nil {
		return fmt.Errorf("there is no room")
	}
	defer s.Close()
	f := s.Fields()
	for _, kv := range speedFields {
		f.Add(kv[0], kv[1])
	}
	if err := s.WriteHead(speedTarget, nil, true); err != nil {
		return err
	}
	if status, _, err := s.ReadHead(); status != 200 || err != nil {
		return fmt.Errorf("status %d, %w", status, err)
	}
	for {
		if _, err := s.ReadBody(buf); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// crew are goroutines that do requests one after another, a round at a time.
type crew struct {
	start []chan int
	done  chan error
}

func newCrew(t testing.TB, c *caller, n int) *crew {
	k := &crew{done: make(chan error, n)}
	var wg sync.WaitGroup
	for range n {
		start := make(chan int)
		k.start = append(k.start, start)
		wg.Go(func() {
			buf := make([]byte, 4096)
			for rounds := range start {
				var err error
				for range rounds {
					if e := exchange(c.Client, buf); e != nil {
						err = e
					}
				}
				k.done <- err
			}
		})
	}
	t.Cleanup(func() {
		for _, start := range k.start {
			close(start)
		}
		wg.Wait()
	})
	return k
}

func (k *crew) round(t testing.TB, each int) {
	for _, start := range k.start {
		start <- each
	}
	for range k.start {
		if err := <-k.done; err != nil {
			t.Fatal(err)
		}
	}
}

// TestARequestOfAClientAllocatesNothing counts what both ends allocate.
func TestARequestOfAClientAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates, and drops what is put into pools")
	}
	for _, streams := range []int{1, 16} {
		s := listen(t, trivial, nil)
		k := newCrew(t, call(t, s.addr(), callerOptions{}).ready(), streams)
		k.round(t, 100)
		if perRound := testing.AllocsPerRun(200, func() { k.round(t, 10) }); perRound > 2 {
			t.Errorf("%d requests in %d streams allocate %v times, want at most twice", 10*streams,
				streams, perRound)
		}
	}
}

// BenchmarkClient compares with x/net's client, with the same server in the same
// process. One op is one request.
func BenchmarkClient(b *testing.B) {
	for _, load := range []struct{ conns, streams int }{{4, 16}, {32, 1}} {
		name := fmt.Sprintf("%dx%d", load.conns, load.streams)
		drive := func(b *testing.B, request func(conn int, buf []byte) error) {
			b.ReportAllocs()
			each := max(b.N/(load.conns*load.streams), 1)
			var wg sync.WaitGroup
			b.ResetTimer()
			used := cpu()
			for i := range load.conns * load.streams {
				wg.Go(func() {
					buf := make([]byte, 4096)
					for range each {
						if err := request(i%load.conns, buf); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(cpu()-used)/float64(each*load.conns*load.streams), "cpu-ns/op")
		}
		b.Run(name+"/ours", func(b *testing.B) {
			s := listen(b, trivial, nil)
			callers := make([]*caller, load.conns)
			for i := range callers {
				callers[i] = call(b, s.addr(), callerOptions{}).ready()
			}
			drive(b, func(conn int, buf []byte) error {
				return exchange(callers[conn].Client, buf)
			})
		})
		b.Run(name+"/x-net", func(b *testing.B) {
			s := listen(b, trivial, nil)
			callers := make([]*xhttp2.ClientConn, load.conns)
			for i := range callers {
				conn, err := net.Dial("tcp", s.addr())
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { conn.Close() })
				if callers[i], err = (&xhttp2.Transport{
					AllowHTTP: true, DisableCompression: true,
				}).NewClientConn(conn); err != nil {
					b.Fatal(err)
				}
			}
			drive(b, func(conn int, buf []byte) error {
				r, err := http.NewRequest("GET", "http://a.test/some/path", nil)
				if err != nil {
					return err
				}
				for _, kv := range speedFields {
					r.Header.Set(string(kv[0]), string(kv[1]))
				}
				resp, err := callers[conn].RoundTrip(r)
				if err != nil {
					return err
				}
				defer resp.Body.Close()
				_, err = io.CopyBuffer(io.Discard, resp.Body, buf)
				return err
			})
		})
	}
}
