package ratelimit

import (
	"strconv"
	"time"

	limits "github.com/gatewayhomebrew/gateway/libs/ratelimit"
)

// The fields are those of draft-ietf-httpapi-ratelimit-headers-10: lists of structured fields
// (RFC 9651) with one item, whose name is the same in both.

// policyLine is the line that tells what the limit is. It counts in whole seconds.
func policyLine(l limits.Limit) []byte {
	window := max((l.Per+time.Second-1)/time.Second, 1)
	quota := float64(l.Requests) * float64(window*time.Second) / float64(l.Per)
	b := append([]byte(nil), `RateLimit-Policy: "default";q=`...)
	b = strconv.AppendInt(b, int64(max(quota, 1)), 10)
	b = append(b, ";w="...)
	b = strconv.AppendInt(b, int64(window), 10)
	return append(b, "\r\n"...)
}

// appendQuota appends the line that tells what is left of it: r now, and t until all of it is there
// again, or until one is where none is.
func appendQuota(b []byte, v *limits.Verdict) []byte {
	b = append(b, `RateLimit: "default";r=`...)
	b = strconv.AppendInt(b, int64(v.Remaining), 10)
	b = append(b, ";t="...)
	until := v.Full
	if v.Remaining == 0 {
		until = v.Wait
	}
	b = appendSeconds(b, until)
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
