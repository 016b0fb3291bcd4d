package config

import (
	"io"
	"sync"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	filesystem "github.com/gatewayhomebrew/gateway/libs/files"
)

// FromInput is what names an input where a file could be named, as --config - does.
const FromInput = "-"

// inputName stands for the path of an input in errors and in what is shown.
const inputName = "standard input"

// An Input is a document that comes over a stream. A stream can be read once, so every reload means
// the same bytes. It has files.InputPatience to come to its end, and at most as many bytes as a
// file. Any goroutine may use it; the first reads.
type Input struct {
	From io.Reader

	once sync.Once
	data []byte
	err  error
}

func (in *Input) read() ([]byte, error) {
	in.once.Do(func() { in.data, in.err = filesystem.ReadInput(in.From, text.MaxBytes) })
	return in.data, in.err
}
