package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protodelim"
)

// A Part is what one process before this one has counted.
type Part struct {
	// ID tells processes apart. "" is all that have ended.
	ID string
	// Families are its counters and histograms, and those gauges that add up, written down. They
	// are what Own gives.
	Families []byte
}

// inherited is what the processes before this one have counted. A counter of Prometheus may not go
// back, so what this process shows is the sum.
type inherited struct {
	mu    sync.Mutex
	ended []*dto.MetricFamily            // guarded by mu; of all that have ended, without gauges
	alive map[string][]*dto.MetricFamily // guarded by mu; by Part.ID
}

// additive are the gauges of which those of two processes add up.
var additive = []string{
	"gateway_active_connections", "gateway_active_requests", "gateway_upstream_connections",
}

// Own returns what this process has counted itself, for the one that takes its place.
func (r *Registry) Own() ([]byte, error) {
	own, err := r.prometheus.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather metrics: %w", err)
	}
	return encodeFamilies(slices.DeleteFunc(own, func(f *dto.MetricFamily) bool {
		return !addsUp(f)
	}))
}

// addsUp says whether the values of two processes are to be added.
func addsUp(f *dto.MetricFamily) bool {
	switch f.GetType() {
	case dto.MetricType_COUNTER, dto.MetricType_HISTOGRAM, dto.MetricType_SUMMARY:
		// These the system counts for all processes together.
		return !strings.HasPrefix(f.GetName(), "process_network_")
	case dto.MetricType_GAUGE:
		return slices.Contains(additive, f.GetName())
	}
	return false
}

// Inherit takes up what a process has counted that this one takes the place of, or has taken it
// before. A later call with the same ID takes the place of the one before.
func (r *Registry) Inherit(p Part) error {
	families, err := decodeFamilies(p.Families)
	if err != nil {
		return err
	}
	in := &r.inherited
	in.mu.Lock()
	defer in.mu.Unlock()
	if p.ID == "" {
		in.ended = families
		return nil
	}
	if in.alive == nil {
		in.alive = map[string][]*dto.MetricFamily{}
	}
	in.alive[p.ID] = families
	return nil
}

// Ended says that a process counts no more.
func (r *Registry) Ended(id string) {
	in := &r.inherited
	in.mu.Lock()
	defer in.mu.Unlock()
	gone := slices.DeleteFunc(in.alive[id], func(f *dto.MetricFamily) bool {
		return f.GetType() == dto.MetricType_GAUGE
	})
	delete(in.alive, id)
	in.ended = newSum(true).families(in.ended, gone)
}

// Inherited returns what Inherit was given, so that it can be handed on.
func (r *Registry) Inherited() (parts []Part, err error) {
	in := &r.inherited
	in.mu.Lock()
	defer in.mu.Unlock()
	add := func(id string, families []*dto.MetricFamily) {
		b, problem := encodeFamilies(r.known(families))
		parts, err = append(parts, Part{id, b}), errors.Join(err, problem)
	}
	add("", in.ended)
	for id, families := range in.alive {
		add(id, families)
	}
	return parts, err
}

// gather is Gather as of now.
func (r *Registry) gather() ([]*dto.MetricFamily, error) {
	all, err := r.prometheus.Gather()
	in := &r.inherited
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.ended) == 0 && len(in.alive) == 0 {
		return all, err
	}
	total := newSum(false)
	all = total.families(all, r.known(in.ended))
	for _, families := range in.alive {
		all = total.families(all, r.known(families))
	}
	slices.SortFunc(all, func(a, b *dto.MetricFamily) int {
		return strings.Compare(a.GetName(), b.GetName())
	})
	return all, err
}

// known leaves out what is of routes, clusters and listeners that this process has forgotten, as
// NextPlan does with its own.
func (r *Registry) known(families []*dto.MetricFamily) []*dto.MetricFamily {
	names := r.names()
	out := make([]*dto.MetricFamily, 0, len(families))
	for _, f := range families {
		kept := &dto.MetricFamily{Name: f.Name, Help: f.Help, Type: f.Type, Unit: f.Unit}
		for _, m := range f.Metric {
			if !slices.ContainsFunc(m.Label, func(l *dto.LabelPair) bool {
				of := names[l.GetName()]
				return of != nil && !of[l.GetValue()]
			}) {
				kept.Metric = append(kept.Metric, m)
			}
		}
		if len(kept.Metric) > 0 {
			out = append(out, kept)
		}
	}
	return out
}

// names are the values that labels with names of the configuration may have.
func (r *Registry) names() map[string]map[string]bool {
	some := func() map[string]bool { return map[string]bool{"": true, "-": true, "other": true} }
	listeners, routes, clusters := some(), some(), some()
	r.mu.Lock()
	defer r.mu.Unlock()
	for key := range r.routes {
		listeners[key[0]], routes[key[1]], clusters[key[2]] = true, true, true
	}
	for name := range r.clusters {
		clusters[name] = true
	}
	for key := range r.upstreams {
		clusters[key[0]] = true
	}
	for name := range r.listeners {
		listeners[name] = true
	}
	for name := range r.sessions {
		listeners[name] = true
	}
	for key := range r.mirrors {
		routes[key[0]], clusters[key[1]] = true, true
	}
	return map[string]map[string]bool{
		"listener": listeners, "route": routes, "cluster": clusters,
	}
}

// Freeze lets scrapes that come from now on be answered with what was counted up to this moment:
// the process that takes this one's place answers with more, and a scraper that asks again may not
// find less. Thaw takes it back.
func (r *Registry) Freeze() error {
	r.scraping.Lock()
	defer r.scraping.Unlock()
	all, err := r.gather()
	if err == nil {
		r.frozen = all
	}
	return err
}

// Thaw lets scrapes be answered with what is counted now.
func (r *Registry) Thaw() {
	r.scraping.Lock()
	defer r.scraping.Unlock()
	r.frozen = nil
}

// Gather is prometheus.Gatherer's: what this process and those before it have counted.
func (r *Registry) Gather() ([]*dto.MetricFamily, error) {
	r.scraping.RLock()
	defer r.scraping.RUnlock()
	if r.frozen != nil {
		return r.frozen, nil
	}
	return r.gather()
}

func encodeFamilies(families []*dto.MetricFamily) ([]byte, error) {
	var b bytes.Buffer
	for _, f := range families {
		if _, err := protodelim.MarshalTo(&b, f); err != nil {
			return nil, fmt.Errorf("write %s down: %w", f.GetName(), err)
		}
	}
	return b.Bytes(), nil
}

func decodeFamilies(b []byte) (families []*dto.MetricFamily, err error) {
	in := bytes.NewReader(b)
	for {
		f := new(dto.MetricFamily)
		err := (protodelim.UnmarshalOptions{MaxSize: -1}).UnmarshalFrom(in, f)
		switch {
		case err == io.EOF:
			return families, nil
		case err != nil:
			return nil, fmt.Errorf("read metrics of the process before: %w", err)
		}
		families = append(families, f)
	}
}
