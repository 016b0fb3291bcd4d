package heads

import (
	"bytes"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// lines copies header lines. Neighbours that are kept as they came go in one piece.
type lines struct {
	dst        []byte
	head       *http1.Head
	start, end int32 // the run of lines that is not copied yet
}

func (l *lines) keep(f *http1.Field) {
	if !f.Plain {
		l.flush()
		l.dst = appendLine(l.dst, l.head.Name(f), l.head.Value(f))
		return
	}
	if f.Start != l.end {
		l.flush()
		l.start = f.Start
	}
	l.end = f.End
}

// pass keeps a line with the value that edits make of it, or leaves it out.
func (l *lines) pass(f *http1.Field, edits http1.EditList) {
	if len(edits) == 0 {
		l.keep(f)
		return
	}
	name, value := l.head.Name(f), l.head.Value(f)
	w, hides := edits.Rewrites(name), edits.HidesCookies(name)
	if w == nil && !hides {
		l.keep(f)
		return
	}
	l.flush()
	before := len(l.dst)
	dst := append(append(l.dst, name...), ": "...)
	at, kept := len(dst), true
	if hides {
		dst = edits.AppendCookies(dst, value)
		value, kept = dst[at:], len(dst) > at
	}
	if w != nil && kept {
		if hides {
			dst, value = dst[:at], bytes.Clone(value)
		}
		dst, kept = w.Append(dst, value)
	}
	if !kept {
		l.dst = dst[:before]
		return
	}
	l.dst = append(dst, "\r\n"...)
}

func (l *lines) flush() {
	if l.end > l.start {
		l.dst = append(l.dst, l.head.Bytes(l.start, l.end)...)
	}
	l.start, l.end = 0, 0
}

// appendLine appends one header line.
func appendLine(dst, name, value []byte) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}
