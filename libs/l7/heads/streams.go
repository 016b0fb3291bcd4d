package heads

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"math/rand/v2"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/http2"
)

// AfterStart is a head without its start line.
func AfterStart(head []byte) []byte {
	return head[bytes.IndexByte(head, '\n')+1:]
}

// AddLines adds header lines up to the empty one to the fields of a stream, but for
// those that are about a connection of HTTP/1.1. The lines end in CRLF.
func AddLines(f *http2.Fields, lines []byte) {
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
		case http1.FieldConnection, http1.FieldTransferEncoding, http1.FieldUpgrade,
			http1.FieldKeepAlive, http1.FieldProxyConnection, http1.FieldHost:
			continue
		}
		if isName(name, websocketAccept) || isName(name, websocketKey) {
			continue // the handshake of HTTP/1.1 (RFC 8441 section 5)
		}
		f.Add(name, value)
	}
}

func isName(name, want []byte) bool {
	return len(name) == len(want) && bytes.EqualFold(name, want)
}

var (
	websocketKey    = []byte("Sec-WebSocket-Key")
	websocketAccept = []byte("Sec-WebSocket-Accept")
	cookie          = []byte("cookie")
)

// AppendTrailer appends those fields of a trailer section that may be sent on
// (RFC 9110 section 6.5.1), as lines.
func AppendTrailer(dst []byte, h *http2.Head) []byte {
	for i := range h.Len() {
		if name := h.Name(i); http1.TrailerAllowed(name) {
			dst = appendLine(dst, name, h.Value(i))
		}
	}
	return dst
}

// AppendStreamRequest writes down a request that came over HTTP/2 as HTTP/1.1 would
// have it. length is that of its body, -1 if it is not known; body says that there is
// one.
func AppendStreamRequest(
	dst []byte, r *http2.Request, h *http2.Head, body bool, length int64,
) []byte {
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
	dst = appendStreamFields(dst, h, r.First, tunnel)
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

// appendStreamFields appends the fields of a request as lines. The cookies that
// HTTP/2 lets clients split are one line again.
func appendStreamFields(dst []byte, h *http2.Head, first int, tunnel bool) []byte {
	cookies := false
	for i := first; i < h.Len(); i++ {
		name := h.Name(i)
		switch len(name) {
		case 4:
			if string(name) == "host" {
				continue
			}
		case 6:
			if string(name) == "cookie" {
				cookies = true
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
	if cookies {
		dst = appendCookies(dst, h, first)
	}
	return dst
}

// appendCookies joins the cookie fields of a request (RFC 9113 section 8.2.3).
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

// AppendStreamResponse writes down a response that came over HTTP/2 as HTTP/1.1 would
// have it. r is the request it answers: where that asks for another protocol, 200 is
// what HTTP/1.1 calls 101 (RFC 8441 section 5).
func AppendStreamResponse(dst []byte, status int, h *http2.Head, r *http1.RequestHead) []byte {
	switched := len(r.Upgrade) > 0 && status == 200
	if switched {
		status = 101
	}
	dst = appendStatus(dst, status)
	dst = append(dst, "\r\n"...)
	for i := http2.First; i < h.Len(); i++ {
		dst = appendLine(dst, h.Name(i), h.Value(i))
	}
	if switched {
		dst = appendSwitched(dst, r)
	}
	return append(dst, "\r\n"...)
}

// appendSwitched appends the fields that a change of protocol has over HTTP/1.1
// (RFC 8441 section 5, RFC 6455 section 4.2.2).
func appendSwitched(dst []byte, r *http1.RequestHead) []byte {
	dst = append(dst, "Connection: Upgrade\r\nUpgrade: "...)
	dst = append(dst, r.Upgrade...)
	dst = append(dst, "\r\n"...)
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.ID == http1.FieldOther && bytes.EqualFold(r.Name(f), websocketKey) {
			h := sha1.New()
			h.Write(r.Value(f))
			h.Write([]byte("258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
			dst = append(dst, "Sec-WebSocket-Accept: "...)
			dst = base64.StdEncoding.AppendEncode(dst, h.Sum(nil))
			return append(dst, "\r\n"...)
		}
	}
	return dst
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

// A Target is what a head of HTTP/1.1 is for, as the pseudo fields of a stream have
// it. upgrade is the protocol that the request asks for, empty for none; secured says
// that the connection has TLS.
func Target(head, upgrade []byte, secured bool) (t http2.Target, lines []byte) {
	line := head[:bytes.IndexByte(head, '\r')]
	method := bytes.IndexByte(line, ' ')
	t = http2.Target{
		Method: line[:method],
		Path:   line[method+1 : len(line)-len(" HTTP/1.1")],
		Scheme: schemeHTTP,
	}
	if secured {
		t.Scheme = schemeHTTPS
	}
	lines = head[len(line)+2:]
	t.Authority = hostLine(lines)
	if len(upgrade) > 0 {
		t.Method, t.Protocol = methodConnect, upgrade
	}
	return t, lines
}

var (
	schemeHTTP    = []byte("http")
	schemeHTTPS   = []byte("https")
	methodConnect = []byte("CONNECT")
)

// hostLine finds the value of the Host field, of which there is one.
func hostLine(lines []byte) []byte {
	for len(lines) > 2 {
		end := bytes.IndexByte(lines, '\n')
		line := lines[:end-1]
		lines = lines[end+1:]
		colon := bytes.IndexByte(line, ':')
		if colon == 4 && http1.Identify(line[:4]) == http1.FieldHost {
			return line[colon+2:]
		}
	}
	return nil
}
