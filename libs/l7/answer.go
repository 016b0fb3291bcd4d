package l7

import (
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// answer is a response of the gateway itself.
type answer struct {
	code    gwerr.Code // None: 204 No Content
	message string
	id      []byte // the request's
	allow   string // the Allow field, "" for none
	head    bool   // the request was HEAD: no body
	close   bool
}

func (a *answer) status() int {
	if a.code == gwerr.None {
		return 204
	}
	return a.code.Status()
}

// body appends the envelope that says what is wrong.
func (a *answer) body(dst []byte) []byte {
	if a.code == gwerr.None {
		return dst
	}
	return gwerr.AppendBody(dst, a.code, a.message, string(a.id))
}

// fields appends the lines that depend on the answer alone.
func (a *answer) fields(dst []byte, length int) []byte {
	dst = append(dst, "Date: "...)
	dst = time.Now().UTC().AppendFormat(dst, dateFormat)
	if a.code != gwerr.None {
		dst = append(dst, "\r\nContent-Type: application/json\r\nContent-Length: "...)
		dst = strconv.AppendInt(dst, int64(length), 10)
	}
	dst = append(dst, "\r\nX-Request-Id: "...)
	dst = append(dst, a.id...)
	if a.allow != "" {
		dst = append(dst, "\r\nAllow: "...)
		dst = append(dst, a.allow...)
	}
	if a.code == gwerr.Overloaded || a.code == gwerr.Draining {
		dst = append(dst, "\r\nRetry-After: 1"...)
	}
	return append(dst, "\r\n"...)
}

// dateFormat is the IMF-fixdate of RFC 9110 section 5.6.7.
const dateFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

// reason is the phrase of RFC 9110 section 15 for a status the gateway gives.
func reason(status int) string {
	switch status {
	case 204:
		return "No Content"
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
func appendAnswer(dst []byte, a *answer) []byte {
	body := a.body(make([]byte, 0, 512))
	dst = append(dst, "HTTP/1.1 "...)
	dst = strconv.AppendInt(dst, int64(a.status()), 10)
	dst = append(dst, ' ')
	dst = append(dst, reason(a.status())...)
	dst = append(dst, "\r\n"...)
	dst = a.fields(dst, len(body))
	if a.close {
		dst = append(dst, "Connection: close\r\n"...)
	}
	dst = append(dst, "\r\n"...)
	if a.head {
		return dst
	}
	return append(dst, body...)
}

// answer sends the gateway's own response.
func (x *exchange) answer(code gwerr.Code, message, allow string) verdict {
	x.status, x.code, x.message = code.Status(), code, message
	return x.reply(&answer{code: code, message: message, allow: allow})
}

// reply completes an answer and sends it.
func (x *exchange) reply(a *answer) verdict {
	if len(x.id) == 0 {
		x.id = appendID(x.id)
	}
	a.id, a.head = x.id, x.req.Method == http1.MethodHead
	return x.down.reply(x, a)
}

// finalRecipient answers an OPTIONS request that may go no further
// (RFC 9110 section 7.6.2).
func (x *exchange) finalRecipient() verdict {
	x.status = 204
	return x.reply(&answer{allow: x.here.plan.Allow(x.req.Authority, x.req.Path)})
}
