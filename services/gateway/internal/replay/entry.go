package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
)

// entry is what is read of a line of the access log.
type entry struct {
	Time           string  `json:"time"`
	RequestID      string  `json:"request_id"`
	ClientPort     string  `json:"client"`
	Listener       string  `json:"listener"`
	Method         string  `json:"method"`
	Host           string  `json:"host"`
	Path           string  `json:"path"`
	Route          string  `json:"route"`
	Cluster        string  `json:"cluster"`
	Code           string  `json:"code"`
	RequestBytes   int64   `json:"request_bytes"`
	UserAgent      string  `json:"user_agent"`
	RefusedStreams int     `json:"refused_streams"`
	Query          *string `json:"query"`        // nil: the log has none (access_log.query)
	CloseReason    *string `json:"close_reason"` // of a TCP session

	// least is how long the body is at least, where it was refused for its length and so was not
	// read; 0: RequestBytes has it.
	least int64
}

// kind is what a line tells of.
type kind int

const (
	aRequest kind = iota
	aSession      // TCP, which has no route
	unread        // a request that was refused before its route was looked for
)

// read reads a line. An error says why it is none of the access log.
func (e *entry) read(line []byte) (kind, error) {
	*e = entry{}
	if isText(line) {
		return 0, errors.New("it is a line of text, and only those of JSON are read " +
			"(access_log.format)")
	}
	if err := json.Unmarshal(line, e); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return 0, fmt.Errorf("%s is a %s", wrong.Field, wrong.Value)
		}
		return 0, errors.New("it is no JSON object")
	}
	switch {
	case e.Time == "":
		return 0, errors.New("it has no time, so it is no line of the access log")
	case e.CloseReason != nil:
		return aSession, nil
	case e.Host == accesslog.Redacted, e.Path == accesslog.Redacted:
		return 0, errors.New("its host or path was left out (access_log.redact)")
	case e.RefusedStreams > 0, e.Method == "", e.Path == "":
		return unread, nil
	case e.Method == "CONNECT", e.Method == "TRACE": // whatever the routes
		return unread, nil
	case e.Route == "" && e.Code != gwerr.NoRoute.String() &&
		e.Code != gwerr.MethodNotAllowed.String():
		return unread, nil
	}
	return aRequest, nil
}

// isText reports whether a line is one of the access log in the form for people: it begins with the
// time that JSON has in quotes.
func isText(line []byte) bool {
	if len(line) == 0 || line[0] == '{' {
		return false
	}
	moment, _, _ := bytes.Cut(line, []byte(" "))
	_, err := time.Parse(time.RFC3339, string(moment))
	return err == nil
}

// peer is the address that the request came from; the zero Addr where it has none, as on a unix
// socket.
func (e *entry) peer() netip.Addr {
	a, err := netip.ParseAddrPort(e.ClientPort)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}

// head makes the head that the edge had of the request, as far as a log has it, so that what is odd
// about the path is known. It returns false for what can't have been one.
func (e *entry) head(h *http1.RequestHead, room []byte) ([]byte, bool) {
	room = append(append(append(room[:0], e.Method...), ' '), e.Path...)
	room = append(append(append(room, " HTTP/1.1\r\nHost: "...), e.Host...), "\r\n\r\n"...)
	h.Reset(http1.Limits{})
	n, err := h.Parse(room)
	return room, err == nil && n == len(room)
}
