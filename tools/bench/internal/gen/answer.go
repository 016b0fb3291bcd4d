package gen

import (
	"bytes"
	"errors"
)

var (
	errStatus  = errors.New("an answer is not 200")
	errFraming = errors.New("an answer has no Content-Length")
	errSize    = errors.New("an answer has another Content-Length than the first check found")

	headEnd       = []byte("\r\n\r\n")
	statusOK      = []byte("HTTP/1.1 200 ")
	contentLength = []byte("\r\ncontent-length:")
)

// answer follows one HTTP/1.1 answer whose size is known beforehand, because every answer of a run
// is the same resource.
type answer struct {
	size int // of the body
	left int // of the body, once inBody
	body bool
}

// head looks for the end of the head in what has arrived so far. It returns false until the head is
// complete; then left is what is still to come of the body.
func (a *answer) head(b []byte) (bool, error) {
	end := bytes.Index(b, headEnd)
	if end < 0 {
		return false, nil
	}
	if !bytes.HasPrefix(b, statusOK) {
		return false, errStatus
	}
	n, ok := length(b[:end])
	switch {
	case !ok:
		return false, errFraming
	case n != a.size:
		return false, errSize
	}
	a.body, a.left = true, n-(len(b)-end-len(headEnd))
	if a.left < 0 {
		return false, errSize
	}
	return true, nil
}

// length reads the Content-Length of a head; proxies write the name in different cases.
func length(head []byte) (int, bool) {
	for i := 0; ; {
		at := bytes.IndexByte(head[i:], '\r')
		if at < 0 {
			return 0, false
		}
		i += at
		if len(head)-i > len(contentLength) && (head[i+2]|0x20) == 'c' &&
			bytes.EqualFold(head[i:i+len(contentLength)], contentLength) {
			return number(head[i+len(contentLength):])
		}
		i++
	}
}

func number(b []byte) (int, bool) {
	b = bytes.TrimLeft(b, " \t")
	n, digits := 0, 0
	for digits < len(b) && digits < 10 && b[digits] >= '0' && b[digits] <= '9' {
		n = n*10 + int(b[digits]-'0')
		digits++
	}
	return n, digits > 0
}
