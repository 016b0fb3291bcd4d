package node

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/memlimit"
	"github.com/gatewayhomebrew/gateway/libs/metrics"
	"github.com/gatewayhomebrew/gateway/libs/reclaim"
)

// addMemory watches the memory of the process, if that has a limit, and gives back what a quiet
// process does not need.
func (e *edge) addMemory() error {
	e.add("spare memory", reclaim.Run)
	limit := memlimit.Adopt()
	e.memory = memlimit.New(limit)
	if limit == 0 {
		return nil
	}
	e.add("memory", func(ctx context.Context) error {
		e.memory.Run(ctx, e.tellMemory)
		return nil
	})
	return e.registry.Register(memoryCollector{e.memory})
}

// tellMemory logs that requests are refused, or are taken again.
func (e *edge) tellMemory(short bool, used, limit int64) {
	entry := e.Log.WithFields(logrus.Fields{"used": used, "limit": limit})
	if short {
		entry.Warn("memory is short: new requests get 503 until there is more")
	} else {
		entry.Info("there is memory again: requests are taken")
	}
}

type memoryCollector struct{ w *memlimit.Watch }

// Describe is prometheus.Collector's. The metrics are those of Collect: a registry asks that.
func (k memoryCollector) Describe(ch chan<- *prometheus.Desc) {
	prometheus.DescribeByCollect(k, ch)
}

// Collect is prometheus.Collector's.
func (k memoryCollector) Collect(ch chan<- prometheus.Metric) {
	used, limit, episodes := k.w.Usage()
	metrics.Const(ch, prometheus.GaugeValue, "gateway_memory_used_bytes",
		"Memory that the process cannot do without, as of the last collection.", float64(used))
	metrics.Const(ch, prometheus.GaugeValue, "gateway_memory_limit_bytes",
		"The limit of the runtime (GOMEMLIMIT, or nine tenths of the control group's).",
		float64(limit))
	metrics.Const(ch, prometheus.CounterValue, "gateway_memory_short_total",
		"Times that memory became short, so that new requests were refused.", float64(episodes))
}
