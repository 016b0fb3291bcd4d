package logread

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestLinesAreReadOneByOne(t *testing.T) {
	long := strings.Repeat("x", 3*MaxLine)
	text := "a\r\n\n" + long + "\nb\n" + long + "\nc"
	for name, from := range map[string]io.Reader{
		"at once":        strings.NewReader(text),
		"byte by byte":   iotest.OneByteReader(strings.NewReader(text)),
		"with its error": iotest.DataErrReader(strings.NewReader(text)),
	} {
		l := New(t.Context(), from)
		var got []string
		for {
			line, tooLong, err := l.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(l.Number, string(line), tooLong))
		}
		want := "[1afalse 2false 3true 4bfalse 5true 6cfalse]"
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
}

func TestTheEndOfTheContextEndsAReadThatWaits(t *testing.T) {
	from, to := io.Pipe()
	defer func() { _ = to.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if _, _, err := New(ctx, from).Next(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
