package heads

import (
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// An Answer is a response of the gateway's own.
type Answer struct {
	// Code is one of the catalogue, which gives the status, the envelope and what else
	// goes with it. None: the answer is what Status, ContentType and Body say.
	Code    gwerr.Code
	Message string
	// Status is that of an answer without a Code; 0 is 204.
	Status      int
	ContentType string
	Body        []byte
	// Lines are header lines that go with the answer, each with CRLF.
	Lines []byte
	ID    []byte // the request's
	Close bool   // the connection ends behind it
}

// StatusCode is the answer's status.
func (a *Answer) StatusCode() int {
	switch {
	case a.Code != gwerr.None:
		return a.Code.Status()
	case a.Status != 0:
		return a.Status
	}
	return 204
}

// AppendBody appends the body: the envelope that says what is wrong, where there is a
// Code.
func (a *Answer) AppendBody(dst []byte) []byte {
	if a.Code == gwerr.None {
		return append(dst, a.Body...)
	}
	return gwerr.AppendBody(dst, a.Code, a.Message, a.ID)
}

// AppendHead appends the answer's head as HTTP/1.1 has it. length is that of the
// body, which a response to HEAD has too, though it is not sent.
func (a *Answer) AppendHead(dst []byte, length int) []byte {
	status := a.StatusCode()
	dst = appendStatus(dst, status)
	dst = append(dst, reason(status)...)
	dst = append(dst, "\r\nDate: "...)
	dst = time.Now().UTC().AppendFormat(dst, dateFormat)
	if kind := a.contentType(); kind != "" {
		dst = append(dst, "\r\nContent-Type: "...)
		dst = append(dst, kind...)
	}
	if status != 204 && status != 304 {
		dst = append(dst, "\r\nContent-Length: "...)
		dst = strconv.AppendInt(dst, int64(length), 10)
	}
	dst = append(dst, "\r\nX-Request-Id: "...)
	dst = append(dst, a.ID...)
	dst = append(dst, "\r\n"...)
	dst = append(dst, a.Lines...)
	if a.Code == gwerr.Overloaded || a.Code == gwerr.Draining {
		dst = append(dst, "Retry-After: 1\r\n"...)
	}
	if a.Close {
		dst = append(dst, "Connection: close\r\n"...)
	}
	return append(dst, "\r\n"...)
}

// contentType is the Content-Type field, "" for none.
func (a *Answer) contentType() string {
	if a.Code != gwerr.None {
		return "application/json"
	}
	return a.ContentType
}

// Append appends the whole answer, for a client that speaks HTTP/1.1.
func (a *Answer) Append(dst []byte) []byte {
	body := a.AppendBody(make([]byte, 0, 512))
	return append(a.AppendHead(dst, len(body)), body...)
}

// dateFormat is the IMF-fixdate of RFC 9110 section 5.6.7.
const dateFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

// reason is the phrase of RFC 9110 section 15 for a status that the gateway gives, ""
// for one that nobody has named.
func reason(status int) string {
	return reasons[status]
}

var reasons = map[int]string{
	200: "OK", 201: "Created", 202: "Accepted", 204: "No Content",
	301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
	307: "Temporary Redirect", 308: "Permanent Redirect",
	400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
	405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout",
	409: "Conflict", 410: "Gone", 411: "Length Required", 412: "Precondition Failed",
	413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
	421: "Misdirected Request", 422: "Unprocessable Content", 426: "Upgrade Required",
	429: "Too Many Requests", 431: "Request Header Fields Too Large",
	500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
	503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
	508: "Loop Detected",
}
