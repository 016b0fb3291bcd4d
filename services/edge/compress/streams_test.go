package compress_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A talker is an endpoint that sends what the test says, and no more until it says so.
type talker struct {
	kind  string
	say   chan string
	heads chan struct{} // the head is out
	left  chan struct{} // the client has gone away
}

func newTalker(t *testing.T, kind string) *talker {
	k := &talker{
		kind: kind, say: make(chan string), heads: make(chan struct{}, 100),
		left: make(chan struct{}, 100),
	}
	return k
}

func (k *talker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", k.kind)
	w.WriteHeader(200)
	w.(http.Flusher).Flush()
	k.heads <- struct{}{}
	for {
		select {
		case <-r.Context().Done():
			k.left <- struct{}{}
			return
		case s, ok := <-k.say:
			if !ok || s == "" {
				return
			}
			_, _ = io.WriteString(w, s)
			w.(http.Flusher).Flush()
		}
	}
}

// Each event of a stream is at the client before the endpoint sends the next: also one that is as
// large as what the edge reads at a time, and the first, however short it is. The head comes before
// any event.
func TestStreamsAreFlushedWhereTheEndpointPauses(t *testing.T) {
	t.Parallel()
	sizes := []int{1, 100, 4 << 10, 16 << 10, 64 << 10, 64<<10 + 1, 200_000, 3}
	for _, kind := range []string{"text/event-stream", "application/x-ndjson", "text/plain"} {
		for _, endpoint := range endpoints {
			t.Run(kind+" "+endpoint, func(t *testing.T) {
				t.Parallel()
				k := newTalker(t, kind)
				f := start(t, endpoint, "{}", k)
				each(t, f, func(t *testing.T, c *http.Client, base string) {
					for _, algorithm := range algorithms {
						r := ask(t, c, "GET", base, algorithm)
						<-k.heads
						if r.Header.Get("Content-Encoding") != algorithm {
							t.Fatalf("it is not coded: %v", r.Header)
						}
						in := (*bufio.Reader)(nil)
						for i, size := range sizes {
							event := strings.Repeat(string(rune('a'+i)), size) + "\n"
							k.say <- event
							if in == nil {
								in = bufio.NewReader(decoder(t, r))
							}
							got, err := in.ReadString('\n')
							if err != nil || got != event {
								t.Fatalf("%s, %d bytes: got %d, %v", algorithm, size, len(got), err)
							}
						}
						k.say <- ""
						if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
							t.Errorf("%s: the end gives %d bytes, %v", algorithm, len(rest), err)
						}
					}
				})
			})
		}
	}
}

// A reload in the middle of a coded stream changes nothing for it, also one that takes compression
// away; the next response is as the new configuration says.
func TestAReloadInTheMiddleOfAStream(t *testing.T) {
	t.Parallel()
	k := newTalker(t, "text/event-stream")
	f := start(t, "http1", "{level: 1}", k)
	each(t, f, func(t *testing.T, c *http.Client, base string) {
		r := ask(t, c, "GET", base, "gzip")
		<-k.heads
		k.say <- "one\n"
		in := bufio.NewReader(decoder(t, r))
		next := func(want string) {
			t.Helper()
			if got, err := in.ReadString('\n'); got != want {
				t.Fatalf("got %q, want %q; %v", got, want, err)
			}
		}
		next("one\n")
		edgetest.Edit(t, f, "compress: {level: 1}", "compress: {algorithms: []}")
		k.say <- "two\n"
		next("two\n")
		plain := ask(t, c, "GET", base, "gzip")
		<-k.heads
		if h := plain.Header; h.Get("Content-Encoding") != "" || h.Get("Vary") != "" {
			t.Errorf("after the reload: %v", h)
		}
		_ = plain.Body.Close()
		edgetest.Edit(t, f, "compress: {algorithms: []}", "compress: {level: 1}")
		<-k.left
		k.say <- "three\n"
		next("three\n")
		k.say <- ""
		if _, err := in.ReadString('\n'); err != io.EOF {
			t.Errorf("the end gives %v", err)
		}
	})
	if m := f.Metrics(t); m[`gateway_compress_responses_total{algorithm="gzip"}`] != 4 {
		t.Errorf("counted are %v", m[`gateway_compress_responses_total{algorithm="gzip"}`])
	}
}

// Over the bound of memory a response goes as it is, and is counted. What ends gives its memory
// back, also where the client goes away.
func TestTheMemoryIsBounded(t *testing.T) {
	t.Parallel()
	k := newTalker(t, "text/event-stream")
	f := startWith(t, "http1", testkit.Cluster{
		Route: ", compress: {algorithms: [gzip]}", Top: "limits: {compress_memory: 2097152}\n",
	}, k)
	each(t, f, func(t *testing.T, c *http.Client, base string) {
		before := f.Metrics(t)["gateway_compress_plain_total"]
		var open []*http.Response
		for i := range 4 {
			r := ask(t, c, "GET", base, "gzip")
			<-k.heads
			if coded := r.Header.Get("Content-Encoding") != ""; coded != (i < 2) {
				t.Errorf("stream %d: coded %v", i, coded)
			}
			if r.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("stream %d: %v", i, r.Header)
			}
			open = append(open, r)
		}
		m := f.Metrics(t)
		if n := m["gateway_compress_plain_total"] - before; n != 2 {
			t.Errorf("%v are counted as plain", n)
		}
		if n := m["gateway_compress_memory_bytes"]; n != 2<<20 {
			t.Errorf("%v bytes are in use", n)
		}
		for _, r := range open {
			_ = r.Body.Close()
			<-k.left
		}
		testkit.Eventually(t, "the memory is given back", func() bool {
			return f.Metrics(t)["gateway_compress_memory_bytes"] == 0
		})
	})
}

// What breaks off at the endpoint breaks off at the client: it never sees a clean end. What came
// before is there.
func TestABrokenBodyIsSeenToBeBroken(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"http1", "h2c"} {
		for name, length := range map[string]string{"of known length": "100000", "in pieces": ""} {
			t.Run(endpoint+" "+name, func(t *testing.T) {
				t.Parallel()
				gate := make(chan struct{}, 1)
				f := start(t, endpoint, "{}", http.HandlerFunc(
					func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Content-Type", "text/plain")
						if length != "" {
							w.Header().Set("Content-Length", length)
						}
						fmt.Fprintln(w, edgetest.BodyOf(5000))
						w.(http.Flusher).Flush()
						<-gate
						panic(http.ErrAbortHandler)
					}))
				each(t, f, func(t *testing.T, c *http.Client, base string) {
					for _, algorithm := range algorithms {
						r := ask(t, c, "GET", base, algorithm)
						in := bufio.NewReader(decoder(t, r))
						if got, err := in.ReadString('\n'); len(got) != 5001 {
							t.Fatalf("%s: %d bytes came, %v", algorithm, len(got), err)
						}
						gate <- struct{}{}
						if _, err := in.ReadByte(); err == nil || err == io.EOF {
							t.Errorf("%s: the coding ends with %v", algorithm, err)
						}
						if _, err := io.Copy(io.Discard, r.Body); err == nil {
							t.Errorf("%s: the message ends well", algorithm)
						}
					}
				})
			})
		}
	}
}

// A client that takes nothing holds its endpoint back: the edge does not read the body into memory.
func TestASlowClientHoldsTheEndpointBack(t *testing.T) {
	t.Parallel()
	sent := make(chan int, 1)
	body := []byte(edgetest.BodyOf(64 << 10))
	for i := range body {
		body[i] = byte(i * i * 7919 >> 3) // hardly gets smaller
	}
	f := start(t, "http1", "{algorithms: [gzip]}", http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			n := 0
			defer func() { sent <- n }()
			for n < 1<<30 {
				k, err := w.Write(body)
				if n += k; err != nil {
					return
				}
			}
		}))
	c := testkit.Dial(t, f.Addr("plain"))
	edgetest.Must(t, c.SetReadBuffer(4096))
	edgetest.Must(t, c.Send("GET / HTTP/1.1\r\nHost: a.test\r\nAccept-Encoding: gzip\r\n\r\n"))
	if r, err := c.Head(); err != nil || r.Fields.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%+v, %v", r, err)
	}
	const in = `gateway_compress_bytes_total{algorithm="gzip",direction="in"}`
	last, same := -1.0, 0
	testkit.Eventually(t, "the edge reads no more", func() bool {
		now := f.Metrics(t)[in]
		if same++; now != last {
			last, same = now, 0
		}
		return same > 5
	})
	rss, err := f.RSS()
	edgetest.Must(t, err)
	if rss > 200<<20 {
		t.Errorf("the edge has %d MiB", rss>>20)
	}
	c.Close()
	if n := <-sent; n > 128<<20 {
		t.Errorf("%d MiB were read for a client that takes nothing", n>>20)
	}
}
