package compress

import (
	"io"
	"sync"
	"sync/atomic"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Levels of coding, as routes[].compress.level has them.
const (
	leastLevel = 1
	mostLevel  = 9
)

// Coders lends coders to responses. All plans of a process have the same one, so that the bound
// holds and the counters go on over reloads. Its methods may be called at the same time. The zero
// value is ready.
type Coders struct {
	idle [codings][mostLevel + 1]sync.Pool // of *coder
	used atomic.Int64                      // bytes, as weights say

	counts [codings]counts
	plain  atomic.Uint64
}

// counts are what was done with one coding.
type counts struct {
	responses, in, out atomic.Uint64
}

// An encoder codes a body. Those of the three libraries have these methods.
type encoder interface {
	io.Writer
	Flush() error
	Close() error
	Reset(w io.Writer)
}

// A coder is an encoder that can be lent, and what it writes to.
type coder struct {
	encoder
	out   appender
	kind  coding
	level int
}

// appender puts what is written to it behind what it has.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}

// weight is about how many bytes a coder of a level takes, and at least that (measured, see
// TestWeights).
func weight(c coding, level int) int64 {
	const mib = 1 << 20
	switch c {
	case gzipped:
		if level == 1 {
			return mib
		}
		return 3 * mib / 2
	case brotlied:
		switch {
		case level < 4:
			return mib
		case level == 4:
			return 2 * mib
		case level < 7:
			return 5 * mib
		}
		return 10 * mib
	}
	switch zstdLevel(level) {
	case zstd.SpeedFastest:
		return mib
	case zstd.SpeedDefault:
		return 5 * mib / 2
	}
	return 11 * mib / 2
}

// mostBrotli is the highest quality of brotli that is used. The next ones take two and four times
// the memory, for a percent less of the size.
const mostBrotli = 7

// zstdLevel is the level of the library, which has three that are fit for answers.
func zstdLevel(level int) zstd.EncoderLevel {
	return min(zstd.EncoderLevelFromZstd(level), zstd.SpeedBetterCompression)
}

// Windows of the codings. A larger one finds more in large bodies, and costs its size for each
// response at the same time.
const (
	zstdWindow    = 256 << 10
	brotliWindow  = 16 // bits; gzip's has 15
	brotliWindow5 = 18 // from level 5 on
)

// take lends a coder, unless more than limit bytes would be in use. give takes it back.
func (c *Coders) take(kind coding, level int, limit int64) *coder {
	w := weight(kind, level)
	if c.used.Add(w) > limit {
		c.used.Add(-w)
		c.plain.Add(1)
		return nil
	}
	c.counts[kind].responses.Add(1)
	if made, ok := c.idle[kind][level].Get().(*coder); ok {
		made.Reset(&made.out)
		return made
	}
	made := &coder{kind: kind, level: level}
	made.encoder = newEncoder(kind, level, &made.out)
	return made
}

// give takes a coder back.
func (c *Coders) give(made *coder) {
	made.out.b = nil
	c.used.Add(-weight(made.kind, made.level))
	c.idle[made.kind][made.level].Put(made)
}

func newEncoder(kind coding, level int, out *appender) encoder {
	switch kind {
	case gzipped:
		w, err := gzip.NewWriterLevel(out, level)
		if err != nil {
			panic(err) // the level was checked
		}
		return w
	case brotlied:
		o := brotli.WriterOptions{Quality: min(level, mostBrotli), LGWin: brotliWindow}
		if level > 4 {
			o.LGWin = brotliWindow5
		}
		return brotli.NewWriterOptions(out, o)
	}
	w, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(zstdWindow), zstd.WithEncoderLevel(zstdLevel(level)))
	if err != nil {
		panic(err) // none of the options depends on anything
	}
	return w
}
