package l7

import (
	"bytes"
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// answer is a response of the gateway itself.
type answer struct {
	code    gwerr.Code
	message string
	id      string // the request's
	allow   string // the Allow field of a 405
	head    bool   // the request was HEAD: no body
	close   bool
}

// dateFormat is the IMF-fixdate of RFC 9110 section 5.6.7.
const dateFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

// reason is the phrase of RFC 9110 section 15 for a status the gateway gives.
func reason(status int) string {
	switch status {
	case 400:
		return "Bad Request"
	case 401:
		return "Unauthorized"
	case 403:
		return "Forbidden"
	case 404:
		return "Not Found"
	case 405:
		return "Method Not Allowed"
	case 408:
		return "Request Timeout"
	case 413:
		return "Content Too Large"
	case 414:
		return "URI Too Long"
	case 421:
		return "Misdirected Request"
	case 429:
		return "Too Many Requests"
	case 431:
		return "Request Header Fields Too Large"
	case 501:
		return "Not Implemented"
	case 502:
		return "Bad Gateway"
	case 503:
		return "Service Unavailable"
	case 504:
		return "Gateway Timeout"
	case 505:
		return "HTTP Version Not Supported"
	}
	return "Internal Server Error"
}

// appendAnswer appends the whole response.
func appendAnswer(dst []byte, a answer) []byte {
	body := gwerr.AppendBody(make([]byte, 0, 512), a.code, a.message, a.id)
	status := a.code.Status()
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(dst, ' ')
	dst = append(dst, reason(status)...)
	dst = append(dst, "\r\nDate: "...)
	dst = time.Now().UTC().AppendFormat(dst, dateFormat)
	dst = append(dst, "\r\nContent-Type: application/json\r\nContent-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	dst = append(dst, "\r\nX-Request-Id: "...)
	dst = append(dst, a.id...)
	if a.allow != "" {
		dst = append(dst, "\r\nAllow: "...)
		dst = append(dst, a.allow...)
	}
	if a.code == gwerr.Overloaded || a.code == gwerr.Draining {
		dst = append(dst, "\r\nRetry-After: 1"...)
	}
	if a.close {
		dst = append(dst, "\r\nConnection: close"...)
	}
	dst = append(dst, "\r\n\r\n"...)
	if a.head {
		return dst
	}
	return append(dst, body...)
}

// refuse answers bytes that are no request, then ends the connection: where the
// next request would begin is anybody's guess.
func (c *conn) refuse(e *http1.Error) verdict {
	x := c.x
	if bytes.HasPrefix(x.in.bytes(), []byte("HEAD ")) {
		x.req.Method = http1.MethodHead // what is wrong may come before the method is parsed
	}
	x.begin(0)
	x.req.KeepAlive = false
	v := c.answer(x, e.Code, e.Reason, "")
	c.record(x)
	x.end()
	return v
}

// answer sends the gateway's own response. The connection goes on only if the
// request has been read to its end.
func (c *conn) answer(x *exchange, code gwerr.Code, message, allow string) verdict {
	x.status, x.code, x.message = code.Status(), code, message
	if len(x.id) == 0 {
		x.id = appendID(x.id)
	}
	// An HTTP/1.0 client would have to be told that the connection stays; for an
	// error it may as well come again.
	keep := x.req.KeepAlive && x.req.Minor == 1 && x.upload == nil && (x.taken || x.bodyBuffered()) && !c.closing()
	if keep && !x.taken { // or what follows would be cut into: the next request
		x.in.r += int(x.req.ContentLength)
	}
	x.out = appendAnswer(x.out[:0], answer{
		code: code, message: message, id: string(x.id), allow: allow,
		head: x.req.Method == http1.MethodHead, close: !keep,
	})
	if err := c.send(x.out); err != nil {
		return c.sendFailed(err)
	}
	if !keep {
		return hangUpOK
	}
	return wait
}

// sendFailed ends a connection whose client does not take what is sent to it.
func (c *conn) sendFailed(err error) verdict {
	if err == errClientSlow {
		return abort
	}
	return hangUp
}
