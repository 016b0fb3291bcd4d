package config

import (
	"errors"
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// redirect checks where a route sends its clients.
func (v *validator) redirect(r *Route, at spot) {
	to := r.Redirect
	v.scheme(to.Scheme, at.of("redirect.scheme"))
	v.redirectHost(to.Host, at.of("redirect.host"))
	if to.Status >= 301 && to.Status <= 308 && !redirects(to.Status) {
		v.add(at.of("redirect.status").String(), CodeValue,
			fmt.Sprintf("%d sends no client elsewhere", to.Status),
			"write 301, 302, 303, 307 or 308")
	}
	if to.Scheme == "" && to.Host == "" && to.Port == 0 && to.Path == "" &&
		to.ReplacePrefix == "" && !v.damagedWithin(at.of("redirect").String()) {
		v.add(at.of("redirect").String(), CodeMissing,
			"this redirect leads to where the request came to, so clients would go round and round",
			"add one of scheme, host, port, path and replace_prefix")
	}
	switch {
	case to.Path != "" && to.ReplacePrefix != "":
		v.add(at.of("redirect.replace_prefix").String(), CodeConflict,
			"the path is either replaced, or its prefix", "remove path or replace_prefix")
		return
	case to.ReplacePrefix != "" && (r.Path != "" || r.PathRegex != ""):
		v.add(at.of("redirect.replace_prefix").String(), CodeConflict,
			"the route matches no prefix", "write redirect.path, or match by path_prefix")
		return
	}
	v.pathTo(to.Path, at.of("redirect.path"), "write /new")
	v.pathTo(to.ReplacePrefix, at.of("redirect.replace_prefix"),
		"write /new to put /new in the place of path_prefix")
	if to.Scheme == "" && to.Host == "" && to.Port == 0 {
		v.sameURL(r, at)
	}
}

// scheme checks the scheme of URLs, which may be absent.
func (v *validator) scheme(written string, at spot) {
	scheme := v.value(written)
	if scheme == "" || scheme == "http" || scheme == "https" {
		return
	}
	v.suggestions++
	v.wrong(at.String(), CodeValue, written, errors.New("is not one of the values"),
		suggest(scheme, []string{"http", "https"}, "they are ", v.suggestions))
}

// pathTo checks a path that clients are sent to.
func (v *validator) pathTo(path string, at spot, hint string) {
	if path == "" {
		return
	}
	_, err := normalPrefix(v.value(path), escapes{true, true})
	var never unreachable
	switch {
	case errors.As(err, &never):
		v.wrong(at.String(), CodePrefix, path,
			errors.New("is not a normal path: it "+never.message), never.hint)
	case err != nil:
		v.wrong(at.String(), CodePrefix, path, err, hint)
	}
}

// sameURL finds redirects that change the path alone, to what the route matches.
func (v *validator) sameURL(r *Route, at spot) {
	to := r.Redirect
	switch {
	case to.Path != "" && v.value(to.Path) == v.value(r.Path):
		v.wrong(at.of("redirect.path").String(), CodeConflict, to.Path,
			errors.New("is the path that the route matches, so clients would go round and round"),
			"write another path, or add scheme or host")
	case to.ReplacePrefix != "":
		prefix, err := normalPrefix(v.value(r.PathPrefix), escapes{true, true})
		by, byErr := normalPrefix(v.value(to.ReplacePrefix), escapes{true, true})
		if err == nil && byErr == nil && prefix == by {
			v.wrong(at.of("redirect.replace_prefix").String(), CodeConflict, to.ReplacePrefix,
				errors.New("is the path_prefix already, so clients would go round and round"),
				"write another prefix, or add scheme or host")
		}
	}
}

// redirectHost checks the host that clients are sent to.
func (v *validator) redirectHost(host string, at spot) {
	if host == "" {
		return
	}
	value := v.value(host)
	n, err := hostname.Pattern(value)
	switch {
	case err != nil:
		v.wrong(at.String(), CodeHost, host, err,
			"write a name such as www.example.com; scheme, port and path are keys of their own")
	case n == "*" || len(n) > 1 && n[:2] == "*.":
		v.wrong(at.String(), CodeHost, host,
			errors.New("is a pattern, and clients are sent to one host"),
			"write "+text.Quote("www.example.com")+", or leave host out to keep the request's")
	}
}
