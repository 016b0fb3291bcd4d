package heads

import "github.com/gatewayhomebrew/gateway/libs/http1"

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
