package routing

import (
	"fmt"
	"slices"
	"strings"
)

// why says what came of rule i. best is the winner, or else the rule that keeps the request from
// others; it is -1 if there is none.
func (q *question) why(rules []Rule, claims []claim, i, best, winner int) string {
	r, c := &rules[i], &claims[i]
	var b claim
	if best >= 0 {
		b = claims[best]
	}
	switch {
	case c.invalid != nil:
		return "it can match nothing: " + c.invalid.Error()
	case c.host < 0:
		return q.whyNotHost(r)
	case c.level == noLevel:
		return q.whyNotPath(r, c)
	case c.unmet != "":
		return c.unmet
	case i == winner:
		return q.whyItWins(r, c)
	case best >= 0 && c.host < b.host:
		why := fmt.Sprintf("%s is less specific than %s", hostText(c.pattern), b.pattern)
		if c.level > b.level {
			why += ", and the host counts before the path"
		}
		return why + q.notHandedOn(r, winner)
	case best >= 0 && c.level < b.level:
		return whyLowerPath(r, &rules[best], c, &b) + q.notHandedOn(r, winner)
	case !takes(r, q.method):
		return fmt.Sprintf("method %s is not among %s", q.method, strings.Join(r.Methods, ", "))
	}
	return q.whySameRank(r, &rules[winner], c, &b)
}

// whyLowerPath says why a path does not come before another of the same host.
func whyLowerPath(r, winner *Rule, c, best *claim) string {
	switch {
	case c.level == regexLevel:
		return fmt.Sprintf("path regex %s comes after %s", r.PathRegex, pathWords(winner, best))
	case best.level == regexLevel:
		return "it takes any path, which comes after path regex " + winner.PathRegex
	case best.level == exactLevel:
		return fmt.Sprintf("path prefix %s comes after the whole path %s", c.path, best.path)
	}
	return fmt.Sprintf("path prefix %s is shorter than %s", c.path, best.path)
}

// pathWords names the path of a rule.
func pathWords(r *Rule, c *claim) string {
	switch {
	case r.Path != "":
		return "the whole path " + r.Path
	case r.PathRegex != "":
		return "path regex " + r.PathRegex
	}
	return "path prefix " + c.path
}

// whySameRank says why a rule that the request meets comes after another of the same host and path.
func (q *question) whySameRank(r, winner *Rule, c, best *claim) string {
	switch {
	case len(r.PathRegex) < len(winner.PathRegex):
		return fmt.Sprintf("path regex %s is shorter than %s", r.PathRegex, winner.PathRegex)
	case len(r.Methods) == 0 && len(winner.Methods) > 0:
		return fmt.Sprintf("it lists no method, and rule %q of the same host and path lists %s",
			winner.Name, q.method)
	case c.conditions.compare(best.conditions) < 0:
		return fmt.Sprintf("rule %q of the same host and path has more conditions", winner.Name)
	case c.conditions == nil && r.PathRegex == winner.PathRegex:
		return fmt.Sprintf("rule %q matches the same requests and comes first", winner.Name)
	}
	return fmt.Sprintf("rule %q is as specific, and its name comes first", winner.Name)
}

// notHandedOn reminds of the rule that surprises most: a request that is refused for its method is
// not handed to another rule.
func (q *question) notHandedOn(r *Rule, winner int) string {
	if winner >= 0 || len(r.Methods) > 0 && !slices.Contains(r.Methods, q.method) {
		return ""
	}
	return fmt.Sprintf(
		", and what is refused there for its method, as %s is, goes to no other rule", q.method)
}

func (q *question) whyNotHost(r *Rule) string {
	hosts := r.Hosts
	switch {
	case q.host == "":
		return "the request has no host, and the rule wants " + strings.Join(hosts, ", ")
	case len(hosts) == 1 && strings.HasPrefix(hosts[0], "*."):
		why := fmt.Sprintf("host %s does not match %s", q.host, hosts[0])
		if host, _, _, _ := parsePattern(hosts[0]); host == q.host {
			why += ", which wants a label more"
		}
		return why
	case len(hosts) == 1:
		return fmt.Sprintf("host %s is not %s", q.host, hosts[0])
	default:
		const most = 3
		rest := ""
		if more := len(hosts) - most; more > 0 {
			hosts, rest = hosts[:most], fmt.Sprintf(" and %d more", more)
		}
		return fmt.Sprintf("host %s is none of %s%s", q.host, strings.Join(hosts, ", "), rest)
	}
}

func (q *question) whyNotPath(r *Rule, c *claim) string {
	switch {
	case r.Path != "":
		why := fmt.Sprintf("path %s is not %s", q.path, r.Path)
		if strings.TrimSuffix(q.path, "/") == strings.TrimSuffix(r.Path, "/") {
			why += ": the slash at the end counts in a whole path"
		}
		return why
	case r.PathRegex != "":
		return fmt.Sprintf("path %s does not match %s", q.path, r.PathRegex)
	case !strings.HasPrefix(q.path, "/"):
		return fmt.Sprintf("path %s is below no prefix but /", q.path)
	case strings.HasPrefix(q.path, c.path):
		return fmt.Sprintf("path %s is not below %s: a prefix ends where a segment ends", q.path,
			c.path)
	default:
		return fmt.Sprintf("path %s is not below %s", q.path, c.path)
	}
}

func (q *question) whyItWins(r *Rule, c *claim) string {
	var b strings.Builder
	switch c.host {
	case exactHostClaim:
		fmt.Fprintf(&b, "host %s is matched exactly", c.pattern)
	case anyHostClaim:
		b.WriteString("it takes any host, and no more specific host has a prefix of the path")
	default:
		fmt.Fprintf(&b, "%s is the most specific host that has a prefix of the path", c.pattern)
	}
	switch {
	case r.Path != "":
		fmt.Fprintf(&b, "; path %s is the whole path; ", r.Path)
	case r.PathRegex != "":
		fmt.Fprintf(&b, "; path regex %s matches, and no path or prefix does; ", r.PathRegex)
	default:
		fmt.Fprintf(&b, "; path prefix %s is the longest there; ", c.path)
	}
	if c.conditions != nil {
		b.WriteString("its conditions are met; ")
	}
	if len(r.Methods) > 0 {
		fmt.Fprintf(&b, "method %s is listed", q.method)
	} else {
		fmt.Fprintf(&b, "no other rule there lists method %s", q.method)
	}
	return b.String()
}

func hostText(pattern string) string {
	if pattern == "*" {
		return "any host"
	}
	return "host " + pattern
}
