package health_test

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/health"
)

func TestVerdictsSayWhyInWords(t *testing.T) {
	bad := func(n int) func(*trial) { return func(tr *trial) { tr.record(0, health.Reset, n) } }
	for _, c := range []struct {
		name    string
		weights []int
		happens func(*trial)
		want    string
	}{
		{"nothing", []int{3, 3}, func(*trial) {}, "no requests in the last 10s; weight 3"},
		{"well", []int{3, 3}, func(tr *trial) {
			tr.record(0, health.Success, 40)
		}, "0 of 40 requests in the last 10s failed; weight 3"},
		{"weak", []int{3, 3}, func(tr *trial) {
			tr.record(0, health.Success, 28)
			tr.record(0, health.ConnectFailure, 9)
			tr.record(0, health.Reset, 3)
		}, "12 of 40 requests in the last 10s failed: 9 connect, 3 reset; weight 3 -> 2.1"},
		{"slow", []int{1, 1}, func(tr *trial) {
			tr.record(0, health.Success, 30)
			tr.record(0, health.ServerError, 2)
			tr.record(0, health.Slow, 8)
		},
			"2 of 40 requests in the last 10s failed: 2 5xx, 8 slow (each counts half); " +
				"weight 1 -> 0.85"},
		{
			"too few", []int{3, 3}, bad(3),
			"3 of 3 requests in the last 10s failed: 3 reset; fewer than 5 lower no " +
				"weight; weight 3",
		},
		{"single", []int{3, 3}, func(tr *trial) {
			tr.record(0, health.Success, 9)
			bad(1)(tr)
		},
			"1 of 10 requests in the last 10s failed: 1 reset; a single failure is " +
				"tolerated; weight 3"},
		{"tolerated", []int{3, 3}, func(tr *trial) {
			tr.record(0, health.Success, 398)
			bad(2)(tr)
		}, "2 of 400 requests in the last 10s failed: 2 reset; up to 2% is tolerated; weight 3"},
		{
			"dead", []int{3, 3}, bad(20),
			"20 of 20 requests in the last 10s failed: 20 reset; weight 3 -> 0.03",
		},
		{
			"only one", []int{3}, bad(20),
			"20 of 20 requests in the last 10s failed: 20 reset; the only endpoint keeps " +
				"its weight 3",
		},
		{
			"taken out", []int{0, 3}, bad(20),
			"20 of 20 requests in the last 10s failed: 20 reset; its configured weight 0 " +
				"takes it out",
		},
		{"alike", []int{3, 3}, func(tr *trial) {
			bad(20)(tr)
			tr.record(1, health.ConnectFailure, 20)
		},
			"20 of 20 requests in the last 10s failed: 20 reset; all 2 endpoints fail alike, " +
				"which is probably not their fault; weight 3 kept"},
		{"limit", []int{3, 1}, bad(20), "20 of 20 requests in the last 10s failed: 20 reset; " +
			"by itself it would have 0.03, but the cluster keeps 50% of its weight; weight 3 -> 1"},
		{"checks", []int{3, 3}, func(tr *trial) {
			for range 3 {
				tr.Endpoint(0).RecordActive(health.Timeout)
			}
			tr.Endpoint(0).RecordActive(health.Success)
			tr.judge()
		}, "no requests in the last 10s; weight 3"},
		{"checks fail", []int{3, 3}, func(tr *trial) {
			tr.record(0, health.Success, 1)
			for range 3 {
				tr.Endpoint(0).RecordActive(health.Timeout)
			}
			tr.judge()
			tr.Endpoint(0).RecordActive(health.Success)
		},
			"active checks fail, the last with timeout; 0 of 1 request in the last 10s failed; " +
				"weight 3 -> 0.03"},
		{"way back", []int{3, 3}, func(tr *trial) {
			bad(20)(tr)
			tr.pass(13 * time.Second)
		}, "no requests in the last 10s; on its way back; weight 3 -> 0.48"},
		{"not better enough", []int{1, 1}, func(tr *trial) {
			bad(20)(tr)
			tr.judge()
			tr.record(0, health.Success, 20)
		},
			"20 of 40 requests in the last 10s failed: 20 reset; it rises when the window is " +
				"clearly better; weight 1 -> 0.29"},
		{"longer window", []int{3, 3}, func(tr *trial) {
			tr.settings.Window = 2 * time.Hour
			tr.reload()
		}, "no requests in the last 2h; weight 3"},
	} {
		tr := newTrial(c.weights...)
		tr.judge()
		c.happens(tr)
		if c.name == "not better enough" {
			tr.pass(6 * time.Second)
		} else {
			tr.judge()
		}
		if got := tr.Verdicts()[0].Reason; got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}
