package compress

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// decoded is what a client makes of a coded body. What is cut off gives an error, after the bytes
// that came.
func decoded(t testing.TB, c coding, body []byte) ([]byte, error) {
	t.Helper()
	var r io.Reader
	switch c {
	case gzipped:
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r = z
	case brotlied:
		r = brotli.NewReader(bytes.NewReader(body))
	default:
		z, err := zstd.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		r = z
	}
	return io.ReadAll(r)
}

// random is a text that can be coded, in some places better than in others.
func random(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n)
	for len(b) < n {
		switch r.IntN(3) {
		case 0:
			b = append(b, bytes.Repeat([]byte{byte('a' + r.IntN(26))}, r.IntN(300))...)
		case 1:
			b = strconv.AppendUint(b, r.Uint64(), 36)
		default:
			b = append(b, byte(r.UintN(256)))
		}
	}
	return b[:n]
}

// A body is decoded to what it was, in whatever pieces it came and wherever it paused; and what has
// come before a pause can be decoded at once.
func TestBodiesAreDecodedToWhatTheyWere(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	coders := new(Coders)
	for c := range codings {
		for level := leastLevel; level <= mostLevel; level++ {
			for range 6 {
				made := coders.take(c, level, 1<<40)
				s := &stream{coders: coders, coder: made}
				body := random(r, r.IntN(200_000))
				var out []byte
				var err error
				for rest := body; len(rest) > 0 && err == nil; {
					n := min(1+r.IntN(70_000), len(rest))
					if out, err = s.Write(out, rest[:n]); err != nil {
						break
					}
					rest = rest[n:]
					if r.IntN(2) > 0 {
						continue
					}
					if out, err = s.Flush(out); err != nil {
						break
					}
					sofar, _ := decoded(t, c, slices.Clone(out))
					if want := body[:len(body)-len(rest)]; !bytes.Equal(sofar, want) {
						t.Fatalf("%s level %d: %d bytes can be decoded in a pause, want %d",
							c.name(), level, len(sofar), len(want))
					}
					if again, _ := s.Flush(nil); len(again) > 0 {
						t.Fatalf("%s: a flush of nothing gives %d bytes", c.name(), len(again))
					}
				}
				if err == nil {
					out, err = s.Close(out)
				}
				s.Release()
				if err != nil {
					t.Fatal(err)
				}
				if got, err := decoded(t, c, out); err != nil || !bytes.Equal(got, body) {
					t.Fatalf("%s level %d: %d bytes, want %d; %v", c.name(), level, len(got),
						len(body), err)
				}
			}
		}
	}
	if coders.used.Load() != 0 {
		t.Errorf("%d bytes are in use", coders.used.Load())
	}
}

// A body that is given up in the middle leaves nothing in the coder for the next one, and what came
// of it is no whole body.
func TestACoderThatWasGivenUpIsAsNew(t *testing.T) {
	coders := new(Coders)
	for c := range codings {
		for i := range 3 {
			s := &stream{coders: coders, coder: coders.take(c, 1, 1<<40)}
			out, _ := s.Write(nil, bytes.Repeat([]byte("secret of another client "), 1000))
			out, _ = s.Flush(out)
			s.Release()
			if _, err := decoded(t, c, out); err == nil {
				t.Errorf("%s: a body without its end is decoded", c.name())
			}
			s = &stream{coders: coders, coder: coders.take(c, 1, 1<<40)}
			out, _ = s.Write(nil, []byte("hello"))
			out, _ = s.Close(out)
			s.Release()
			if got, err := decoded(t, c, out); err != nil || string(got) != "hello" {
				t.Fatalf("%s, %d: %q, %v", c.name(), i, got, err)
			}
		}
	}
}

// The weights, by which the memory of all coders is bounded, are at least what coders take.
func TestWeights(t *testing.T) {
	body := random(rand.New(rand.NewPCG(3, 4)), 1<<19)
	for c := range codings {
		for level := leastLevel; level <= mostLevel; level++ {
			const many = 2
			var made [many]*coder
			before := allocated()
			for i := range made {
				made[i] = &coder{}
				made[i].encoder = newEncoder(c, level, &made[i].out)
				for rest := body; len(rest) > 0; rest = rest[1<<16:] {
					_, _ = made[i].Write(rest[:1<<16])
					_ = made[i].Flush()
					made[i].out.b = nil
				}
			}
			each := int64(allocated()-before) / many
			t.Logf("%s %d: %d KiB, weight %d", c.name(), level, each>>10, weight(c, level)>>10)
			if w := weight(c, level); each > w {
				t.Errorf("%s level %d takes %d bytes, and weighs %d", c.name(), level, each, w)
			}
			runtime.KeepAlive(&made)
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkCode(b *testing.B) {
	body := random(rand.New(rand.NewPCG(5, 6)), 100<<10)
	coders := new(Coders)
	for c := range codings {
		b.Run(c.name(), func(b *testing.B) {
			var out []byte
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				s := &stream{coders: coders, coder: coders.take(c, 1, 1<<40)}
				out, _ = s.Write(out[:0], body)
				out, _ = s.Close(out)
				s.Release()
			}
		})
	}
}
