package text

import (
	"strconv"
	"strings"
)

// Quote returns text from a file as part of a message: shortened, and with nothing that a terminal
// would obey.
func Quote(s string) string { return strconv.Quote(Shorten(s)) }

// Shorten cuts a text to what a message has room for.
func Shorten(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// Printable returns a text from elsewhere as part of a message.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
