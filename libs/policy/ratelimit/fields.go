package ratelimit

import (
	"strconv"
	"time"
)

// The fields are those of draft-ietf-httpapi-ratelimit-headers-10: lists of structured fields
// (RFC 9651) with an item for each limit, whose name is the same in both.

// policyLine is the line that tells what the limits are, nil if clients are told of none. It counts
// in whole seconds.
func policyLine(all []entry) (b []byte) {
	for i := range all {
		if all[i].name == "" {
			continue
		}
		l := all[i].of
		window := max((l.Per+time.Second-1)/time.Second, 1)
		quota := float64(l.Requests) * float64(window*time.Second) / float64(l.Per)
		b = appendName(b, "RateLimit-Policy: ", all[i].name)
		b = append(b, ";q="...)
		b = strconv.AppendInt(b, int64(max(quota, 1)), 10)
		b = append(b, ";w="...)
		b = strconv.AppendInt(b, int64(window), 10)
	}
	if b == nil {
		return nil
	}
	return append(b, "\r\n"...)
}

// appendName appends what an item begins with; field is what the first one has before it.
func appendName(b []byte, field, name string) []byte {
	if len(b) == 0 || b[len(b)-1] == '\n' {
		b = append(b, field...)
	} else {
		b = append(b, ", "...)
	}
	b = append(b, '"')
	b = append(b, name...)
	return append(b, '"')
}

// appendQuota appends the line that tells what is left of each: r now, and t until all of it is
// there again, or until one is where none is.
func appendQuota(b []byte, limits []entry, all []counted) []byte {
	for i := range all {
		if limits[i].name == "" {
			continue
		}
		v := &all[i].verdict
		b = appendName(b, "RateLimit: ", limits[i].name)
		b = append(b, ";r="...)
		b = strconv.AppendInt(b, int64(v.Remaining), 10)
		b = append(b, ";t="...)
		until := v.Full
		if v.Remaining == 0 {
			until = v.Wait
		}
		b = appendSeconds(b, until)
	}
	return append(b, "\r\n"...)
}

// appendRetryAfter appends the line that tells when it is worth trying again (RFC 9110 section
// 10.2.3).
func appendRetryAfter(b []byte, wait time.Duration) []byte {
	b = append(b, "Retry-After: "...)
	return append(appendSeconds(b, max(wait, 1)), "\r\n"...)
}

// appendSeconds appends a time in whole seconds, rounded up: who waits that long has waited enough.
func appendSeconds(b []byte, d time.Duration) []byte {
	return strconv.AppendInt(b, int64((d+time.Second-1)/time.Second), 10)
}
