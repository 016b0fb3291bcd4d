package admin

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The pages for people: the status, and why a request failed. They need no script, and nothing from
// elsewhere.
var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string

	pages = template.Must(template.New("").Funcs(pageFuncs).Parse(pageHTML))
	// pagePolicy lets a page use its own style and nothing else (CSP level 3).
	pagePolicy = func() string {
		sum := sha256.Sum256([]byte(pageCSS))
		return "default-src 'none'; style-src 'sha256-" +
			base64.StdEncoding.EncodeToString(sum[:]) +
			"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	}()
)

// How much of a list is shown: what is read on a phone is short.
const (
	shownRoutes   = 200
	shownFailures = 20
	shownReloads  = 10
)

var pageFuncs = template.FuncMap{
	"style":   func() template.CSS { return template.CSS(pageCSS) },
	"escaped": url.PathEscape,
	"moment":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") },
	"day":     func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
	"list":    func(all []string) string { return strings.Join(all, ", ") },
	"number":  func(f float64) string { return strconv.FormatFloat(round(f), 'f', -1, 64) },
	"millis": func(ms float64) string {
		return strconv.FormatFloat(round(ms), 'f', -1, 64) + " ms"
	},
	"short": func(digest string) string { return digest[:min(len(digest), 12)] },
	"count": func(n any, what string) string {
		s := fmt.Sprint(n)
		if s != "1" {
			what += "s"
		}
		return s + " " + what
	},
	"reason":      reasonOf,
	"match":       matchOf,
	"target":      targetOf,
	"statusClass": func(status int) string { return goodIf(status > 0 && status < 400) },
	"weightClass": func(e Endpoint) string {
		return goodIf(e.EffectiveWeight > 0 || e.Weight == 0 || e.Backup)
	},
	"resultClass": func(r Receipt) string {
		return goodIf(r.Result == Applied || r.Result == Unchanged)
	},
}

func goodIf(yes bool) string {
	if yes {
		return "good"
	}
	return "bad"
}

// reasonOf is what a request failed for.
func reasonOf(e Explanation) string {
	if e.Cause != "" {
		return e.Cause
	}
	return e.Message
}

// matchOf says which requests a route takes.
func matchOf(r CatalogRoute) string {
	var parts []string
	if len(r.Methods) > 0 {
		parts = append(parts, strings.Join(r.Methods, ", "))
	}
	path := r.Path
	switch {
	case r.PathPrefix != "":
		path = strings.TrimSuffix(r.PathPrefix, "/") + "/…"
	case r.PathRegex != "":
		path = "~" + r.PathRegex
	case path == "":
		path = "any path"
	}
	if len(r.Hosts) > 0 {
		parts = append(parts, strings.Join(r.Hosts, ", "))
	}
	parts = append(parts, path)
	if r.Conditions {
		parts = append(parts, "with conditions")
	}
	return strings.Join(parts, " ")
}

// targetOf says where a route leads.
func targetOf(r CatalogRoute) string {
	if len(r.Clusters) == 0 {
		return "its own answer"
	}
	if len(r.Clusters) == 1 {
		return r.Clusters[0].Cluster
	}
	var parts []string
	for _, c := range r.Clusters {
		parts = append(parts, fmt.Sprintf("%s (%d)", c.Cluster, c.Weight))
	}
	return strings.Join(parts, ", ")
}

// statusPage is what the page of a status shows.
type statusPage struct {
	Snapshot
	Title, Program, Version, Uptime, StateClass string
	Now                                         time.Time
	Dropped                                     uint64
	Routes                                      []CatalogRoute
	MoreRoutes                                  int
	Failures                                    []Explanation
	Reloads                                     []Receipt
}

// home serves the page of the status.
func (s *Server) home(w http.ResponseWriter, _ *http.Request, _ string) {
	o := &s.options
	snap := o.Snapshot()
	p := statusPage{
		Snapshot: snap, Title: "gateway: " + string(snap.State), Program: "gateway",
		Version: o.Version, Now: o.Now(), Dropped: snap.AccessLog.Dropped,
		Uptime:     max(o.Now().Sub(o.Started), 0).Round(time.Second).String(),
		StateClass: goodIf(snap.State == Ready),
		Failures:   o.Failures(shownFailures),
		Reloads:    snap.Reloads[:min(len(snap.Reloads), shownReloads)],
	}
	if o.Catalog != nil {
		p.Routes = o.Catalog()
		p.MoreRoutes = max(len(p.Routes)-shownRoutes, 0)
		p.Routes = p.Routes[:len(p.Routes)-p.MoreRoutes]
	}
	sendPage(w, "status", p)
}

// whyPage is what the page of a failure shows.
type whyPage struct {
	Explanation
	Title string
}

// sendPage answers with a page.
func sendPage(w http.ResponseWriter, name string, data any) {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, name, data); err != nil {
		panic("admin: a page can't be written: " + err.Error()) // its data are plain structs
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(out.Bytes()) // a client that went away needs nothing
}

// wantsPage reports whether a request is a browser's: it names HTML among what it takes, where a
// program takes JSON or anything.
func wantsPage(r *http.Request) bool {
	for _, line := range r.Header.Values("Accept") {
		for part := range strings.SplitSeq(line, ",") {
			kind, q, _ := strings.Cut(part, ";")
			if strings.EqualFold(strings.TrimSpace(kind), "text/html") &&
				strings.ReplaceAll(q, " ", "") != "q=0" {
				return true
			}
		}
	}
	return false
}
