package accesslog

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/libs/jsonstr"
)

// The colours of a line of text: what an escape sequence for a terminal has between its brackets.
const (
	green, cyan, yellow, red, dim = "32", "36", "33", "31", "2"
)

// mostTarget is how many characters of host, path and query a line that is watched has, so that
// most lines fit into 120 columns.
const mostTarget = 56

// appendText appends the entry as a line for people: when, status, method, host with path, how
// long, route and endpoint, and why it failed. It has no line end, and allocates only if dst has to
// grow.
func (e *Entry) appendText(dst []byte, f *format) []byte {
	dst = f.appendClock(dst, e.Time)
	style := styleOf(e.Status)
	dst = f.begin(append(dst, ' '), style)
	if e.Status == 0 {
		dst = append(dst, "  -"...)
	} else {
		dst = appendDigits(dst, e.Status, 3)
	}
	dst = f.end(dst, style)
	dst = append(dst, ' ')
	from := len(dst)
	if len(e.Method) == 0 {
		dst = append(dst, '-')
	}
	dst = appendSafe(dst, e.Method)
	for len(dst)-from < len("POST") {
		dst = append(dst, ' ')
	}
	dst = f.appendTarget(append(dst, ' '), e)
	dst = appendSpan(append(dst, ' '), e.Duration)
	if e.Route != "" {
		dst = appendSafe(append(dst, ' '), e.Route)
	}
	dst = appendLed(dst, e.Endpoint)
	if e.RefusedStreams > 0 {
		dst = strconv.AppendInt(append(dst, ' '), int64(e.RefusedStreams), 10)
		dst = append(dst, " refused streams"...)
	}
	if e.Code == "" && e.Cause == "" && e.Status < 500 {
		return dst
	}
	dst = f.begin(dst, style)
	dst = appendWord(dst, e.Code)
	dst = appendWord(dst, e.Rule)
	if f.hidden&hideContract == 0 {
		dst = appendWord(dst, e.Contract)
	}
	return f.end(f.appendWhy(dst, e.Cause, e.EndpointFailure), style)
}

// appendText appends the session as a line for people, as that of an entry is.
func (s *Session) appendText(dst []byte, f *format) []byte {
	dst = f.appendClock(dst, s.Time)
	style := ""
	if s.Failed {
		style = red
	}
	dst = append(dst, " TCP "...)
	dst = appendSafe(dst, s.Listener)
	dst = append(dst, " from "...)
	if f.hidden&hideClient != 0 {
		dst = append(dst, Redacted...)
	} else {
		dst = appendSafe(dst, s.Client)
	}
	dst = appendSpan(append(dst, ' '), s.Duration)
	dst = appendWord(dst, s.Cluster)
	dst = appendLed(dst, s.Endpoint)
	dst = appendSize(append(dst, " in "...), s.BytesIn)
	dst = appendSize(append(dst, " out "...), s.BytesOut)
	dst = f.begin(dst, style)
	dst = appendWord(dst, s.CloseReason)
	dst = f.end(f.appendWhy(dst, s.Cause, s.EndpointFailure), style)
	if s.Cause == "" || len(s.ID) == 0 {
		return dst
	}
	// nobody else knows it: a session has no answer that could have it
	dst = append(f.begin(append(dst, ' '), dim), '(')
	return f.end(append(append(dst, s.ID...), ')'), dim)
}

// styleOf is the colour of a status.
func styleOf(status int) string {
	switch {
	case status >= 500:
		return red
	case status >= 400, status == 0:
		return yellow
	case status >= 300:
		return cyan
	}
	return green
}

func (f *format) begin(dst []byte, style string) []byte {
	if !f.colour || style == "" {
		return dst
	}
	return append(append(append(dst, "\x1b["...), style...), 'm')
}

func (f *format) end(dst []byte, style string) []byte {
	if !f.colour || style == "" {
		return dst
	}
	return append(dst, "\x1b[0m"...)
}

// appendClock appends when it was: for a person at a terminal, the time of day where the machine
// is.
func (f *format) appendClock(dst []byte, t time.Time) []byte {
	if !f.watched {
		return new(clock).append(dst, t)
	}
	dst = f.begin(dst, dim)
	t = t.Local()
	hour, minute, second := t.Clock()
	dst = appendDigits(dst, hour, 2)
	dst = appendDigits(append(dst, ':'), minute, 2)
	dst = appendDigits(append(dst, ':'), second, 2)
	dst = appendDigits(append(dst, '.'), t.Nanosecond()/1e6, 3)
	return f.end(dst, dim)
}

// appendTarget appends host, path and query.
func (f *format) appendTarget(dst []byte, e *Entry) []byte {
	from := len(dst)
	dst = f.appendPart(dst, hideHost, e.Host)
	dst = f.appendPart(dst, hidePath, e.Path)
	if f.query && len(e.Query) > 1 {
		dst = f.appendQuery(append(dst, '?'), e.Query)
	}
	if len(dst) == from {
		return append(dst, '-')
	}
	if !f.watched || len(dst)-from <= mostTarget {
		return dst
	}
	end := from
	for n := 1; n < mostTarget && end < len(dst); n++ { // the last place is for the dots
		_, size := utf8.DecodeRune(dst[end:])
		end += size
	}
	if utf8.RuneCount(dst[end:]) <= 1 {
		return dst
	}
	return append(dst[:end], "…"...)
}

func (f *format) appendPart(dst []byte, field hidden, s []byte) []byte {
	if f.hidden&field != 0 && len(s) > 0 {
		return append(dst, Redacted...)
	}
	return appendSafe(dst, s)
}

// appendWhy appends the cause, which says more than why there was no connection.
func (f *format) appendWhy(dst []byte, cause, failure string) []byte {
	if cause == "" || f.hidden&hideCause != 0 {
		return appendWord(dst, failure)
	}
	return appendWord(dst, cause)
}

// appendLed appends where a request was sent.
func appendLed(dst []byte, endpoint string) []byte {
	if endpoint == "" {
		return dst
	}
	return appendSafe(append(dst, " -> "...), endpoint)
}

// appendWord appends a text behind a space, if there is one.
func appendWord(dst []byte, s string) []byte {
	if s == "" {
		return dst
	}
	return appendSafe(append(dst, ' '), s)
}

// appendSafe appends a text with what a terminal would obey, or a reader could take for a line's
// end, escaped as in JSON. Quotes and backslashes stand for themselves.
func appendSafe[S ~string | ~[]byte](dst []byte, s S) []byte {
	for i := 0; i < len(s); {
		from := i
		for i < len(s) && s[i] >= ' ' && s[i] <= '~' {
			i++
		}
		dst = append(dst, s[from:i]...)
		from = i
		for i < len(s) && (s[i] < ' ' || s[i] > '~') {
			i++
		}
		if i > from {
			dst = jsonstr.AppendInner(dst, s[from:i])
		}
	}
	return dst
}

// appendSpan appends a duration in three digits or so: 0.42ms, 4.21ms, 421ms, 4.21s, 4m21s, 4h21m.
func appendSpan(dst []byte, d time.Duration) []byte {
	d = max(d, 0)
	switch {
	case d < 100*time.Millisecond:
		return append(appendTenths(dst, d, time.Millisecond), "ms"...)
	case d < time.Second:
		return append(strconv.AppendInt(dst, int64(d/time.Millisecond), 10), "ms"...)
	case d < 100*time.Second:
		return append(appendTenths(dst, d, time.Second), 's')
	case d < time.Hour:
		dst = append(strconv.AppendInt(dst, int64(d/time.Minute), 10), 'm')
		return append(appendDigits(dst, int(d%time.Minute/time.Second), 2), 's')
	}
	dst = append(strconv.AppendInt(dst, int64(d/time.Hour), 10), 'h')
	return append(appendDigits(dst, int(d%time.Hour/time.Minute), 2), 'm')
}

// appendTenths appends a duration in a unit with two digits behind the point, one from ten on.
func appendTenths(dst []byte, d, unit time.Duration) []byte {
	dst = append(strconv.AppendInt(dst, int64(d/unit), 10), '.')
	rest := int(d % unit * 100 / unit)
	if d >= 10*unit {
		return appendDigits(dst, rest/10, 1)
	}
	return appendDigits(dst, rest, 2)
}

// appendSize appends a number of bytes: 12B, 3.4kB, 5.6MB.
func appendSize(dst []byte, n int64) []byte {
	n = max(n, 0)
	if n < 1000 {
		return append(strconv.AppendInt(dst, n, 10), 'B')
	}
	const units = "kMGTPE"
	unit, size := 0, int64(1000)
	for n/size >= 1000 && unit+1 < len(units) {
		size *= 1000
		unit++
	}
	dst = append(strconv.AppendInt(dst, n/size, 10), '.')
	dst = appendDigits(dst, int(n%size/(size/10)), 1)
	return append(dst, units[unit], 'B')
}
