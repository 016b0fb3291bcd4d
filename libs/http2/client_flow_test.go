package http2_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
)

// TestAClientsFlowControlLosesAndReordersNothing is the test of the server's flow
// control with the sides changed.
func TestAClientsFlowControlLosesAndReordersNothing(t *testing.T) {
	for round := range 30 {
		rng := rand.New(rand.NewPCG(uint64(round), 3))
		streams := 1 + rng.IntN(8)
		down, up := make([]int, streams), make([]int, streams)
		for i := range down {
			down[i], up[i] = rng.IntN(1<<rng.IntN(19)), rng.IntN(1<<rng.IntN(19))
		}
		opts := http2.ClientOptions{
			StreamWindow: 1 + rng.IntN(100_000), ConnWindow: 65535 + rng.IntN(200_000),
		}
		t.Run(fmt.Sprint(round), func(t *testing.T) { exerciseClientFlow(t, rng, opts, down, up) })
	}
}

func exerciseClientFlow(t *testing.T, rng *rand.Rand, opts http2.ClientOptions, down, up []int) {
	window := int64(rng.IntN(70_000))
	c, g := face(t, callerOptions{ClientOptions: opts}, xhttp2.Setting{
		ID: xhttp2.SettingInitialWindowSize, Val: uint32(window),
	})
	var wg sync.WaitGroup
	defer wg.Wait()
	streams := make([]*http2.ClientStream, len(down))
	for i := range down {
		streams[i] = c.open()
		g.must(streams[i].WriteHead(target("POST", "/"), nil, false))
		g.request()
	}
	for i, s := range streams {
		seed := rng.Uint64()
		wg.Go(func() {
			defer s.Close()
			rng := rand.New(rand.NewPCG(seed, 4))
			id := uint32(2*i + 1)
			sent := make(chan error, 1)
			go func() { // both ways at once
				body := pattern(id+1, up[i])
				var err error
				for err == nil && len(body) > 0 {
					n := 1 + rng.IntN(len(body))
					err = s.WriteBody(body[:n], false)
					body = body[n:]
				}
				if err == nil {
					err = s.WriteBody(nil, true)
				}
				sent <- err
			}()
			r := receive(s)
			if r.err != nil || !bytes.Equal(r.body, pattern(id, down[i])) {
				t.Errorf("stream %d: %d of %d bytes, %v", id, len(r.body), down[i], r.err)
			}
			if err := <-sent; err != nil {
				t.Errorf("stream %d: %v", id, err)
			}
		})
	}
	type side struct {
		got       []byte
		mayGet    int64 // of the window that the client may fill
		toSend    []byte
		inEnded   bool
		outFinish bool
	}
	sides := map[uint32]*side{}
	// What the client announced is in force: its settings came before its requests.
	for i := range down {
		id := uint32(2*i + 1)
		sides[id] = &side{mayGet: window, toSend: pattern(id, down[i])}
		g.head(id, false, ":status", "200")
		g.grants[id] += int64(opts.StreamWindow)
	}
	g.grants[0] += 65535
	connGet := int64(65535)
	g.flush()
	for open := len(sides); open > 0; {
		more := false
		for id, x := range sides {
			for !x.outFinish {
				n := min(int64(len(x.toSend)), g.grants[id], g.grants[0], 16<<10)
				if n <= 0 && len(x.toSend) > 0 {
					break
				}
				if n > 1 {
					n = 1 + rng.Int64N(n)
				}
				x.outFinish = n == int64(len(x.toSend))
				g.must(g.fr.WriteData(id, x.outFinish, x.toSend[:n]))
				x.toSend = x.toSend[n:]
				g.grants[id] -= n
				g.grants[0] -= n
				if x.outFinish && x.inEnded {
					open--
				}
				if rng.IntN(3) == 0 {
					more = more || !x.outFinish && g.grants[id] > 0 && g.grants[0] > 0
					break
				}
			}
			if x.inEnded || x.mayGet > 0 && rng.IntN(4) > 0 {
				continue
			}
			by := 1 + rng.Int64N(40_000)
			x.mayGet += by
			g.must(g.fr.WriteWindowUpdate(id, uint32(by)))
		}
		if connGet < 20_000 {
			by := 1 + rng.Int64N(60_000)
			connGet += by
			g.must(g.fr.WriteWindowUpdate(0, uint32(by)))
		}
		g.flush()
		if more || open == 0 {
			continue
		}
		f, err := g.next()
		if err != nil {
			t.Fatal(err)
		}
		switch f := f.(type) {
		case *xhttp2.PingFrame:
			g.must(g.fr.WritePing(true, f.Data))
		case *xhttp2.RSTStreamFrame:
			t.Fatalf("got %v", f)
		case *xhttp2.DataFrame:
			x := sides[f.StreamID]
			connGet -= int64(f.Length)
			x.mayGet -= int64(f.Length)
			if connGet < 0 || x.mayGet < 0 {
				t.Fatalf("stream %d: the client sent more than its windows allow", f.StreamID)
			}
			x.got = append(x.got, f.Data()...)
			if f.StreamEnded() {
				if x.inEnded = true; x.outFinish {
					open--
				}
			}
		}
	}
	for id, x := range sides {
		if want := pattern(id+1, up[(id-1)/2]); !bytes.Equal(x.got, want) {
			t.Errorf("stream %d: the server got %d bytes, want %d", id, len(x.got), len(want))
		}
	}
}

// A response that is read fast from far away gets a larger window; how much all may
// hold together stays below the connection's.
func TestWindowsOfAClientGrowWithinTheConnections(t *testing.T) {
	const size = 10 << 20
	for _, o := range []struct {
		conn int
		grow bool
	}{{0, true}, {65535, false}} {
		c, g := face(t, callerOptions{
			ClientOptions: http2.ClientOptions{ConnWindow: o.conn, MaxConnWindow: o.conn},
		})
		st, id := g.sent(c, "GET")
		got := make(chan got, 1)
		go func() { got <- receive(st.ClientStream) }()
		g.head(id, false, ":status", "200")
		most := g.download(id, size)
		if r := <-got; len(r.body) != size || r.err != nil {
			t.Errorf("%d bytes, %v", len(r.body), r.err)
		}
		if grown := most > http2.DefaultStreamWindow; grown != o.grow {
			t.Errorf("with a window of %d for all, %d bytes were granted at once to one", o.conn,
				most)
		}
	}
}

// download sends size bytes as fast as the windows allow, answering PINGs late, as
// from far away, and returns the most that was granted at once.
func (g *endpoint) download(id uint32, size int) (most int64) {
	g.t.Helper()
	g.grants[id] += http2.DefaultStreamWindow
	g.grants[0] += 65535
	var late []byte // answers to PINGs
	for sent := 0; sent < size; {
		for n := 1; n > 0 && sent < size; {
			if n = int(min(int64(size-sent), g.grants[id], g.grants[0], 16<<10)); n > 0 {
				sent += n
				g.grants[id] -= int64(n)
				g.grants[0] -= int64(n)
				g.must(g.fr.WriteData(id, sent == size, make([]byte, n)))
			}
		}
		g.out.Write(late)
		late = nil
		g.flush()
		if sent == size {
			break // the client owes nothing for the last of it
		}
		f, err := g.next()
		g.must(err)
		switch f := f.(type) {
		case *xhttp2.WindowUpdateFrame:
			if f.StreamID == id {
				most = max(most, int64(f.Increment))
			}
		case *xhttp2.PingFrame:
			var b bytes.Buffer
			g.must(xhttp2.NewFramer(&b, nil).WritePing(true, f.Data))
			late = b.Bytes()
		}
	}
	return most
}
