package http2_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/http2"
	xhttp2 "golang.org/x/net/http2"
)

// pattern is n bytes that differ for each stream and place.
func pattern(seed uint32, n int) []byte {
	b := make([]byte, n)
	var block [32]byte
	for i := range b {
		if i%len(block) == 0 {
			var in [8]byte
			binary.BigEndian.PutUint32(in[:], seed)
			binary.BigEndian.PutUint32(in[4:], uint32(i))
			block = sha256.Sum256(in[:])
		}
		b[i] = block[i%len(block)]
	}
	return b
}

// TestFlowControlLosesAndReordersNothing sends bodies of random sizes, in random
// pieces, both ways at once, through random windows that are opened in random
// steps, and sees that each side keeps to the other's windows.
func TestFlowControlLosesAndReordersNothing(t *testing.T) {
	const rounds = 30
	for round := range rounds {
		seed := uint64(round)
		rng := rand.New(rand.NewPCG(seed, 1))
		streams := 1 + rng.IntN(8)
		down := make([]int, streams) // bytes of each response
		up := make([]int, streams)
		for i := range down {
			down[i], up[i] = rng.IntN(1<<rng.IntN(19)), rng.IntN(1<<rng.IntN(19))
		}
		opts := http2.Options{
			StreamWindow: 1 + rng.IntN(100_000), ConnWindow: 65535 + rng.IntN(200_000),
		}
		t.Run(fmt.Sprint(round), func(t *testing.T) { exerciseFlow(t, rng, opts, down, up) })
	}
}

func exerciseFlow(t *testing.T, rng *rand.Rand, opts http2.Options, down, up []int) {
	pieceSeed := rng.Uint64()
	s := listen(t, func(st *http2.Stream) {
		i := int(st.ID()-1) / 2
		rng := rand.New(rand.NewPCG(pieceSeed, uint64(i)))
		got := make(chan error, 1)
		go func() { // both ways at once
			body, err := readAll(st)
			if err == nil && !bytes.Equal(body, pattern(st.ID()+1, up[i])) {
				err = fmt.Errorf("the request body of stream %d arrived changed: %d bytes of %d",
					st.ID(), len(body), up[i])
			}
			got <- err
		}()
		body := pattern(st.ID(), down[i])
		first := rng.IntN(len(body) + 1)
		err := st.WriteHead(200, body[:first], false)
		for body = body[first:]; err == nil && len(body) > 0; {
			n := 1 + rng.IntN(len(body))
			err = st.WriteBody(body[:n], false)
			body = body[n:]
		}
		if e := <-got; e != nil {
			t.Error(e)
		}
		if err == nil {
			err = st.WriteBody(nil, true)
		}
		if err != nil {
			t.Errorf("stream %d: %v", st.ID(), err)
		}
	}, func(s *server) { s.opts = opts })

	window := int64(rng.IntN(70_000))
	c := dial(t, s, xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: uint32(window)})
	c.answerGreeting()
	type side struct {
		got       answer
		mayGet    int64 // of the window that the server may fill
		toSend    []byte
		maySend   int64
		outFinish bool
	}
	sides := map[uint32]*side{}
	for i := range down {
		id := uint32(2*i + 1)
		sides[id] = &side{
			mayGet: window, toSend: pattern(id+1, up[i]), maySend: int64(opts.StreamWindow),
		}
		c.headers(id, false, post()...)
	}
	connGet, connSend := int64(65535), int64(opts.ConnWindow)
	open := len(sides)
	for open > 0 {
		more := false // could be sent
		// Send what the windows allow, or less.
		for id, x := range sides {
			for !x.outFinish {
				n := min(int64(len(x.toSend)), x.maySend, connSend, 16<<10)
				if n == 0 && len(x.toSend) > 0 {
					break
				}
				if n > 1 {
					n = 1 + rng.Int64N(n)
				}
				x.outFinish = n == int64(len(x.toSend))
				c.must(c.fr.WriteData(id, x.outFinish, x.toSend[:n]))
				x.toSend = x.toSend[n:]
				x.maySend -= n
				connSend -= n
				if rng.IntN(3) == 0 {
					more = more || !x.outFinish && x.maySend > 0 && connSend > 0
					break
				}
			}
			if x.got.ended || x.mayGet > 0 && rng.IntN(4) > 0 {
				continue
			}
			by := 1 + rng.Int64N(40_000)
			x.mayGet += by
			c.must(c.fr.WriteWindowUpdate(id, uint32(by)))
		}
		if connGet < 20_000 {
			by := 1 + rng.Int64N(60_000)
			connGet += by
			c.must(c.fr.WriteWindowUpdate(0, uint32(by)))
		}
		c.flush()
		if more {
			continue
		}
		f, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		id := f.Header().StreamID
		if u, ok := f.(*xhttp2.WindowUpdateFrame); ok {
			if id == 0 {
				connSend += int64(u.Increment)
			} else {
				sides[id].maySend += int64(u.Increment)
			}
			continue
		}
		x := sides[id]
		if x == nil {
			continue
		}
		if d, ok := f.(*xhttp2.DataFrame); ok {
			connGet -= int64(d.Length)
			x.mayGet -= int64(d.Length)
			if connGet < 0 || x.mayGet < 0 {
				t.Fatalf("stream %d: the server sent more than its windows allow", id)
			}
		}
		x.got.take(t, f)
		if x.got.ended {
			open--
		}
	}
	for id, x := range sides {
		if want := pattern(id, down[(id-1)/2]); x.got.wasRst || !bytes.Equal(x.got.body, want) {
			t.Errorf("stream %d: %v, want %d bytes", id, x.got, len(want))
		}
	}
}

// Streams of one urgency take turns; a more urgent one goes first.
func TestStreamsTakeTurns(t *testing.T) {
	const size = 200_000
	gate := make(chan struct{})
	s := listen(t, func(st *http2.Stream) {
		<-gate
		_ = st.WriteHead(200, make([]byte, size), true)
	}, nil)
	// A window of nothing first, so that all of them wait before it opens.
	c := dial(t, s, xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: size})
	c.must(c.fr.WriteWindowUpdate(0, 0))
	c.out.Reset()
	c.request(1, get()...) // takes the connection's window
	close(gate)
	for a := (answer{}); len(a.body) < 65535; {
		f, err := c.next()
		c.must(err)
		a.take(t, f)
	}
	c.must(c.fr.WriteRSTStream(1, xhttp2.ErrCodeCancel))
	for id := uint32(3); id <= 9; id += 2 {
		c.headers(id, true, get()...)
	}
	c.headers(11, true, get("priority", "i, u=1")...)
	c.must(c.fr.WritePing(false, [8]byte{1}))
	c.flush()
	heads := 0
	for heads < 5 {
		f, err := c.next()
		c.must(err)
		if _, ok := f.(*xhttp2.MetaHeadersFrame); ok {
			heads++
		}
	}
	c.must(c.fr.WriteWindowUpdate(0, 10*size))
	c.flush()
	sent := map[uint32]int{}
	for sent[3]+sent[5]+sent[7]+sent[9] < 4*size {
		f, err := c.next()
		c.must(err)
		d, ok := f.(*xhttp2.DataFrame)
		if !ok {
			continue
		}
		sent[d.StreamID] += len(d.Data())
		if d.StreamID != 11 && sent[11] < size-1 {
			t.Fatalf("stream %d got a turn before the urgent one had %d of its %d bytes",
				d.StreamID, sent[11], size)
		}
		low, high := size, 0
		for id := uint32(3); id <= 9; id += 2 {
			low, high = min(low, sent[id]), max(high, sent[id])
		}
		if high-low > 2*16<<10 {
			t.Fatalf("one stream has %d bytes when another has %d", high, low)
		}
	}
}

// A slow client makes handlers wait; it does not make memory grow.
func TestASlowClientHoldsNoMemory(t *testing.T) {
	const streams, size = 100, 4 << 20
	body := make([]byte, size)
	s := listen(t, func(st *http2.Stream) { _ = st.WriteHead(200, body, true) }, nil)
	before := heap()
	for range 10 {
		c := dial(t, s, xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 1 << 30})
		c.must(c.fr.WriteWindowUpdate(0, 1<<30))
		for i := range streams {
			c.headers(uint32(2*i+1), true, get()...)
		}
		c.flush() // and reads nothing
	}
	settle(t, s, 10)
	// 1,000 streams with 4 GB between them: their goroutines, two buffers a connection.
	if grown := heap() - before; grown > 16<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}
