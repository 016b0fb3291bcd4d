package fromtraefik

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// A clause is what one way of meeting a rule asks for.
type clause struct {
	hosts               []string // nil: any
	path, prefix, regex string
	methods             []string
	when                draft.Map
	outside             []string // ranges that clients have to be outside of
	sni                 []string // of HostSNI
	about               []string // what is not quite the same
	rough               bool     // the prefix ends within a segment for Traefik
}

// mostClauses bounds what a rule may become.
const mostClauses = 64

// rule parses a rule by precedence: ! before && before ||.
type rule struct {
	text  string
	at    int
	depth int
}

// clauses returns the ways in which a rule can be met.
func clauses(text string) ([]clause, error) {
	r := &rule{text: text}
	all, err := r.or(false)
	if err == nil && r.peek() != "" {
		err = fmt.Errorf("what stands at column %d can't be read", r.at+1)
	}
	if err == nil && len(all) == 0 {
		err = errors.New("no request can meet it")
	}
	return all, err
}

// peek is what comes next: an operator, a bracket, a name, or "".
func (r *rule) peek() string {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
	rest := r.text[r.at:]
	for _, sign := range []string{"&&", "||", "!", "(", ")", ","} {
		if strings.HasPrefix(rest, sign) {
			return sign
		}
	}
	return regexp.MustCompile("^[A-Za-z]+|^`[^`]*`|^\"(?:[^\"\\\\]|\\\\.)*\"|^'[^']*'|^.").
		FindString(rest)
}

func (r *rule) take(want string) bool {
	if r.peek() != want {
		return false
	}
	r.at += len(want)
	return true
}

// or and and take turns when the rule is negated, by De Morgan.
func (r *rule) or(not bool) ([]clause, error) {
	return r.joined("||", not, r.and)
}

func (r *rule) and(not bool) ([]clause, error) {
	return r.joined("&&", not, r.unary)
}

func (r *rule) joined(
	sign string, not bool, part func(bool) ([]clause, error),
) ([]clause, error) {
	all, err := part(not)
	for err == nil && r.take(sign) {
		var more []clause
		if more, err = part(not); err != nil {
			return nil, err
		}
		if (sign == "||") != not {
			all = append(all, more...)
		} else {
			all, err = product(all, more)
		}
		if len(all) > mostClauses {
			err = fmt.Errorf("it has more than %d alternatives", mostClauses)
		}
	}
	return all, err
}

func product(a, b []clause) (all []clause, err error) {
	if len(a)*len(b) > mostClauses {
		return nil, fmt.Errorf("it has more than %d alternatives", mostClauses)
	}
	for _, x := range a {
		for _, y := range b {
			both, possible, err := x.and(y)
			if err != nil {
				return nil, err
			}
			if possible {
				all = append(all, both)
			}
		}
	}
	return all, nil
}

func (r *rule) unary(not bool) ([]clause, error) {
	if r.depth++; r.depth > draft.MaxDepth {
		return nil, errors.New("it is nested too deep")
	}
	defer func() { r.depth-- }()
	switch {
	case r.take("!"):
		return r.unary(!not)
	case r.take("("):
		all, err := r.or(not)
		if err == nil && !r.take(")") {
			err = fmt.Errorf("a bracket is not closed at column %d", r.at+1)
		}
		return all, err
	}
	name := r.peek()
	if !regexp.MustCompile(`^[A-Za-z]+$`).MatchString(name) {
		return nil, fmt.Errorf("a matcher is missing at column %d", r.at+1)
	}
	r.at += len(name)
	if !r.take("(") {
		return nil, fmt.Errorf("%s needs its arguments in brackets, at column %d", name, r.at+1)
	}
	var args []string
	for !r.take(")") {
		word := r.peek()
		if len(word) < 2 || strings.IndexByte("`\"'", word[0]) < 0 {
			return nil, fmt.Errorf("an argument in quotes is missing at column %d", r.at+1)
		}
		r.at += len(word)
		inner := word[1 : len(word)-1]
		if word[0] == '"' {
			inner = regexp.MustCompile(`\\(.)`).ReplaceAllString(inner, "$1")
		}
		args = append(args, inner)
		if !r.take(",") && r.peek() != ")" {
			return nil, fmt.Errorf("a bracket is not closed at column %d", r.at+1)
		}
	}
	if len(args) == 0 {
		return nil, fmt.Errorf("%s needs an argument", name)
	}
	if not {
		return opposite(name, args)
	}
	return matcher(name, args)
}

// and returns what both ask for, and whether any request can have it.
func (c clause) and(o clause) (both clause, possible bool, err error) {
	both = c
	if c.hosts != nil && o.hosts != nil {
		both.hosts = nil
		for _, h := range c.hosts {
			if slices.Contains(o.hosts, h) {
				both.hosts = append(both.hosts, h)
			}
		}
		if both.hosts == nil {
			return both, false, nil
		}
	} else {
		both.hosts = slices.Concat(c.hosts, o.hosts)
	}
	switch {
	case o.path == "" && o.prefix == "" && o.regex == "":
	case c.path == "" && c.prefix == "" && c.regex == "":
		both.path, both.prefix, both.regex = o.path, o.prefix, o.regex
	case c.regex != "" || o.regex != "":
		return both, false, errors.New("an expression and another condition about the path " +
			"can't be joined here")
	case c.path != "" && o.path != "":
		if c.path != o.path {
			return both, false, nil
		}
	default:
		deep, other := c.path+c.prefix, o.prefix
		if c.path == "" && (o.path != "" || len(o.prefix) > len(c.prefix)) {
			deep, other = o.path+o.prefix, c.prefix
			both.path, both.prefix = o.path, o.prefix
		}
		if !strings.HasPrefix(deep, other) {
			return both, false, nil
		}
	}
	if c.methods != nil && o.methods != nil {
		return both, false, errors.New("two conditions about the method can't be joined here")
	}
	both.methods = slices.Concat(c.methods, o.methods)
	both.outside = slices.Concat(c.outside, o.outside)
	both.rough = c.rough || o.rough
	both.sni = slices.Concat(c.sni, o.sni)
	both.about = slices.Concat(c.about, o.about)
	both.when = c.when.Clone()
	for _, kind := range o.when {
		tests, ok := kind.Value.(draft.Map)
		had, _ := both.when.Get(kind.Key).(draft.Map)
		if !ok && both.when.Get(kind.Key) != nil {
			return both, false, errors.New("two conditions about clients can't be joined here")
		}
		if !ok {
			both.when.Put(kind.Key, kind.Value)
			continue
		}
		had = had.Clone()
		for _, p := range tests {
			if had.Get(p.Key) != nil {
				return both, false, errors.New("two conditions about " + p.Key +
					" can't be joined here")
			}
			had.Put(p.Key, p.Value)
		}
		both.when.Put(kind.Key, had)
	}
	return both, true, nil
}

func test(kind, name string, value any) []clause {
	return []clause{{when: draft.Map{{Key: kind, Value: draft.Map{{Key: name, Value: value}}}}}}
}

func whole(expression string) string {
	e := ".*(?:" + expression + ").*"
	if inner, ok := strings.CutPrefix(expression, "^"); ok && !strings.Contains(expression, "|") {
		e = "(?:" + inner + ").*"
		if strings.HasSuffix(inner, "$") && !strings.HasSuffix(inner, `\$`) {
			e = strings.TrimSuffix(inner, "$")
		}
	}
	return e
}

// matcher returns what one matcher asks for.
func matcher(name string, args []string) ([]clause, error) {
	switch strings.ToLower(name) {
	case "host", "hostheader":
		c := clause{}
		for _, h := range args {
			h = strings.ToLower(strings.TrimSpace(h))
			if _, err := hostname.Pattern(h); err != nil {
				return nil, fmt.Errorf("the host %w", err)
			}
			if !slices.Contains(c.hosts, h) {
				c.hosts = append(c.hosts, h)
			}
		}
		return []clause{c}, nil
	case "hostregexp":
		return hostRegexp(args)
	case "hostsni":
		return []clause{{sni: args}}, nil
	case "path", "pathprefix":
		return paths(name, args)
	case "pathregexp":
		if _, err := regexp.Compile(args[0]); err != nil {
			return nil, errors.New("its expression can't be read")
		}
		return []clause{{regex: whole(args[0])}}, nil
	case "method":
		c := clause{}
		for _, m := range args {
			c.methods = append(c.methods, strings.ToUpper(m))
		}
		return []clause{c}, nil
	case "clientip":
		all, err := ranges(args)
		return []clause{{when: draft.Map{{Key: "clients", Value: all}}}}, err
	case "headers", "header":
		if len(args) == 2 {
			return test("headers", args[0], args[1]), nil
		}
	case "headersregexp", "headerregexp":
		if len(args) == 2 {
			return test("headers", args[0], draft.Map{{Key: "regex", Value: whole(args[1])}}), nil
		}
	case "query":
		key, value, ok := strings.Cut(args[0], "=")
		if len(args) == 2 {
			key, value, ok = args[0], args[1], true
		}
		if !ok {
			return test("query", key, draft.Map{{Key: "present", Value: true}}), nil
		}
		return test("query", key, value), nil
	case "queryregexp":
		if len(args) == 2 {
			return test("query", args[0], draft.Map{{Key: "regex", Value: whole(args[1])}}), nil
		}
	}
	return nil, fmt.Errorf("this gateway has no condition such as %s", name)
}

// paths returns the clauses of Path and PathPrefix.
func paths(name string, args []string) (all []clause, err error) {
	for _, p := range args {
		switch exact := strings.EqualFold(name, "path"); {
		case !strings.HasPrefix(p, "/"):
			return nil, errors.New("its path does not begin with a slash")
		case strings.ContainsAny(p, "{}"):
			e := regexp.MustCompile(`\{[^{}:]*:?([^{}]*)\}`).ReplaceAllStringFunc(p,
				func(s string) string {
					_, inner, _ := strings.Cut(strings.Trim(s, "{}"), ":")
					if inner == "" {
						inner = "[^/]+"
					}
					return "(?:" + inner + ")"
				})
			if !exact {
				e += ".*"
			}
			if _, err := regexp.Compile(e); err != nil {
				return nil, errors.New("its path can't be read")
			}
			all = append(all, clause{regex: e})
		case exact:
			all = append(all, clause{path: p})
		case p == "/":
			all = append(all, clause{})
		default:
			c := clause{prefix: p}
			if !strings.HasSuffix(p, "/") {
				c.rough = true
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// hostRegexp knows expressions for any name below a domain.
func hostRegexp(args []string) ([]clause, error) {
	c := clause{}
	for _, e := range args {
		if e == "{any:.*}" || e == ".*" || e == "^.*$" || e == ".+" || e == "^.+$" {
			return []clause{{}}, nil
		}
		found := regexp.MustCompile(`^(?:\{\w+:[^{}]+\}|\^(?:\.[+*]|\[[^\]]+\][+*]|\\w\+|` +
			`\(\.[+*]\)|\[\^\.\]\+))\\?\.((?:[a-z0-9-]+\\?\.)+[a-z0-9-]+)\$?$`).
			FindStringSubmatch(e)
		if found == nil {
			return nil, errors.New("hosts are exact or *.example.com here")
		}
		c.hosts = append(c.hosts, "*."+strings.ReplaceAll(found[1], `\`, ""))
	}
	c.about = []string{"a * is for any labels here, whatever the expression asks of them"}
	return []clause{c}, nil
}

// opposite returns what a matcher with ! asks for.
func opposite(name string, args []string) ([]clause, error) {
	switch strings.ToLower(name) {
	case "headers", "header":
		if len(args) == 2 {
			return test("headers", args[0], draft.Map{{Key: "not", Value: args[1]}}), nil
		}
	case "query":
		key, value, ok := strings.Cut(args[0], "=")
		if len(args) == 2 {
			key, value, ok = args[0], args[1], true
		}
		if !ok {
			return test("query", key, draft.Map{{Key: "present", Value: false}}), nil
		}
		return test("query", key, draft.Map{{Key: "not", Value: value}}), nil
	case "clientip":
		all, err := ranges(args)
		return []clause{{outside: all, about: []string{"clients in these ranges are refused " +
			"(403), and no other router gets them"}}}, err
	}
	return nil, fmt.Errorf("this gateway has no opposite of %s", name)
}

// ranges reads ranges of addresses.
func ranges(args []string) (all []string, err error) {
	for _, a := range args {
		p, err := netip.ParsePrefix(strings.TrimSpace(a))
		if err != nil {
			address, err := netip.ParseAddr(strings.TrimSpace(a))
			if err != nil || address.Zone() != "" {
				return nil, errors.New("it is no range of addresses")
			}
			p = netip.PrefixFrom(address, address.BitLen())
		}
		if s := p.Masked().String(); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all, nil
}
