package metrics

import "github.com/prometheus/client_golang/prometheus"

// Const sends one value that was read at this moment, for collectors that keep none. labels are
// names and values by turns.
func Const(
	ch chan<- prometheus.Metric, kind prometheus.ValueType, name, help string, value float64,
	labels ...string,
) {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	ch <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, value,
		values...)
}
