package logread

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
)

// MaxLine is the longest line that is read, in bytes. The longest that the gateway writes has a
// head of a request in it, with every byte escaped.
const MaxLine = 1 << 20

// Lines reads a log line by line, in memory that does not depend on the log.
type Lines struct {
	from *bufio.Reader
	// Number is that of the line read last, from 1.
	Number int
}

// New returns a reader that ends with an error when ctx ends, also while nothing comes.
func New(ctx context.Context, from io.Reader) *Lines {
	return &Lines{from: bufio.NewReaderSize(&interruptible{ctx: ctx, from: from}, MaxLine)}
}

// Next returns the next line without its end. long says that it is longer than MaxLine and was
// skipped. The line is valid until the next call. At the end of the log the error is io.EOF.
func (l *Lines) Next() (line []byte, long bool, err error) {
	line, err = l.from.ReadSlice('\n')
	if len(line) == 0 && err != nil {
		return nil, false, err
	}
	l.Number++
	if errors.Is(err, bufio.ErrBufferFull) {
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = l.from.ReadSlice('\n')
		}
		long = true
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	if long {
		return nil, true, nil
	}
	return bytes.TrimRight(line, "\r\n"), false, nil
}

// interruptible is a reader that gives up when its context ends, also while nothing comes: a log
// may be the output of a program that goes on for ever.
type interruptible struct {
	ctx    context.Context
	from   io.Reader
	blocks chan block // nil: nothing was asked for yet
	rest   []byte
	err    error
}

type block struct {
	data []byte
	err  error
}

// blockSize is how much is read at once.
const blockSize = 256 << 10

func (r *interruptible) Read(p []byte) (int, error) {
	if r.blocks == nil {
		r.blocks = make(chan block)
		go r.fetch(r.blocks)
	}
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		select {
		case b := <-r.blocks:
			r.rest, r.err = b.data, b.err
		case <-r.ctx.Done():
			r.err = r.ctx.Err()
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// fetch ends with the input, with an error of it, or with the read during which the context ends.
func (r *interruptible) fetch(to chan<- block) {
	// two take turns: one is with the reader while the other is filled
	buffers, turn := [2][]byte{make([]byte, blockSize), make([]byte, blockSize)}, 0
	for {
		n, err := r.from.Read(buffers[turn])
		select {
		case to <- block{buffers[turn][:n], err}:
		case <-r.ctx.Done():
			return
		}
		if err != nil {
			return
		}
		turn = 1 - turn
	}
}
