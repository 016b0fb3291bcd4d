package heads

import (
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// An Answer is a response of the gateway's own.
type Answer struct {
	// Code is one of the catalogue, which gives the status, the envelope and what else
	// goes with it. None: the answer is what Status, ContentType and Body say.
	Code    gwerr.Code
	Message string
	// Status is that of an answer without a Code; 0 is 204.
	Status int
	// ContentType and Body take the place of the envelope where there is a Code too.
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

// Enveloped reports whether the body is the envelope that says what is wrong.
func (a *Answer) Enveloped() bool { return a.Code != gwerr.None && a.ContentType == "" }

// AppendBody appends the body: the envelope, where there is a Code and no content for it.
func (a *Answer) AppendBody(dst []byte) []byte {
	if !a.Enveloped() {
		return append(dst, a.Body...)
	}
	return gwerr.AppendBody(dst, a.Code, a.Message, a.ID)
}

// AppendHead appends the answer's head as HTTP/1.1 has it. length is that of the
// body, which a response to HEAD has too, though it is not sent.
func (a *Answer) AppendHead(dst []byte, length int) []byte {
	status := a.StatusCode()
	dst = appendStatus(dst, status)
	dst = append(dst, http1.StatusReason(status)...)
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
	if a.Enveloped() {
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
