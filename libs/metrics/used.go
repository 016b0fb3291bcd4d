package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A Used is a certificate that a process uses beside those that its listeners show, or the
// authorities that it verifies others by.
type Used struct {
	Use  string // what it is used for, as the configuration has it: clusters, config_sync
	Name string // which of these; "" where there is one
	Kind string // certificate or authority
	File string
	// NotAfter is when it ends; of several authorities, when the last of them does.
	NotAfter time.Time
}

// SetUsed publishes when they end. No two may have the same names.
func (r *Registry) SetUsed(all []Used) { r.used.Store(&all) }

var usedDesc = desc("gateway_used_certificate_not_after_timestamp_seconds",
	"When a certificate ends that is used beside those of listeners, or the last of the "+
		"authorities that others are verified by, in seconds since 1970.", "use", "name", "kind",
	"file")

// usedCollector tells of them.
type usedCollector struct{ r *Registry }

func (c usedCollector) Describe(ch chan<- *prometheus.Desc) { ch <- usedDesc }

func (c usedCollector) Collect(ch chan<- prometheus.Metric) {
	if all := c.r.used.Load(); all != nil {
		for _, u := range *all {
			gauge(ch, usedDesc, u.NotAfter.Unix(), u.Use, u.Name, u.Kind, u.File)
		}
	}
}
