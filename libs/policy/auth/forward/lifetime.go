package forward

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// forever is a lifetime that only the configuration bounds.
const forever = 1<<63 - 1

// lifetime is for how long an answer may be remembered (RFC 9111), as far as it says so: 0 for not
// at all. vary are the fields that it depends on.
func lifetime(resp *http.Response) (keep time.Duration, vary []string) {
	h := resp.Header
	if len(h["Set-Cookie"]) > 0 {
		return 0, nil // it is for one client, and for once
	}
	for _, v := range h["Vary"] {
		for name := range strings.SplitSeq(v, ",") {
			if name = http.CanonicalHeaderKey(strings.TrimSpace(name)); name == "*" {
				return 0, nil
			} else if name != "" {
				vary = append(vary, name)
			}
		}
	}
	keep, said := time.Duration(forever), false
	for _, v := range h["Cache-Control"] {
		for d := range strings.SplitSeq(v, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(d), "=")
			switch strings.ToLower(name) {
			case "no-store", "no-cache", "private":
				return 0, nil
			case "max-age", "s-maxage":
				seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
				if err != nil {
					return 0, nil
				}
				keep, said = min(keep, time.Duration(seconds)*time.Second), true
			}
		}
	}
	if e := h.Get("Expires"); e != "" && !said {
		at, err := http.ParseTime(e)
		date, err2 := http.ParseTime(h.Get("Date"))
		if err2 != nil {
			date = time.Now()
		}
		if err != nil {
			return 0, nil
		}
		keep, said = max(0, at.Sub(date)), true
	}
	if age, err := strconv.ParseUint(h.Get("Age"), 10, 31); err == nil && said {
		keep = max(0, keep-time.Duration(age)*time.Second)
	}
	return keep, vary
}
