package cause

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// A Cause is what a failure came from. It does not change once it is made, so that a pointer to it
// can be handed on; nil is none.
type Cause struct {
	Kind Kind
	// Text is a sentence without a full stop. What an endpoint or a client has sent is quoted in
	// it, shortened.
	Text string
	// Key is what of the configuration decides: "timeouts.response of the cluster"; "" where
	// nothing does.
	Key string
	// Limit and Met are what that key allows and what came; "" where there is no such thing.
	Limit, Met string
}

// New is a cause without a key.
func New(k Kind, text string) *Cause { return &Cause{Kind: k, Text: text} }

// Newf is New with a text as fmt.Sprintf makes it.
func Newf(k Kind, format string, args ...any) *Cause { return New(k, fmt.Sprintf(format, args...)) }

// Late is a cause of the kind given: what did not happen within the time that a key allows.
func Late(k Kind, what, key string, limit time.Duration) *Cause {
	return &Cause{
		Kind: k, Key: key, Limit: Short(limit),
		Text: fmt.Sprintf("%s within %s (%s)", what, Short(limit), key),
	}
}

// Over is something that was larger, or more, than a key allows. met is what came, "" where that is
// not known.
func Over(k Kind, what, key, limit, met string) *Cause {
	c := &Cause{Kind: k, Key: key, Limit: limit, Met: met}
	switch {
	case met == "":
		c.Text = fmt.Sprintf("%s, and %s is %s", what, key, limit)
	default:
		c.Text = fmt.Sprintf("%s: %s, and %s is %s", what, met, key, limit)
	}
	return c
}

// With is the cause with another text.
func (c *Cause) With(text string) *Cause {
	other := *c
	other.Text = text
	return &other
}

// String is the text; "" of nil.
func (c *Cause) String() string {
	if c == nil {
		return ""
	}
	return c.Text
}

// Short is a duration without the units that are zero, 1m and not 1m0s, and without more digits
// than anybody reads.
func Short(d time.Duration) string {
	switch {
	case d >= time.Second:
		d = d.Round(time.Millisecond)
	case d >= time.Millisecond:
		d = d.Round(time.Microsecond)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Bytes is a number of bytes in words.
func Bytes(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// mostQuoted is how many bytes of a text of others are in a cause.
const mostQuoted = 80

// Quote is what somebody has sent, as it can stand in a text: its beginning, in quotes, with
// escapes for all that a terminal might obey.
func Quote[B ~string | ~[]byte](b B) string {
	if len(b) > mostQuoted {
		return fmt.Sprintf("%+q…", string(b[:mostQuoted]))
	}
	return fmt.Sprintf("%+q", string(b))
}

// Plain is a text of others without quotes: its beginning, with dots for what is not printable.
func Plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return '.'
		}
		return r
	}, strings.ToValidUTF8(s, "."))
	if len(s) > 2*mostQuoted {
		return strings.ToValidUTF8(s[:2*mostQuoted], "") + "…"
	}
	return s
}

// mostNames is how many names are listed.
const mostNames = 6

// List is some names in words: "a", "a and b", "a, b and 7 more"; "" for none.
func List(names []string) string {
	shown, more := names, 0
	if len(names) > mostNames {
		shown, more = names[:mostNames-1], len(names)-mostNames+1
	}
	var b strings.Builder
	for i, n := range shown {
		switch {
		case i == 0:
		case i == len(shown)-1 && more == 0:
			b.WriteString(" and ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(Plain(n))
	}
	if more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return b.String()
}
