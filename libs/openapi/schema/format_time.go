package schema

import "regexp"

// The formats of RFC 3339.

// two reads a number of two digits.
func two(s []byte) (n int, ok bool) {
	if len(s) < 2 || s[0]-'0' > 9 || s[1]-'0' > 9 {
		return 0, false
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), true
}

func isDate(s []byte) bool {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return false
	}
	century, a := two(s)
	year, b := two(s[2:])
	month, c := two(s[5:])
	day, d := two(s[8:])
	if !a || !b || !c || !d || month < 1 || month > 12 || day < 1 {
		return false
	}
	year += 100 * century
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return day <= days
}

func isTime(s []byte) bool {
	if len(s) < 9 || s[2] != ':' || s[5] != ':' {
		return false
	}
	hour, a := two(s)
	minute, b := two(s[3:])
	second, c := two(s[6:])
	if !a || !b || !c || hour > 23 || minute > 59 || second > 60 {
		return false
	}
	s = s[8:]
	if s[0] == '.' {
		k := 1
		for k < len(s) && s[k]-'0' <= 9 {
			k++
		}
		if k == 1 {
			return false
		}
		s = s[k:]
	}
	offset := 0
	switch {
	case len(s) == 1 && (s[0] == 'Z' || s[0] == 'z'):
	case len(s) == 6 && (s[0] == '+' || s[0] == '-') && s[3] == ':':
		h, a := two(s[1:])
		m, b := two(s[4:])
		if !a || !b || h > 23 || m > 59 {
			return false
		}
		if offset = h*60 + m; s[0] == '-' {
			offset = -offset
		}
	default:
		return false
	}
	// a leap second ends a day of UTC
	return second < 60 || (hour*60+minute-offset+2*24*60)%(24*60) == 23*60+59
}

func isDateTime(s []byte) bool {
	return len(s) > 11 && (s[10] == 'T' || s[10] == 't') && isDate(s[:10]) && isTime(s[11:])
}

// duration is that of RFC 3339, appendix A: no unit is left out between two others.
var duration = regexp.MustCompile(`^P(?:[0-9]+W|` + date + `(?:` + clock + `)?|` + clock + `)$`)

const (
	date  = `(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)`
	clock = `T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)`
)

func isDuration(s []byte) bool { return duration.Match(s) }
