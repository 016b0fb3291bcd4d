package draft

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// ErrNothing says that a file has nothing that this gateway could do.
var ErrNothing = errors.New(
	"there is nothing in it that this gateway could do: no listener is left")

// Finish drops what would not be valid, with a note each, and returns the configuration as YAML.
func (d *Draft) Finish() (string, error) {
	// Each round drops at least one object or ends.
	for rounds := len(d.Listeners) + len(d.Clusters) + len(d.Routes); ; rounds-- {
		d.bind()
		if len(d.Listeners) == 0 {
			return "", ErrNothing
		}
		text := d.render()
		_, problems := config.Options{Elsewhere: true}.Decode("gateway.yaml", []byte(text))
		if len(problems) == 0 {
			return d.header() + text, nil
		}
		if rounds < 0 || !d.drop(problems) {
			return "", fmt.Errorf("the result would not be valid: %s", problems[0])
		}
	}
}

// bind takes out what refers to objects that are gone, and clusters that nothing refers to.
func (d *Draft) bind() {
	clusters, listeners := names(d.Clusters), names(d.Listeners)
	d.Routes = slices.DeleteFunc(d.Routes, func(r *Object) bool {
		for _, cluster := range refers(r) {
			if !clusters[cluster] {
				d.LeftOut(r.From, r.What, "what it sends requests to is left out")
				return true
			}
		}
		on, bound := r.Keys.Get("listeners").([]string)
		if !bound {
			return false
		}
		on = slices.DeleteFunc(slices.Clone(on), func(l string) bool { return !listeners[l] })
		if len(on) == 0 {
			d.LeftOut(r.From, r.What, "the listener that it is for is left out")
			return true
		}
		r.Keys.Put("listeners", on)
		return false
	})
	d.Listeners = slices.DeleteFunc(d.Listeners, func(l *Object) bool {
		for _, cluster := range refers(l) {
			if !clusters[cluster] {
				d.LeftOut(l.From, l.What, "what it sends sessions to is left out")
				return true
			}
		}
		return false
	})
	used := map[string]bool{}
	for _, o := range slices.Concat(d.Routes, d.Listeners) {
		for _, cluster := range refers(o) {
			used[cluster] = true
		}
	}
	d.Clusters = slices.DeleteFunc(d.Clusters, func(c *Object) bool { return !used[c.Name] })
}

func names(objects []*Object) map[string]bool {
	all := map[string]bool{}
	for _, o := range objects {
		all[o.Name] = true
	}
	return all
}

// refers returns the clusters that an object refers to.
func refers(o *Object) (clusters []string) {
	if c, ok := o.Keys.Get("cluster").(string); ok {
		clusters = append(clusters, c)
	}
	for _, key := range []string{"split", "sni", "mirror"} {
		for _, item := range items(o.Keys.Get(key)) {
			if m, ok := item.(Map); ok {
				if c, ok := m.Get("cluster").(string); ok {
					clusters = append(clusters, c)
				}
			}
		}
	}
	if m, ok := o.Keys.Get("mirror").(Map); ok {
		if c, ok := m.Get("cluster").(string); ok {
			clusters = append(clusters, c)
		}
	}
	return clusters
}

// drop takes out the objects that problems are about, last first.
func (d *Draft) drop(problems config.Problems) bool {
	at := regexp.MustCompile(`^(listeners|clusters|routes)\[([0-9]+)\]`)
	lists := map[string]*[]*Object{
		"listeners": &d.Listeners, "clusters": &d.Clusters, "routes": &d.Routes,
	}
	gone := map[*Object]bool{}
	for _, p := range problems {
		found := at.FindStringSubmatch(p.Path)
		if found == nil {
			continue
		}
		index, _ := strconv.Atoi(found[2])
		list := *lists[found[1]]
		if index >= len(list) || gone[list[index]] {
			continue
		}
		gone[list[index]] = true
		d.LeftOut(list[index].From, list[index].What, "it would not be valid here: "+p.Message)
	}
	for _, list := range lists {
		*list = slices.DeleteFunc(*list, func(o *Object) bool { return gone[o] })
	}
	return len(gone) > 0
}

func (d *Draft) header() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Made by `gateway config import %s`. Comments say where things come from.\n",
		d.Product)
	if notes := d.Notes(); len(notes) > 0 {
		b.WriteString("#\n# Left out, or not quite the same:\n")
		for _, n := range notes {
			b.WriteString("#   " + n.String() + "\n")
		}
	}
	return b.String()
}

func (d *Draft) render() string {
	var b strings.Builder
	b.WriteString("version: 1\n")
	write(&b, d.Top, "")
	for _, list := range []struct {
		key     string
		objects []*Object
	}{{"listeners", d.Listeners}, {"clusters", d.Clusters}, {"routes", d.Routes}} {
		if len(list.objects) == 0 {
			if list.key != "clusters" {
				b.WriteString(list.key + ": []\n")
			}
			continue
		}
		b.WriteString(list.key + ":\n")
		last := ""
		for _, o := range list.objects {
			if comment := printable(o.From.String() + " " + o.What); comment != last {
				b.WriteString("  # " + comment + "\n")
				last = comment
			}
			for _, line := range o.Beside {
				b.WriteString("  # " + printable(line) + "\n")
			}
			all := append(Map{{"name", o.Name}}, o.Keys...)
			if one := "  - " + flow(all); len(one) <= width {
				b.WriteString(one + "\n")
				continue
			}
			b.WriteString("  - name: " + quoted(o.Name) + "\n")
			write(&b, o.Keys, "    ")
		}
	}
	return b.String()
}
