package schema

import (
	"bytes"
	"net/netip"
	"unicode/utf8"
)

func alpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func digit(c byte) bool { return c-'0' <= 9 }
func hex(c byte) bool   { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isUUID(s []byte) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range s {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !hex(c) {
			return false
		}
	}
	return true
}

func isIPv4(s []byte) bool {
	parts := 0
	for {
		n, k := 0, 0
		for k < len(s) && k < 4 && digit(s[k]) {
			n = n*10 + int(s[k]-'0')
			k++
		}
		if k == 0 || n > 255 || k > 1 && s[0] == '0' {
			return false
		}
		s = s[k:]
		if parts++; parts == 4 {
			return len(s) == 0
		}
		if len(s) == 0 || s[0] != '.' {
			return false
		}
		s = s[1:]
	}
}

func isIPv6(s []byte) bool {
	if len(s) > 45 || bytes.IndexByte(s, '%') >= 0 {
		return false
	}
	a, err := netip.ParseAddr(string(s))
	return err == nil && a.Is6()
}

// isEmail reads a mailbox of RFC 5321.
func isEmail(s []byte) bool {
	at := bytes.LastIndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 {
		return false
	}
	return isLocal(s[:at], false) && isDomain(s[at+1:], isHostname)
}

func isIDNEmail(s []byte) bool {
	at := bytes.LastIndexByte(s, '@')
	return at >= 1 && utf8.Valid(s) && isLocal(s[:at], true) && isDomain(s[at+1:], isIDNHostname)
}

func isDomain(s []byte, name func([]byte) bool) bool {
	if len(s) < 2 || s[0] != '[' || s[len(s)-1] != ']' {
		return name(s)
	}
	s = s[1 : len(s)-1]
	if v6, ok := bytes.CutPrefix(s, []byte("IPv6:")); ok {
		return isIPv6(v6)
	}
	return isIPv4(s)
}

// isLocal reads the part in front of the @.
func isLocal(s []byte, wide bool) bool {
	if s[0] == '"' {
		if len(s) < 2 || s[len(s)-1] != '"' {
			return false
		}
		s = s[1 : len(s)-1]
		for i := 0; i < len(s); i++ {
			switch c := s[i]; {
			case c == '\\':
				if i++; i == len(s) || s[i] < ' ' || s[i] > '~' {
					return false
				}
			case c == '"' || c < ' ' || c > '~' && !wide:
				return false
			}
		}
		return true
	}
	before := byte('.')
	for _, c := range s {
		switch {
		case c == '.':
			if before == '.' {
				return false
			}
		case alpha(c), digit(c), wide && c >= utf8.RuneSelf:
		case bytes.IndexByte([]byte("!#$%&'*+-/=?^_`{|}~"), c) >= 0:
		default:
			return false
		}
		before = c
	}
	return before != '.'
}
