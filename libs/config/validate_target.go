package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// target checks where a route sends its requests.
func (v *validator) target(r *Route, at spot) {
	var keys []string
	for _, k := range []struct {
		key string
		has bool
	}{
		{"cluster", r.Cluster != ""}, {"split", len(r.Split) > 0}, {"redirect", r.Redirect != nil},
		{"respond", r.Respond != nil},
	} {
		if k.has || v.damaged[at.of(k.key).String()] {
			keys = append(keys, k.key)
		}
	}
	switch {
	case len(keys) > 1:
		v.add(at.of(keys[1]).String(), CodeConflict, fmt.Sprintf(
			"a route does one of cluster, split, redirect and respond, and this one has %s",
			strings.Join(keys, " and ")), "remove one, or make two routes")
	case len(keys) == 0:
		v.add(at.of("cluster").String(), CodeMissing, "this route goes nowhere",
			"add cluster: NAME, redirect or respond")
	}
	if r.Cluster != "" {
		v.cluster(at.of("cluster"), r.Cluster)
	}
	if r.Redirect != nil {
		v.redirect(r, at)
	}
	if r.Respond != nil {
		v.respond(r.Respond, at)
	}
	positive, damaged := false, false
	for j, s := range r.Split {
		at := at.item("split", j)
		if s.Cluster == "" {
			v.add(at.of("cluster").String(), CodeMissing, "this share has no cluster",
				"add cluster: NAME")
		} else {
			v.cluster(at.of("cluster"), s.Cluster)
		}
		if first := slices.IndexFunc(r.Split[:min(j, 1000)],
			func(o Share) bool { return o.Cluster == s.Cluster && s.Cluster != "" }); first >= 0 {
			v.add(at.of("cluster").String(), CodeDupName, fmt.Sprintf(
				"the cluster %s has a share already, split[%d]", text.Quote(s.Cluster), first),
				"make them one share with the sum of their weights")
		}
		positive = positive || s.Weight > 0
		damaged = damaged || v.damaged != nil && v.damaged[at.of("weight").String()]
	}
	if len(r.Split) > 0 && !positive && !damaged {
		v.add(at.of("split").String(), CodeWeights, "every share has weight 0",
			"give one a weight above 0")
	}
}

// forEndpoints finds what a route that answers by itself has for the endpoints that it does not
// have: it would do nothing.
func (v *validator) forEndpoints(r *Route, at spot) {
	if !r.AnswersItself() {
		return
	}
	no := func(key, what string) {
		v.add(at.of(key).String(), CodeConflict,
			what+", and this route answers by itself", "remove it")
	}
	if r.Retry != nil {
		no("retry", "retry sends a request to an endpoint once more")
	}
	// What is said as it is by itself may come from a canonical document, which says all.
	said, usual := &r.Timeouts, NewRoute("", "").Timeouts
	for _, k := range []struct {
		key string
		has bool
	}{
		{"request", said.Request != usual.Request}, {"body_idle", said.BodyIdle != nil},
		{"grpc", said.GRPC != usual.GRPC}, {"idle", said.Idle != usual.Idle},
	} {
		if k.has {
			no("timeouts."+k.key, "timeouts are for what endpoints take")
		}
	}
	if h := r.Headers; h != nil &&
		len(h.Request.Set)+len(h.Request.Add)+len(h.Request.Remove)+len(h.Request.Replace) > 0 {
		no("headers.request", "fields of requests are edited for endpoints")
	}
	if len(r.Mirror) > 0 {
		no("mirror", "what is mirrored is what goes to an endpoint")
	}
	if r.AllowEncodedSlash {
		no("allow_encoded_slash", "encoded slashes are refused for what endpoints make of them")
	}
	if r.AllowEncodedBackslash {
		no("allow_encoded_backslash",
			"encoded backslashes are refused for what endpoints make of them")
	}
	for i := range r.ErrorPages {
		if r.ErrorPages[i].From == ErrorsOfUpstream {
			no(text.JoinIndex("error_pages", i)+".from", "upstream is for errors of endpoints")
		}
	}
}

// rewrite checks what is made of a route's paths.
func (v *validator) rewrite(r *Route, at spot) {
	w := r.Rewrite
	if w == nil {
		return
	}
	if r.AnswersItself() {
		v.add(at.of("rewrite").String(), CodeConflict,
			"rewrite is for paths that go to an endpoint, and this route has none",
			"remove it; a redirect has path and replace_prefix")
		return
	}
	prefix, err := normalPrefix(v.value(r.PathPrefix), escapes{true, true})
	if w.StripPrefix && err == nil && prefix == "/" {
		v.add(at.of("rewrite.strip_prefix").String(), CodeConflict,
			"the route has no path_prefix, so there is nothing to take off",
			"remove it, or add a path_prefix")
	}
	if w.ReplacePrefix == "" {
		return
	}
	if w.StripPrefix {
		v.add(at.of("rewrite.replace_prefix").String(), CodeConflict,
			"a prefix is either stripped or replaced", "remove strip_prefix or replace_prefix")
	}
	var never unreachable
	switch to, toErr := normalPrefix(v.value(w.ReplacePrefix), escapes{true, true}); {
	case errors.As(toErr, &never):
		v.wrong(at.of("rewrite.replace_prefix").String(), CodePrefix, w.ReplacePrefix,
			errors.New("is not a normal path: it "+never.message), never.hint)
	case toErr != nil:
		v.wrong(at.of("rewrite.replace_prefix").String(), CodePrefix, w.ReplacePrefix, toErr,
			"write /v2 to put /v2 in the place of path_prefix")
	case err == nil && to == prefix:
		v.wrong(at.of("rewrite.replace_prefix").String(), CodeConflict, w.ReplacePrefix,
			errors.New("is the path_prefix already"), "remove it")
	}
}
