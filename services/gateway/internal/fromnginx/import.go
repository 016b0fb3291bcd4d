package fromnginx

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/draft"
)

// Product is what the list and the command line call nginx.
const Product = "nginx"

// Import reads the nginx.conf at path, with what it includes, into a draft. An error is one of the
// file itself (a *draft.SyntaxError, with line and column) or of reading it.
func Import(path string, d *draft.Draft) error {
	p := &parser{draft: d, dir: filepath.Dir(path), shown: filepath.Dir(path)}
	directives, err := p.parse(path, path)
	if err != nil {
		return err
	}
	im := &importer{
		draft: d, dir: p.dir, maps: map[string]*directive{}, upstreams: map[string]*directive{},
		clusters: map[string]string{}, skipped: map[*directive]bool{},
	}
	im.main(directives)
	return nil
}

// scope is a block with those around it, whose settings it inherits.
type scope struct {
	up   *scope
	list []*directive
}

// find returns the setting that is in force: the last one of the nearest block that has any.
func (s *scope) find(name string) *directive {
	if all := s.all(name); len(all) > 0 {
		return all[len(all)-1]
	}
	return nil
}

// all returns the settings of the nearest block that has any.
func (s *scope) all(name string) (found []*directive) {
	for ; s != nil; s = s.up {
		if found = named(s.list, name); len(found) > 0 {
			return found
		}
	}
	return nil
}

// value is the first argument of the setting that is in force, or "".
func (s *scope) value(name string) string {
	if d := s.find(name); d != nil {
		return d.arg(0)
	}
	return ""
}

func named(list []*directive, name string) (found []*directive) {
	for _, d := range list {
		if d.name == name {
			found = append(found, d)
		}
	}
	return found
}

type importer struct {
	draft     *draft.Draft
	dir       string                // of the file, from which paths are taken
	maps      map[string]*directive // by the variable that they set
	upstreams map[string]*directive // those of http
	clusters  map[string]string     // names in the draft, by what they are made of
	listeners []*listener
	// skipped are blocks that were left out as a whole, so that nothing is said of what is in them.
	skipped map[*directive]bool
	// partly are locations whose prefix ends within a segment, and plainly those add_header that
	// are
	// for good answers only.
	partly  []*directive
	plainly []*directive
}

func (im *importer) main(list []*directive) {
	root := &scope{list: list}
	blocks := named(list, "http")
	if len(blocks) == 0 && len(named(list, "server")) > 0 {
		// A file of sites-enabled by itself, which is the inside of http.
		im.http(&scope{list: list})
		im.unsaid(list)
		im.finish()
		return
	}
	for _, h := range blocks {
		im.http(&scope{root, h.block})
	}
	for _, s := range named(list, "stream") {
		im.stream(&scope{root, s.block})
	}
	im.unsaid(list)
	im.finish()
}

func (im *importer) http(h *scope) {
	for _, m := range named(h.list, "map") {
		im.maps[strings.TrimPrefix(m.arg(1), "$")] = m
	}
	for _, u := range named(h.list, "upstream") {
		im.upstreams[u.arg(0)] = u
	}
	if log := h.find("access_log"); log != nil && log.arg(0) == "off" {
		im.draft.Top.Set("access_log.output", "off")
	}
	var servers []*server
	for _, s := range named(h.list, "server") {
		servers = append(servers, im.newServer(&scope{h, s.block}, s))
	}
	im.makeListeners()
	for _, s := range servers {
		im.server(s)
	}
}

// finish notes what was gathered from many places.
func (im *importer) finish() {
	if n := len(im.partly); n > 0 {
		im.draft.Differs(im.partly[0].Place, im.partly[0].text(), also("location", im.partly)+
			"nginx takes any path that begins so, here prefixes end with a segment: /app is for "+
			"/app and /app/x, not for /apple")
	}
	if n := len(im.plainly); n > 0 {
		im.draft.Differs(im.plainly[0].Place, im.plainly[0].text(), also("add_header", im.plainly)+
			"without `always` nginx adds it to answers below 400 only; here it is on all")
	}
	if len(im.listeners) > 0 {
		im.draft.Differs(draft.Place{File: im.listeners[0].from.File}, "error pages",
			"answers that nginx itself makes with a page of HTML (404, 413, 502 and so on) are "+
				"this "+
				"gateway's own errors in JSON, or have no body where a `respond` is made of them")
		im.draft.Differs(draft.Place{File: im.listeners[0].from.File}, "defaults",
			"where the file says nothing, an endpoint has 15s for the head of its answer (nginx "+
				"60s) "+
				"and a body 10 MiB (nginx 1 MiB); X-Forwarded-* and X-Request-Id of clients are "+
				"dropped unless `trusted_proxies` has their addresses")
	}
}

func also(name string, all []*directive) string {
	if len(all) < 2 {
		return ""
	}
	var lines []string
	for _, d := range all[1:] {
		lines = append(lines, strconv.Itoa(d.Line))
	}
	if len(lines) > 20 {
		lines = append(lines[:20], "…")
	}
	return "(" + name + " in lines " + strings.Join(lines, ", ") + " too) "
}

// duration reads a time of nginx, such as 60, 30s, 500ms or "1h 30m".
func duration(s string) (time.Duration, bool) {
	units := map[string]time.Duration{
		"": time.Second, "ms": time.Millisecond, "s": time.Second, "m": time.Minute,
		"h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "M": 30 * 24 * time.Hour,
		"y": 365 * 24 * time.Hour,
	}
	var sum time.Duration
	rest := strings.ReplaceAll(s, " ", "")
	if rest == "" {
		return 0, false
	}
	for rest != "" {
		n := strings.IndexFunc(rest, func(c rune) bool { return c < '0' || c > '9' })
		if n < 0 {
			n = len(rest)
		}
		end := n
		for end < len(rest) && (rest[end] < '0' || rest[end] > '9') {
			end++
		}
		number, err := strconv.Atoi(rest[:n])
		unit, ok := units[rest[n:end]]
		if err != nil || !ok || number > 1<<31 || number < 0 {
			return 0, false
		}
		if sum += time.Duration(number) * unit; sum < 0 || sum > 365*24*time.Hour {
			return 0, false
		}
		rest = rest[end:]
	}
	return sum, true
}

// size reads a size of nginx, such as 1024, 8k, 10m or 1g.
func size(s string) (int64, bool) {
	factor := int64(1)
	if s != "" {
		switch s[len(s)-1] {
		case 'k', 'K':
			factor = 1 << 10
		case 'm', 'M':
			factor = 1 << 20
		case 'g', 'G':
			factor = 1 << 30
		}
	}
	if factor > 1 {
		s = s[:len(s)-1]
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > 1<<20*factor && n > (1<<50)/factor {
		return 0, false
	}
	return n * factor, true
}

// time reads the setting that is in force as a time, and notes one that can't be read.
func (im *importer) time(s *scope, name string) (time.Duration, bool) {
	d := s.find(name)
	if d == nil {
		return 0, false
	}
	t, ok := duration(d.arg(0))
	if !ok {
		im.draft.LeftOut(d.Place, d.text(), "it is no time that this gateway can take")
	}
	return t, ok
}
