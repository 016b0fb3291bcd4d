package errorpages

import (
	"bytes"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// A page is HTML with places that are filled in for each request. It does not change.
type page struct{ pieces []piece }

// A piece is text, and the value that comes behind it.
type piece struct {
	text  []byte
	value value
}

type value uint8

const (
	nothing value = iota
	status
	reason
	code
	message
	requestID
)

var placeholders = [...]string{
	status: "{status}", reason: "{reason}", code: "{code}", message: "{message}",
	requestID: "{request.id}",
}

// parse finds the places of a page. All other braces are the page's own, as styles and scripts have
// them, and so is what stands behind a $ or in double braces, as in templates of scripts.
func parse(text []byte) *page {
	p := new(page)
	rest, from := text, 0
	for {
		i := bytes.IndexByte(rest[from:], '{')
		if i < 0 {
			p.pieces = append(p.pieces, piece{text: rest})
			return p
		}
		i += from
		from = i + 1
		if i > 0 && (rest[i-1] == '$' || rest[i-1] == '{') {
			continue
		}
		for v, name := range placeholders {
			if name != "" && bytes.HasPrefix(rest[i:], []byte(name)) {
				p.pieces = append(p.pieces, piece{text: rest[:i], value: value(v)})
				rest, from = rest[i+len(name):], 0
				break
			}
		}
	}
}

// filling is what the places of a page are filled with.
type filling struct {
	status        int
	code, message string // "": it is the error of an endpoint
	id            []byte
}

// append appends the page with its places filled in. It allocates only if dst has to grow.
func (p *page) append(dst []byte, f *filling) []byte {
	for i := range p.pieces {
		dst = append(dst, p.pieces[i].text...)
		switch p.pieces[i].value {
		case status:
			dst = strconv.AppendInt(dst, int64(f.status), 10)
		case reason:
			dst = appendEscaped(dst, http1.StatusReason(f.status))
		case code:
			dst = appendEscaped(dst, f.code)
		case message:
			dst = appendEscaped(dst, f.message)
		case requestID:
			dst = appendEscaped(dst, f.id)
		}
	}
	return dst
}

// appendEscaped appends a text so that it is nothing but text in HTML, also in an attribute, and
// ends no string of a script.
func appendEscaped[T string | []byte](dst []byte, text T) []byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '"', '\'', '`', '\\', '=', '\n', '\r':
			dst = strconv.AppendInt(append(dst, "&#"...), int64(c), 10)
			dst = append(dst, ';')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
