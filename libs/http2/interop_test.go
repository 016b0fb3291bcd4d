package http2_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	xhttp2 "golang.org/x/net/http2"
)

// mirror sends a body back as it comes, with a trailer that counts it.
func mirror(st *http2.Stream) {
	st.Fields().AddString("Trailer", "X-Count")
	if st.WriteHead(200, nil, false) != nil {
		return
	}
	buf := make([]byte, 10_000)
	total := 0
	for {
		n, err := st.ReadBody(buf)
		if n > 0 {
			total += n
			if st.WriteBody(buf[:n], false) != nil {
				return
			}
			continue
		}
		if err != io.EOF {
			return
		}
		st.Fields().AddString("X-Count", fmt.Sprint(total))
		_ = st.WriteTrailers()
		return
	}
}

// TestTheStandardClientGetsItsBytes: many streams at once, bodies both ways,
// through TLS.
func TestTheStandardClientGetsItsBytes(t *testing.T) {
	var authority *testkit.Authority
	s := listen(t, mirror, func(s *server) { authority = withTLS(t, s) })
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2: true,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: deadline}
	var wg sync.WaitGroup
	for worker := range 20 {
		wg.Go(func() {
			for round := range 10 {
				body := pattern(uint32(worker), 1+round*20_000)
				resp, err := client.Post("https://"+s.addr()+"/", "text/plain",
					bytes.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				got, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || resp.ProtoMajor != 2 || !bytes.Equal(got, body) ||
					resp.Trailer.Get("X-Count") != fmt.Sprint(len(body)) {
					t.Errorf("%s: %d of %d bytes, trailer %v, %v", resp.Proto, len(got), len(body),
						resp.Trailer, err)
				}
			}
		})
	}
	wg.Wait()
}

// TestAnIdleConnectionCostsLittle: what busy ones need is given back.
func TestAnIdleConnectionCostsLittle(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes memory of its own")
	}
	const conns, each = 500, 48 << 10
	s := listen(t, hello, byHand)
	before := heap()
	for range conns {
		c := dial(t, s)
		for n := range 16 {
			c.headers(id(n), true, get()...)
		}
		c.flush()
		for ended := 0; ended < 16; {
			f, err := c.next()
			c.must(err)
			if f, ok := f.(*xhttp2.DataFrame); ok && f.StreamEnded() {
				ended++
			}
		}
	}
	s.watch.Tick(20e9) // once to see what is not needed
	s.watch.Tick(40e9)
	settle(t, s, conns)
	if cost := (heap() - before) / conns; cost > each {
		t.Errorf("an idle connection costs %d KiB with its client, want at most %d KiB", cost>>10,
			each>>10)
	} else {
		t.Logf("an idle connection costs %d KiB with its client", cost>>10)
	}
}
