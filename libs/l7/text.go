package l7

import (
	"bytes"
	"math/rand/v2"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
)

// A head that comes over HTTP/2 is written down as HTTP/1.1 would have it, and read by
// the same parser: what the gateway makes of a message never depends on how it came.
// The way out is the same in reverse.

// afterStart is a head without its start line.
func afterStart(head []byte) []byte {
	return head[bytes.IndexByte(head, '\n')+1:]
}

// addLines adds header lines up to the empty one, but for those about a connection
// of HTTP/1.1.
func addLines(f *http2.Fields, lines []byte) {
	for len(lines) > 2 {
		end := bytes.IndexByte(lines, '\n')
		line := lines[:end-1] // CRLF
		lines = lines[end+1:]
		if len(line) == 0 {
			return
		}
		colon := bytes.IndexByte(line, ':')
		// A trailer section has its lines as they came.
		name, value := line[:colon], bytes.Trim(line[colon+1:], " \t")
		switch http1.Identify(name) {
		case http1.FieldConnection, http1.FieldTransferEncoding, http1.FieldUpgrade, http1.FieldKeepAlive, http1.FieldProxyConnection, http1.FieldHost:
			continue
		}
		if len(name) == len(websocketAccept) && bytes.EqualFold(name, websocketAccept) || len(name) == len(websocketKey) && bytes.EqualFold(name, websocketKey) {
			continue // the handshake of HTTP/1.1 (RFC 8441 section 5)
		}
		f.Add(name, value)
	}
}

var (
	websocketKey    = []byte("Sec-WebSocket-Key")
	websocketAccept = []byte("Sec-WebSocket-Accept")
	cookie          = []byte("cookie")
)

// appendTrailer appends those fields of a trailer section that may be sent on
// (RFC 9110 section 6.5.1), as lines.
func appendTrailer(dst []byte, h *http2.Head) []byte {
	for i := range h.Len() {
		if name := h.Name(i); http1.TrailerAllowed(name) {
			dst = appendLine(dst, name, h.Value(i))
		}
	}
	return dst
}

func appendLine(dst, name, value []byte) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, "\r\n"...)
}

// appendStreamHead writes a request down. length is that of its body, -1 if it is not
// known; body says that there is one.
func appendStreamHead(dst []byte, s *http2.Stream, body bool, length int64) []byte {
	r, h := s.Request(), s.Head()
	tunnel := r.Connect && len(r.Protocol) > 0
	switch {
	case tunnel:
		dst = append(dst, "GET "...)
		dst = append(dst, r.Path...)
	case r.Connect:
		dst = append(dst, "CONNECT "...)
		dst = append(dst, r.Authority...)
	default:
		dst = append(dst, r.Method...)
		dst = append(dst, ' ')
		dst = append(dst, r.Path...)
	}
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	if len(r.Authority) > 0 {
		dst = append(dst, r.Authority...)
	} else {
		dst = append(dst, r.Host...)
	}
	dst = append(dst, "\r\n"...)
	cookies := 0
	for i := r.First; i < h.Len(); i++ {
		name := h.Name(i)
		switch len(name) {
		case 4:
			if string(name) == "host" {
				continue
			}
		case 6:
			if string(name) == "cookie" {
				cookies++
				continue
			}
		case 14:
			if string(name) == "content-length" {
				continue
			}
		case 17:
			if tunnel && string(name) == "sec-websocket-key" {
				continue
			}
		}
		dst = appendLine(dst, name, h.Value(i))
	}
	if cookies > 0 {
		dst = appendCookies(dst, h, r.First)
	}
	switch {
	case tunnel:
		dst = append(dst, "Connection: Upgrade\r\nUpgrade: "...)
		dst = append(dst, r.Protocol...)
		dst = append(dst, "\r\n"...)
		if bytes.EqualFold(r.Protocol, []byte("websocket")) {
			dst = appendWebSocketKey(dst)
		}
	case r.Connect || !body:
	case length >= 0:
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, length, 10)
		dst = append(dst, "\r\n"...)
	default:
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// appendCookies joins what HTTP/2 lets clients split (RFC 9113 section 8.2.3).
func appendCookies(dst []byte, h *http2.Head, first int) []byte {
	dst = append(dst, "cookie: "...)
	some := false
	for i := first; i < h.Len(); i++ {
		if !bytes.Equal(h.Name(i), cookie) {
			continue
		}
		if some {
			dst = append(dst, "; "...)
		}
		dst = append(dst, h.Value(i)...)
		some = true
	}
	return append(dst, "\r\n"...)
}

// appendWebSocketKey appends the nonce that the handshake of HTTP/1.1 needs
// (RFC 6455 section 4.1): 16 bytes in base64, which no one relies on to be secret.
func appendWebSocketKey(dst []byte) []byte {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	dst = append(dst, "Sec-WebSocket-Key: "...)
	for range 21 {
		dst = append(dst, letters[rand.Uint64()>>58])
	}
	// The last digit has four bits: 16 bytes are 21 digits and a third of one.
	dst = append(dst, letters[rand.Uint64()>>62<<4])
	return append(dst, "==\r\n"...)
}
