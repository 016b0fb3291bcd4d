package fromcaddy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// A branch is what becomes of some requests of a site.
type branch struct {
	match match
	from  *line
	keys  draft.Map // what answers
	// strip is the beginning that is taken off paths, replace what takes its place.
	strip, replace string
	request        draft.Edits
	response       draft.Edits
	mods           draft.Map // other keys of the route
	proxied        *line     // its reverse_proxy, whose fields come last
	endpoint       string    // the only one that it has; "": there are several
}

func (b *branch) clone() *branch {
	c := *b
	c.keys, c.mods = b.keys.Clone(), b.mods.Clone()
	c.request, c.response = b.request.Clone(), b.response.Clone()
	return &c
}

// rank is the order in which Caddy takes directives that answer; 0: it does not.
func rank(name string) int {
	return 1 + slices.Index([]string{"redir", "handle", "abort", "error", "respond",
		"reverse_proxy", "php_fastcgi", "file_server"}, strings.TrimSuffix(
		strings.Replace(name, "route", "handle", 1), "_path"))
}

// block returns what becomes of requests in a block, in the order in which Caddy asks; rest is for
// those that nothing in it answers.
func (im *importer) block(s *site, lines []*line, ordered bool, rest *branch) []*branch {
	around := rest.match
	var ends []*line
	for _, l := range lines {
		if strings.HasPrefix(l.name(), "@") {
			s.known[l.name()] = l
		} else if rank(l.name()) > 0 {
			ends = append(ends, l)
		}
	}
	type found struct {
		rank, length int
		branches     []*branch
		from         *line
		lets         []match // it refuses everybody outside of some ranges
	}
	var sorted []found
	for _, l := range ends {
		f := found{rank: rank(l.name()), length: im.special(s, l), from: l}
		f.branches, f.lets = im.ends(s, l, around)
		sorted = append(sorted, f)
	}
	if !ordered {
		slices.SortStableFunc(sorted, func(a, b found) int {
			if a.rank != b.rank {
				return a.rank - b.rank
			}
			return b.length - a.length
		})
	}
	all := []*branch{rest}
	for _, f := range slices.Backward(sorted) {
		for _, m := range f.lets { // what comes behind it is for those in the ranges
			ranges := m.outside
			m.outside = nil
			all = im.part(f.from, m, all, func(b *branch) { b.mods.Set("clients.allow", ranges) })
		}
		all = append(f.branches, all...)
	}
	return im.modify(s, lines, all)
}

// ends returns the branches of one directive that answers. lets are those of its matches that
// refuse
// everybody outside of some ranges.
func (im *importer) ends(s *site, l *line, around match) (all []*branch, lets []match) {
	matches, args, why := im.of(l, s.known)
	if l.name() == "handle_path" && (len(matches) != 1 || matches[0].prefix == "") && why == "" {
		why = "its path does not end in *"
	}
	if why != "" {
		im.draft.LeftOut(l.Place, l.text(), why)
		if guards(l, args) {
			all = append(all, im.shutAll(l, around))
		}
		return all, nil
	}
	for _, m := range matches {
		joined, ok := around.and(m)
		if !ok {
			im.draft.LeftOut(l.Place, l.text(), "its matcher and the one around it can't be "+
				"joined here")
			if guards(l, args) {
				all = append(all, im.shutAll(l, around))
			}
			continue
		}
		if len(joined.outside) > 0 {
			if !guards(l, args) && !refuses(l) {
				im.draft.Differs(l.Place, l.text(), "clients outside of the ranges are refused "+
					"(403), "+
					"since `when.clients` has no opposite")
			}
			lets = append(lets, joined)
			continue
		}
		switch l.name() {
		case "handle", "route", "handle_path":
			rest := &branch{match: joined, from: l, keys: answer(200)}
			for _, b := range im.block(s, l.block, l.name() == "route", rest) {
				if l.name() == "handle_path" && b.strip == "" {
					b.strip = joined.prefix
				}
				all = append(all, b)
			}
		default:
			b := &branch{match: joined, from: l}
			im.answers(s, l, args, b)
			if b.keys != nil {
				all = append(all, b)
			}
		}
	}
	return all, lets
}

// special is how special the matcher of a directive is in Caddy's eyes: the length of its path, if
// it
// has one, else 1 for any matcher and 0 for none.
func (im *importer) special(s *site, l *line) int {
	matches, args, _ := im.of(l, s.known)
	switch {
	case len(args) == len(l.args()) || l.arg(0) == "*":
		return 0
	case len(matches) == 1 && len(matches[0].path)+len(matches[0].prefix) > 1:
		return len(matches[0].path) + len(matches[0].prefix)
	}
	return 1
}

// guards says whether a directive refuses requests.
func guards(l *line, args []string) bool {
	switch l.name() {
	case "abort":
		return true
	case "error", "respond":
		return slices.ContainsFunc(args, func(a string) bool {
			n, err := strconv.Atoi(a)
			return err == nil && n >= 400 && n <= 599
		})
	}
	return false
}

// refuses says whether a block does nothing but refuse.
func refuses(l *line) bool {
	return len(l.block) > 0 && !slices.ContainsFunc(l.block, func(o *line) bool {
		return !guards(o, o.args())
	})
}

// shutAll is a branch that refuses all, since it is not known whom to let in.
func (im *importer) shutAll(l *line, around match) *branch {
	im.draft.Differs(l.Place, l.text(), "it refuses everybody here, since its matcher can't be "+
		"carried over")
	return &branch{match: around, from: l, keys: answer(403)}
}

func answer(status int) draft.Map {
	return draft.Map{{Key: "respond", Value: draft.Map{{Key: "status", Value: status}}}}
}

// site puts the routes of a site into the draft.
func (im *importer) site(s *site) {
	if len(s.on) == 0 {
		im.draft.LeftOut(s.from.Place, strings.Join(s.from.words, " "), "no address is left")
		return
	}
	all := im.block(s, s.from.block, false, &branch{from: s.from, keys: answer(200)})
	if im.asksForCertificates(s) {
		for _, b := range all {
			shut(b)
		}
		im.draft.LeftOut(s.from.Place, "tls client_auth", "the listener does not ask for these "+
			"certificates; its routes are closed (`clients: {deny: …}`) until you open them")
	}
	for _, b := range im.resolve(all) {
		im.put(s, b)
	}
}

// resolve turns branches of which the first one counts into routes of which the most special one
// counts.
func (im *importer) resolve(all []*branch) (out []*branch) {
	add := func(b *branch) {
		if !slices.ContainsFunc(out, func(o *branch) bool { return same(o.match, b.match) }) {
			out = append(out, b)
		}
	}
	for i, b := range all {
		hidden := slices.IndexFunc(all[:i], func(e *branch) bool {
			return !e.match.conditional() && e.match.covers(b.match)
		})
		if hidden >= 0 {
			if b.keys.Get("cluster") != nil {
				im.draft.LeftOut(b.from.Place, b.from.text(), "no request reaches it, since line "+
					place(all[hidden])+" comes before")
			}
			continue
		}
		for _, e := range all[:i] {
			// An earlier one with a condition, for the paths of this more special one.
			if e.match.conditional() && e.match.covers(b.match) && !b.match.covers(e.match) {
				c := e.clone()
				c.match.path, c.match.prefix, c.match.regex = b.match.path, b.match.prefix,
					b.match.regex
				add(c)
			}
			if e.match.regex != "" && b.match.prefix != "" && meets(e.match.regex, b.match.prefix) {
				im.draft.Differs(b.from.Place, b.from.text(), "its paths come here though line "+
					place(e)+" has an expression for some, since a prefix comes before an "+
					"expression")
			}
		}
		add(b)
		if bare := strings.TrimSuffix(b.match.prefix, "/"); bare != "" && bare != b.match.prefix {
			im.bare(all, bare, add)
		}
		if len(b.match.methods) > 0 {
			im.others(all, b, add)
		}
	}
	return out
}

// meets says whether an expression may match a path below a prefix.
func meets(expression, prefix string) bool {
	r, err := regexp.Compile(expression)
	if err != nil {
		return false
	}
	begin, _ := r.LiteralPrefix()
	return strings.HasPrefix(begin, prefix) || strings.HasPrefix(prefix, begin)
}

func place(b *branch) string {
	_, line, _ := strings.Cut(b.from.Place.String(), b.from.File+":")
	return line
}

func same(a, b match) bool {
	key := func(m match) string {
		return strings.Join([]string{m.path, strings.TrimSuffix(m.prefix, "/"), m.regex,
			strings.Join(m.methods, ","), strings.Join(m.hosts, ","), m.scheme, draft.Key(m.when)},
			"\x00")
	}
	return key(a) == key(b)
}

// bare adds a route for the path /app, which /app/* of Caddy is not for and /app/ of here is.
func (im *importer) bare(all []*branch, path string, add func(*branch)) {
	for _, b := range all {
		if b.match.conditional() || b.match.regex != "" || b.match.path != "" &&
			b.match.path != path || !strings.HasPrefix(path, b.match.prefix) {
			continue
		}
		c := b.clone()
		c.match.prefix, c.match.path = "", path
		add(c)
		return
	}
}

// others adds a route for the methods that one with methods is not for, since the path is its own
// here.
func (im *importer) others(all []*branch, of *branch, add func(*branch)) {
	for _, b := range all {
		if b.match.conditional() || !b.match.covers(of.match) {
			continue
		}
		c := b.clone()
		c.match.path, c.match.prefix, c.match.regex = of.match.path, of.match.prefix,
			of.match.regex
		add(c)
		return
	}
}
