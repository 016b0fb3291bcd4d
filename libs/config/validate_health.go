package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// leastInterval is the shortest time between two active checks of an endpoint. Verdicts come a few
// times a second, so more of them would tell nothing more.
const leastInterval = 100 * time.Millisecond

// activeHealth checks the active checks of the cluster at a spot.
func (v *validator) activeHealth(a *ActiveHealth, at spot) {
	path := func(key string) string { return at.of("health.active." + key).String() }
	if p := v.value(a.Path); !checkPath(p) {
		why := errors.New("does not start with a slash")
		if strings.HasPrefix(p, "/") {
			why = errors.New(
				"has a blank, a #, a lone % or another sign that no request can have in its path")
		}
		v.wrong(path("path"), CodeValue, a.Path, why, "write it as it is sent, such as /healthz")
	}
	if h := v.value(a.Host); h != "" && !hostField(h) {
		v.wrong(path("host"), CodeHost, a.Host, errors.New("is not a host, or a host with a port"),
			"")
	}
	if _, _, err := StatusRange(v.value(a.Status)); err != nil {
		v.wrong(path("status"), CodeValue, a.Status, err,
			`write a status or a range, such as "200" or "200-399"`)
	}
	if s := v.value(a.Service); strings.ContainsFunc(s,
		func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		v.wrong(path("service"), CodeValue, a.Service, errors.New(
			"has a blank or a control byte, and no service has"),
			"write its full name, such as users.v1.Users")
	}
	switch {
	case a.Interval > 0 && a.Interval < leastInterval:
		v.add(path("interval"), CodeValue,
			fmt.Sprintf("%s is too short, and %s is the least", shortDuration(a.Interval),
				shortDuration(leastInterval)), "")
	case a.Interval > 0 && a.Timeout > a.Interval:
		v.add(path("timeout"), CodeConflict, fmt.Sprintf(
			"a check may take %s, and the next one begins after %s", shortDuration(a.Timeout),
			shortDuration(a.Interval)),
			"set a timeout that is no longer than the interval")
	}
	if a.From == ChecksAggregator && v.doc.Gossip == nil {
		v.add(path("from"), CodeConflict, "checks are left to health aggregators, and without "+
			"gossip nobody hears what they find",
			"add gossip, or remove from: each node checks for itself then")
	}
	v.foreign(a, path)
}

// foreign finds keys that are for another type of check.
func (v *validator) foreign(a *ActiveHealth, path func(key string) string) {
	for _, k := range []struct {
		key     string
		set     bool
		onlyFor []string
	}{
		{"path", a.Path != DefaultHealthPath, []string{CheckHTTP}},
		{"host", a.Host != "", []string{CheckHTTP, CheckGRPC}},
		{"status", a.Status != DefaultHealthStatus, []string{CheckHTTP}},
		{"service", a.Service != "", []string{CheckGRPC}},
	} {
		if k.set && contains([]string{CheckHTTP, CheckTCP, CheckGRPC}, a.Type) &&
			!contains(k.onlyFor, a.Type) {
			v.add(path(k.key), CodeConflict,
				fmt.Sprintf("a check of type %s has no %s", a.Type, k.key),
				"it is for "+strings.Join(k.onlyFor, " and ")+"; remove it, or change the type")
		}
	}
}

// checkPath says whether s can be what a request asks for, a query included.
func checkPath(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '#' {
			return false
		}
		if s[i] == '%' && (i+2 >= len(s) || !hexDigit(s[i+1]) || !hexDigit(s[i+2])) {
			return false
		}
	}
	return strings.HasPrefix(s, "/")
}

func hexDigit(c byte) bool { return strings.IndexByte("0123456789ABCDEFabcdef", c) >= 0 }

// StatusRange reads the first and the last status of a text such as 200 or 200-399.
func StatusRange(s string) (first, last int, err error) {
	from, to, ranged := strings.Cut(s, "-")
	if !ranged {
		to = from
	}
	if first, err = httpStatus(from); err != nil {
		return 0, 0, err
	}
	if last, err = httpStatus(to); err != nil {
		return 0, 0, err
	}
	if last < first {
		return 0, 0, errors.New("ends before it begins")
	}
	return first, last, nil
}

func httpStatus(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || len(s) != 3 || n < 100 || n > 599 {
		return 0, errors.New("is neither a status nor a range of them")
	}
	return n, nil
}
