package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (v *validator) routes() {
	rs := v.doc.Routes
	v.names("routes", "route", len(rs), func(i int) string { return rs[i].Name })
	issuers := make(map[string]bool)
	if v.doc.Auth != nil {
		for _, j := range v.doc.Auth.JWT {
			issuers[j.Name] = true
		}
	}
	methods := make(map[string]bool)
	for i := range rs {
		if v.full() {
			return
		}
		r := &rs[i]
		at := func(key string) func() string {
			return func() string { return joinKey(joinIndex("routes", i), key) }
		}
		v.match(r, at, methods)
		v.target(r, at)
		v.numbers(func() string { return joinIndex("routes", i) },
			number{key: "max_body_bytes", value: r.MaxBodyBytes, least: 0, most: noBound, zeroMeansNoEnd: true})
		if r.Retry != nil {
			v.numbers(at("retry"), number{key: "attempts", value: int64(r.Retry.Attempts), least: 1, most: 10})
			v.percent(at("retry.budget")(), r.Retry.Budget)
			for j, on := range r.Retry.On {
				status, err := strconv.Atoi(on)
				if on != "connect" && on != "reset" && (err != nil || status < 500 || status > 599) {
					v.add(at(joinIndex("retry.on", j))(), CodeValue, fmt.Sprintf("%s is no reason to retry", quote(on)), `they are connect, reset and statuses from "500" to "599"`)
				}
			}
		}
		if r.Auth != nil && !issuers[r.Auth.JWT] {
			v.add(at("auth.jwt")(), CodeAuthRef, fmt.Sprintf("no entry of auth.jwt is named %s", quote(r.Auth.JWT)), "")
		}
		if r.OpenAPI != nil {
			v.oneOf(at("openapi.requests"), r.OpenAPI.Requests, "off", "shadow", "enforce")
			v.oneOf(at("openapi.responses"), r.OpenAPI.Responses, "off", "shadow", "enforce")
		}
		if r.RateLimit != nil {
			v.numbers(at("rate_limit"), number{key: "requests", value: int64(r.RateLimit.Requests), least: 1, most: noBound})
		}
	}
}

// match checks which requests a route asks for. seen is the methods of all routes.
func (v *validator) match(r *Route, at func(string) func() string, seen map[string]bool) {
	hosts := make(map[string]bool, len(r.Hosts))
	for j, h := range r.Hosts {
		n, err := normalHost(h)
		switch {
		case err != nil:
			v.add(at(joinIndex("hosts", j))(), CodeHost, fmt.Sprintf("%s %s", quote(h), err), "")
		case hosts[n]:
			v.add(at(joinIndex("hosts", j))(), CodeValue, fmt.Sprintf("%s is in this list twice", quote(h)), "remove one")
		default:
			hosts[n] = true
		}
	}
	if _, err := normalPrefix(r.PathPrefix); err != nil {
		v.add(at("path_prefix")(), CodePrefix, fmt.Sprintf("%s %s", quote(r.PathPrefix), err), "write /users to match /users and everything below it")
	}
	for j, m := range r.Methods {
		path := at(joinIndex("methods", j))
		switch {
		case !validMethod(m):
			v.add(path(), CodeMethod, fmt.Sprintf("%s is not a method", quote(m)), "")
		case m != strings.ToUpper(m) && validMethod(strings.ToUpper(m)):
			v.add(path(), CodeMethod, fmt.Sprintf("the method %s is not in upper case, and methods have a case", quote(m)), "write "+strings.ToUpper(m))
		case slices.Contains(r.Methods[:min(j, 100)], m):
			v.add(path(), CodeValue, fmt.Sprintf("%s is in this list twice", quote(m)), "remove one")
		default:
			seen[m] = true
			if len(seen) == 65 {
				v.add(path(), CodeMethod, "the routes list more than 64 different methods", "leave methods out to match any")
			}
		}
	}
}

// target checks where a route sends its requests.
func (v *validator) target(r *Route, at func(string) func() string) {
	switch {
	case r.Cluster != "" && len(r.Split) > 0:
		v.add(at("split")(), CodeConflict, "a route has either cluster or split", "remove one")
	case r.Cluster == "" && len(r.Split) == 0 && !v.damaged[at("split")()]:
		v.add(at("cluster")(), CodeMissing, "this route goes nowhere", "add cluster: NAME")
	case r.Cluster != "":
		v.cluster(at("cluster"), r.Cluster)
	}
	total := 0
	for j, s := range r.Split {
		v.cluster(at(joinIndex("split", j)+".cluster"), s.Cluster)
		if s.Weight < 0 {
			v.add(at(joinIndex("split", j)+".weight")(), CodeValue, fmt.Sprintf("the weight %d is negative", s.Weight), "")
		}
		total += max(min(s.Weight, 1), 0)
	}
	if len(r.Split) > 0 && total == 0 {
		v.add(at("split")(), CodeWeights, "every share has weight 0", "give one a weight above 0")
	}
}

// sameRequests finds routes that match the same requests: a host, a prefix and a method in common, where listing no method is
// one of its own, since a route that lists a method wins over one that lists none.
func (v *validator) sameRequests() {
	type match struct{ host, prefix string }
	taken := make(map[match][]int)
	for i := range v.doc.Routes {
		if v.full() {
			return
		}
		r := &v.doc.Routes[i]
		prefix, err := normalPrefix(r.PathPrefix)
		if err != nil || v.damaged[joinIndex("routes", i)] {
			continue
		}
		hosts := r.Hosts
		if len(hosts) == 0 {
			hosts = []string{"*"}
		}
		other, where := -1, match{}
		for _, h := range hosts {
			host, err := normalHost(h)
			if err != nil {
				continue
			}
			m := match{host, prefix}
			same := slices.IndexFunc(taken[m], func(j int) bool { return j == i || overlap(r.Methods, v.doc.Routes[j].Methods) })
			if same < 0 {
				taken[m] = append(taken[m], i)
			} else if other < 0 && taken[m][same] != i {
				other, where = taken[m][same], m
			}
		}
		if other < 0 || v.partDamaged(i) || v.partDamaged(other) {
			continue
		}
		line := ""
		if at := v.root.find(joinIndex("routes", other)); at.line > 0 {
			line = fmt.Sprintf(" in line %d", at.line)
		}
		host := "host " + where.host
		if where.host == "*" {
			host = "any host"
		}
		v.add(joinIndex("routes", i), CodeDupRoute,
			fmt.Sprintf("it matches the same requests as routes[%d] %s%s: %s, path prefix %s", other, quote(v.doc.Routes[other].Name), line, host, where.prefix),
			"change the hosts, the path_prefix or the methods of one")
	}
}

// partDamaged says whether what a route matches could not be decoded.
func (v *validator) partDamaged(i int) bool {
	if v.damaged == nil {
		return false
	}
	path := joinIndex("routes", i)
	if v.damaged[joinKey(path, "hosts")] || v.damaged[joinKey(path, "path_prefix")] || v.damaged[joinKey(path, "methods")] {
		return true
	}
	for j := range v.doc.Routes[i].Hosts {
		if v.damaged[joinKey(path, joinIndex("hosts", j))] {
			return true
		}
	}
	for j := range v.doc.Routes[i].Methods {
		if v.damaged[joinKey(path, joinIndex("methods", j))] {
			return true
		}
	}
	return false
}

func overlap(a, b []string) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return slices.ContainsFunc(a, func(m string) bool { return slices.Contains(b, m) })
}
