package accesslog

import "time"

// secondLength is the length of a time in RFC 3339 up to its seconds.
const secondLength = len("2006-01-02T15:04:05")

// A clock writes times. It keeps the text of the last second, as a busy log has thousands of lines
// of each. The zero value is ready. It is for one goroutine at a time.
type clock struct {
	second int64
	text   [secondLength]byte
	known  bool // text is that of second
}

// append appends RFC 3339 in UTC with milliseconds. time.AppendFormat takes twice as long, even
// where nothing is known.
func (c *clock) append(dst []byte, t time.Time) []byte {
	if second := t.Unix(); second != c.second || !c.known {
		c.second, c.known = second, true
		appendSecond(c.text[:0], t.UTC())
	}
	dst = append(dst, c.text[:]...)
	dst = appendDigits(append(dst, '.'), t.Nanosecond()/1e6, 3)
	return append(dst, 'Z')
}

// appendSecond appends a time up to its seconds.
func appendSecond(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	if year < 0 || year > 9999 { // such a clock is broken, but the line must stay readable
		year = 0
	}
	dst = appendDigits(dst, year, 4)
	dst = appendDigits(append(dst, '-'), int(month), 2)
	dst = appendDigits(append(dst, '-'), day, 2)
	dst = appendDigits(append(dst, 'T'), hour, 2)
	dst = appendDigits(append(dst, ':'), minute, 2)
	return appendDigits(append(dst, ':'), second, 2)
}
